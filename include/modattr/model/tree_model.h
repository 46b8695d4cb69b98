#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "modattr/core/labels.h"
#include "modattr/model/model.h"
#include "modattr/trees/tree_ensemble.h"

namespace modattr {

struct TreeModelOptions {
  std::filesystem::path path;
  TreeSplitRule format = TreeSplitRule::kXgboost;
  /// "margin" or "prediction", of a regression; nullopt: its predictions. Classifiers give margins, which are logits.
  std::optional<std::string> output = std::nullopt;
};

/// What the outputs of an ensemble are: logits of two or more classes or of labels, or numbers of a regression.
OutputKind output_kind_of(const TreeEnsemble& ensemble) noexcept;

/// Whether the outputs are margins, so that the values of trees explain them.
bool gives_margins(const TreeEnsemble& ensemble, const std::optional<std::string>& output) noexcept;

/// Loads an ensemble of decision trees. Its inputs are one array [rows, columns] of numbers, or several, whose columns
/// stand side by side in the order of the inputs; NaN is a missing value. Throws ModelError for a file that is damaged
/// or not supported, ConfigError for an output that it does not give.
std::unique_ptr<Model> load_tree_model(const TreeModelOptions& options);

/// Rows of a call that runs rows of trees, [rows, columns]: the inputs side by side, as doubles.
at::Tensor columns_side_by_side(std::span<const at::Tensor> inputs);

}  // namespace modattr
