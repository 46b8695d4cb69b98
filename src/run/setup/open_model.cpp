#include "open_model.h"

#include <array>
#include <fstream>
#include <variant>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/model/package_model.h"
#include "modattr/model/torchscript_model.h"
#include "modattr/model/tree_model.h"
#include "modattr/trees/tree_reader.h"

namespace modattr {
namespace {

std::unique_ptr<Model> open_trees(const ModelConfig& config, const std::string& device) {
  if (device != "auto" && device != "cpu") {
    throw ConfigError(option("device") + ": expected cpu or auto, as models of trees run on the processor, got '" +
                      device + "'");
  }
  TreeModelOptions options{
      .path = config.path,
      .format = config.format == ModelFormat::kXgboost ? TreeSplitRule::kXgboost : TreeSplitRule::kLightgbm};
  if (const auto* word = std::get_if<std::string>(&config.output)) options.output = *word;
  const auto* index = std::get_if<std::size_t>(&config.output);
  if (index != nullptr && *index != 0) {
    throw ConfigError("model.output: expected margin or prediction from a model of trees, got " +
                      std::to_string(*index));
  }
  return load_tree_model(options);
}

std::unique_ptr<Model> open_package(const ModelConfig& config, const std::string& device,
                                    const std::optional<std::string>& label_input) {
  if (device != "auto" && device != "cpu") {
    throw ConfigError(option("device") + ": expected cpu or auto, as compiled packages run on the processor, got '" +
                      device + "'");
  }
  if (label_input) {
    throw ConfigError("model.kind: expected another one for " + config.path.string() +
                      ", as causal_lm takes TorchScript only, got causal_lm");
  }
  return load_package_model({.path = config.path, .output = config.output, .arguments = config.arguments});
}

}  // namespace

std::unique_ptr<Model> open_model(const ModelConfig& config, const std::string& device,
                                  const std::optional<std::string>& label_input) {
  const bool is_package = config.format == ModelFormat::kTorchScript && has_package_name(config.path);
  if (is_package) return open_package(config, device, label_input);
  if (config.format != ModelFormat::kTorchScript) return open_trees(config, device);
  return load_torchscript_model(
      {.path = config.path, .output = config.output, .label_input = label_input, .device = device});
}

ModelConfig recognised_model(const std::filesystem::path& path) {
  ModelConfig config;
  config.path = path;
  std::ifstream file(path, std::ios::binary);
  std::array<char, 8> beginning = {};
  file.read(beginning.data(), beginning.size());
  const std::optional<TreeSplitRule> trees =
      tree_format_of({beginning.data(), static_cast<std::size_t>(file.gcount())});
  if (trees == TreeSplitRule::kXgboost) config.format = ModelFormat::kXgboost;
  if (trees == TreeSplitRule::kLightgbm) config.format = ModelFormat::kLightgbm;
  return config;
}

}  // namespace modattr
