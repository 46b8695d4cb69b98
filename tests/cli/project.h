#pragma once

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/array_writers.h"
#include "support/program_process.h"
#include "support/temporary_folder.h"
#include "support/torchscript_models.h"

namespace modattr {

/// In the order of the file.
using Json = nlohmann::ordered_json;

inline const std::filesystem::path kFixtures = std::filesystem::path(MODATTR_TEST_DIR) / "fixtures";
inline const std::filesystem::path kConfigs = std::filesystem::path(MODATTR_SOURCE_DIR) / "configs";

/// The scores of a run with --format json.
class Scores {
 public:
  explicit Scores(const ProgramResult& result) : text_(result.output) {
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    document_ = Json::parse(text_, nullptr, false);
    EXPECT_TRUE(document_.is_object()) << text_ << result.errors;
  }

  const std::string& text() const { return text_; }
  const Json& document() const { return document_; }
  double score() const { return document_.at("score").get<double>(); }

  /// The rows as they stand in the text, byte by byte.
  std::string row_text() const {
    const std::size_t begin = text_.find("\"rows\": [");
    const std::size_t end = text_.find("\"warnings\": [");
    if (begin == std::string::npos || end == std::string::npos) return {};
    return text_.substr(begin, end - begin);
  }

  /// One row; a null group stands for all examples.
  const Json& row(std::string_view modality, std::string_view definition, const Json& group = nullptr) const {
    static const Json missing;
    for (const Json& row : document_.at("rows")) {
      if (row.at("modality") == modality && row.at("definition") == definition && row.at("group") == group) return row;
    }
    ADD_FAILURE() << "no row " << modality << " " << definition << " " << group;
    return missing;
  }

  double value(std::string_view modality, std::string_view definition, const Json& group = nullptr) const {
    return number(row(modality, definition, group), "value");
  }
  double drop(std::string_view modality, const Json& group = nullptr) const {
    return value(modality, "permutation.drop", group);
  }
  double std_error(std::string_view modality) const { return number(row(modality, "permutation.drop"), "std_error"); }

 private:
  static double number(const Json& row, const char* key) {
    if (row.is_object() && row.at(key).is_number()) return row.at(key).get<double>();
    ADD_FAILURE() << "no number '" << key << "' in " << row;
    return 0.0;
  }

  std::string text_;
  Json document_;
};

/// A folder with a model, a validation set and a configuration, in which modattr runs.
class Project {
 public:
  /// `inputs` become modalities of the same names.
  Project(std::string_view kind, const std::vector<std::string>& inputs) {
    config_["model"] = {{"path", "model.pt"}, {"kind", kind}};
    config_["data"] = {{"path", "val.npz"}};
    config_["modalities"] = Json::array();
    for (const std::string& input : inputs) add_modality(input, {input});
    std::filesystem::create_directory(results());
  }

  std::filesystem::path path(const std::string& name) const { return *folder_ / name; }
  std::filesystem::path results() const { return *folder_ / "results"; }

  Project& model(std::string_view forward, const std::vector<ModelParameter>& parameters = {}) {
    save_model(path("model.pt"), forward, parameters);
    return *this;
  }
  Project& data(const std::vector<TestArray>& arrays) {
    write_npz(path("val.npz"), arrays);
    return *this;
  }
  Project& add_modality(const std::string& name, const std::vector<std::string>& inputs) {
    config_["modalities"].push_back({{"name", name}, {"inputs", inputs}});
    return *this;
  }
  Json& config() { return config_; }

  ProgramCall call(const std::vector<std::string>& arguments) const {
    write_file(path("modattr.json"), config_.dump(1));
    return {.arguments = arguments, .folder = folder_->path()};
  }
  ProgramResult run(const std::vector<std::string>& arguments) const { return run_program(call(arguments)); }

  /// `modattr permute --format json` with further arguments.
  Scores permute(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"permute", "--format", "json"});
    return Scores(run(arguments));
  }

 private:
  std::unique_ptr<TemporaryFolder> folder_ = std::make_unique<TemporaryFolder>();
  Json config_;
};

/// `modattr permute --format json` on one of the example configurations.
inline Scores permute_config(const std::string& name, std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {"permute", "--format", "json", "--config", (kConfigs / name).string()});
  return Scores(run_program({.arguments = arguments}));
}

/// Expects one line on standard error that holds these phrases and nothing on standard output.
inline void expect_one_line(const ProgramResult& result, int exit_code, std::initializer_list<const char*> phrases) {
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.exit_code, exit_code) << result.errors;
  EXPECT_EQ(result.output, "");
  EXPECT_TRUE(result.errors.starts_with("modattr: ")) << result.errors;
  EXPECT_EQ(std::ranges::count(result.errors, '\n'), 1) << result.errors;
  EXPECT_TRUE(result.errors.ends_with('\n')) << result.errors;
  EXPECT_LT(result.errors.size(), 600U) << result.errors;
  for (const char* phrase : phrases) {
    EXPECT_NE(result.errors.find(phrase), std::string::npos) << "'" << phrase << "' is missing in: " << result.errors;
  }
}

/// Runs permute with --out on an existing empty folder and expects a message, and the folder still empty.
inline void expect_failure(const Project& project, int exit_code, std::initializer_list<const char*> phrases,
                           std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {"permute", "--out", "results"});
  expect_one_line(project.run(arguments), exit_code, phrases);
  EXPECT_TRUE(std::filesystem::is_directory(project.results()));
  EXPECT_TRUE(std::filesystem::is_empty(project.results()));
}

}  // namespace modattr
