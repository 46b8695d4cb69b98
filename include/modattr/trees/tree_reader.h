#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "modattr/trees/tree_ensemble.h"

namespace modattr {

// Readers of models. They throw ModelError, one line, for a file that is damaged, is of another format, or holds what
// is not supported: gblinear, trees with several numbers per leaf, linear trees, an objective that is not known. `name`
// is the file's, for messages.

/// A model that XGBoost 1.0 or newer saved as JSON or UBJSON. Leaves of dart are multiplied by their trees' weights.
TreeEnsemble read_xgboost(std::string_view content, const std::string& name);

/// A model that LightGBM 2.0 or newer saved as text. Leaves of a forest (average_output) are divided by its number of
/// iterations, those of a classifier multiplied by its sigmoid parameter, so that margins are logits.
TreeEnsemble read_lightgbm(std::string_view content, const std::string& name);

/// Reads a whole file by one of them. Throws ModelError where it cannot be read.
TreeEnsemble load_trees(const std::filesystem::path& path, TreeSplitRule format);

/// Whether the beginning of a file looks like a model of trees; nullopt where it does not.
std::optional<TreeSplitRule> tree_format_of(std::string_view content);

}  // namespace modattr
