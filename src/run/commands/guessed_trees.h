#pragma once

#include <string>
#include <vector>

#include "guessed_task.h"
#include "modattr/data/array.h"
#include "modattr/trees/tree_ensemble.h"
#include "run/config/json_object.h"

namespace modattr {

/// The arrays whose columns are those of a model of trees: the only one with as many, else all candidates, side by
/// side. Throws ConfigError where neither fits.
std::vector<const Array*> tree_inputs(const TreeEnsemble& ensemble, const std::string& model_path,
                                      const std::vector<const Array*>& candidates);

/// What the objective says; `label`: nullptr where there are no labels.
GuessedTask guess_tree_task(const TreeEnsemble& ensemble, const at::Tensor& output, const Array* label);

/// One modality per array, of columns.
Json guess_tree_modalities(const std::vector<const Array*>& inputs, std::vector<Guess>& guesses);

}  // namespace modattr
