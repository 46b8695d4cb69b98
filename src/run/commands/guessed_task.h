#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modattr/data/array.h"
#include "modattr/model/model.h"

namespace modattr {

/// A value that `init` writes, and what it was taken for.
struct Guess {
  std::string key;
  std::string text;
};

/// What a model and labels look like together.
struct GuessedTask {
  /// A word of model.kind.
  std::string kind;
  /// nullopt: none goes without labels.
  std::optional<std::string> metric;
  /// Why.
  std::string reason;
};

/// The part of forward()'s result that the answers are: the one that `wanted` names, else the only one, the one named
/// "logits", or the only one of floats [rows, outputs]. Throws ConfigError, which lists the parts, where none is.
const ModelOutput& choose_output(const std::vector<ModelOutput>& outputs, const std::optional<std::string>& wanted,
                                 const std::string& model_path);

/// The index or key as people write it: 1, 'logits'.
std::string selector_text(const OutputSelector& selector);

/// `output`: the model's answers to some rows, undefined where it gives none; `label`: nullptr where there are no
/// labels. `kind` replaces the guess of the kind. Throws ConfigError where it takes labels that there are not.
GuessedTask guess_task(const at::Tensor& output, const Array* label, const std::optional<std::string>& kind);

}  // namespace modattr
