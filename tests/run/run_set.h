#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "modattr/run/command.h"
#include "modattr/run/setup/experiment.h"
#include "support/array_writers.h"
#include "support/counting_progress.h"
#include "support/temporary_folder.h"
#include "support/torchscript_models.h"

namespace modattr {

/// Files of a run in a folder of their own: a model of two classes that adds what two inputs say, 6 examples of 2
/// columns each, and a configuration that tests change.
class RunSet {
 public:
  using Json = nlohmann::ordered_json;

  RunSet() {
    save_model(folder_ / "model.pt", kForward);
    write_npz(folder_ / "val.npz", arrays());
    config["model"] = {{"path", "model.pt"}, {"kind", "logits"}};
    config["data"] = {{"path", "val.npz"}};
    config["modalities"] = {{{"name", "a"}, {"kind", "columns"}, {"inputs", {"a"}}},
                            {{"name", "b"}, {"kind", "columns"}, {"inputs", {"b"}}}};
  }

  /// Logits: the first and the second column's sum over both inputs.
  static constexpr std::string_view kForward = "def forward(self, a, b): return a + 2.0 * b";

  /// Predictions: class 0, 1, 0, 1, 0, 1; wrong of the last example.
  static std::vector<TestArray> arrays() {
    return {TestArray::of<float>("a", {6, 2}, {3, 0, 0, 3, 4, 1, 1, 5, 6, 2, 0, 2}),
            TestArray::of<float>("b", {6, 2}, {1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1}),
            TestArray::of<std::int64_t>("label", {6}, {0, 1, 0, 1, 0, 0})};
  }

  void model(std::string_view forward) const { save_model(folder_ / "model.pt", forward); }
  void data(const std::vector<TestArray>& arrays) const { write_npz(folder_ / "val.npz", arrays); }

  /// Writes the configuration and opens the experiment.
  std::unique_ptr<Experiment> open(ExperimentOptions options = {.common = {}, .metric = {}}) {
    options.common.config = write_config();
    return std::make_unique<Experiment>(options, context());
  }
  std::filesystem::path write_config() const {
    write_file(folder_ / "modattr.json", config.dump());
    return folder_ / "modattr.json";
  }
  RunContext context() {
    return {.progress = progress_, .log = [this](std::string_view line) { log += std::string(line) + "\n"; }};
  }
  Progress& progress() { return progress_; }

  Json config;
  std::string log;

 private:
  TemporaryFolder folder_;
  CountingProgress progress_;
};

}  // namespace modattr
