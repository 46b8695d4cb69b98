#include "guessed_trees.h"

#include <algorithm>
#include <optional>

#include "modattr/core/error.h"
#include "modattr/data/array_tensor.h"
#include "modattr/report/number_format.h"

namespace modattr {
namespace {

std::size_t columns_in(const Array& array) {
  return array.shape.size() < 2 ? 1 : static_cast<std::size_t>(array.shape[1]);
}

}  // namespace

std::vector<const Array*> tree_inputs(const TreeEnsemble& ensemble, const std::string& model_path,
                                      const std::vector<const Array*>& candidates) {
  std::vector<const Array*> inputs;
  for (const Array* array : candidates) {
    if (!array->text && !array->shape.empty() && array->shape.size() <= 2) inputs.push_back(array);
  }
  const auto has_all = [&](const Array* array) { return columns_in(*array) == ensemble.column_count; };
  if (std::ranges::count_if(inputs, has_all) == 1) return {*std::ranges::find_if(inputs, has_all)};
  std::size_t count = 0;
  std::string list;
  for (const Array* array : inputs) {
    count += columns_in(*array);
    list += (list.empty() ? "" : ", ") + array->name + " " + describe(*array);
  }
  if (count == ensemble.column_count) return inputs;
  throw ConfigError("init: expected one array of " + counted(ensemble.column_count, "column") +
                    ", or arrays that have as many together, as the trees of " + model_path + " were trained on, got " +
                    (list.empty() ? "none" : list));
}

GuessedTask guess_tree_task(const TreeEnsemble& ensemble, const at::Tensor& output, const Array* label) {
  const std::string outputs = ensemble.task == TreeTask::kRegression ? "regression"
                              : ensemble.task == TreeTask::kLabels   ? "multilabel"
                                                                     : "logits";
  GuessedTask task = guess_task(output, label, outputs);
  task.kind = ensemble.rule == TreeSplitRule::kXgboost ? "xgboost" : "lightgbm";
  task.reason = counted(ensemble.trees.size(), "tree") + " of objective " + ensemble.objective + ", " +
                (outputs == "regression" ? "a regression" : "whose margins are logits");
  return task;
}

Json guess_tree_modalities(const std::vector<const Array*>& inputs, std::vector<Guess>& guesses) {
  Json modalities = Json::array();
  for (const Array* array : inputs) {
    const std::string key = "modalities[" + std::to_string(modalities.size()) + "]";
    modalities.push_back({{"name", array->name}, {"kind", "columns"}, {"inputs", {array->name}}});
    guesses.push_back({key, "'" + array->name + "' " + describe(*array) + " as columns"});
  }
  if (inputs.size() == 1 && columns_in(*inputs.front()) > 1) {
    guesses.push_back({"modalities", "one; cut it by inputs such as \"" + inputs.front()->name +
                                         "[0:2]\" where it "
                                         "holds several"});
  }
  return modalities;
}

}  // namespace modattr
