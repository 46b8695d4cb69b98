#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "modattr/model/model.h"
#include "modattr/run/config/config.h"

namespace modattr {

/// The model of a configuration, whatever its format. `label_input`: of a causal language model. Throws ModelError and
/// ConfigError as the loaders do, and ConfigError for a device that the format cannot run on.
std::unique_ptr<Model> open_model(const ModelConfig& config, const std::string& device,
                                  const std::optional<std::string>& label_input);

/// A model file by its content: XGBoost's JSON and UBJSON, LightGBM's text, else TorchScript.
ModelConfig recognised_model(const std::filesystem::path& path);

}  // namespace modattr
