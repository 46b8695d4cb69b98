#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/run/config/config.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {

/// The least that a configuration says.
inline constexpr const char* kShortest =
    R"({"model": {"path": "m.pt"}, "data": {"path": "v.npz"}, "modalities": [{"name": "a", "inputs": ["x"]}]})";

/// Reads configurations from texts.
class ConfigTest : public testing::Test {
 protected:
  Config read(std::string_view text) {
    write_file(file_, text);
    return read_config(file_);
  }

  /// The message without the folder.
  std::string error_of(std::string_view text) {
    const std::string message = thrown_message<ConfigError>([&] { return read(text); });
    const std::string folder = folder_.path().string() + "/";
    return message.starts_with(folder) ? message.substr(folder.size()) : message;
  }

  /// The shortest configuration with one text replaced by another.
  std::string error_with(std::string_view from, std::string_view to) {
    std::string text = kShortest;
    const auto place = text.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    return error_of(text.replace(place, from.size(), to));
  }
  std::string error_with_model(const std::string& keys) { return error_with(R"("m.pt")", R"("m.pt", )" + keys); }
  std::string error_with_data(const std::string& keys) { return error_with(R"("v.npz")", R"("v.npz", )" + keys); }
  std::string error_with_modality(const std::string& keys) { return error_with(R"(["x"])", R"(["x"], )" + keys); }
  std::string error_with_root(const std::string& keys) {
    return error_with(R"("a", "inputs": ["x"]}])", R"("a", "inputs": ["x"]}], )" + keys);
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "modattr.json";
};

}  // namespace modattr
