#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "modattr/graph/output_selector.h"
#include "modattr/model/model.h"

namespace modattr {

struct TorchScriptOptions {
  std::filesystem::path path;
  OutputSelector output = std::size_t{0};
  /// For a causal language model: the name of an input with the token ids of its labels, -100 = ignored. The output is
  /// then the probabilities of these tokens.
  std::optional<std::string> label_input = std::nullopt;
  /// "cpu", "cuda", "cuda:i", or "auto" (the first GPU if there is one).
  std::string device = "auto";
};

/// Loads a TorchScript archive in evaluation mode, frozen where it can be. Throws ModelError for a file that is damaged
/// or no TorchScript model, ConfigError for a device that does not exist.
std::unique_ptr<Model> load_torchscript_model(const TorchScriptOptions& options);

}  // namespace modattr
