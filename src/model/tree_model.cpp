#include "modattr/model/tree_model.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <ATen/Functions.h>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/trees/tree_reader.h"

namespace modattr {
namespace {

class TreeModel final : public Model {
 public:
  explicit TreeModel(const TreeModelOptions& options)
      : path_(options.path.string()),
        ensemble_(load_trees(options.path, options.format)),
        link_(gives_margins(ensemble_, options.output) ? TreeLink::kIdentity : ensemble_.link) {}

  const std::string& path() const noexcept override { return path_; }
  const std::vector<ModelArgument>& arguments() const noexcept override { return arguments_; }
  /// Inputs go by name, whatever their names are.
  bool takes_dictionary() const noexcept override { return true; }
  std::size_t parameter_count() const noexcept override { return ensemble_.parameter_count(); }
  const TreeEnsemble* trees() const noexcept override { return &ensemble_; }

  at::Tensor run(std::span<const std::string> input_names, std::span<const at::Tensor> inputs) const override {
    const at::Tensor rows = columns_side_by_side(inputs);
    if (rows.size(1) != static_cast<std::int64_t>(ensemble_.column_count))
      throw_column_count(input_names, inputs, rows);
    const at::Tensor outputs =
        at::empty({rows.size(0), static_cast<std::int64_t>(ensemble_.output_count())}, at::TensorOptions(at::kDouble));
    const std::span<double> numbers(outputs.data_ptr<double>(), static_cast<std::size_t>(outputs.numel()));
    tree_margins(ensemble_, {rows.data_ptr<double>(), static_cast<std::size_t>(rows.numel())}, numbers);
    if (link_ != TreeLink::kIdentity) {
      for (double& number : numbers) number = linked(link_, number);
    }
    return outputs;
  }

 private:
  [[noreturn]] void throw_column_count(std::span<const std::string> names, std::span<const at::Tensor> inputs,
                                       const at::Tensor& rows) const {
    std::string listing;
    for (std::size_t input = 0; input < inputs.size(); ++input) {
      const std::int64_t own = inputs[input].numel() / std::max<std::int64_t>(inputs[input].size(0), 1);
      listing += (input == 0 ? "" : ", ") + ("'" + names[input] + "' has " + std::to_string(own));
    }
    throw ModelError(path_ + ": expected " + std::to_string(ensemble_.column_count) +
                     " columns, as the trees were trained on, got " + std::to_string(rows.size(1)) + ": " + listing);
  }

  std::string path_;
  TreeEnsemble ensemble_;
  TreeLink link_;
  std::vector<ModelArgument> arguments_;
};

}  // namespace

OutputKind output_kind_of(const TreeEnsemble& ensemble) noexcept {
  if (ensemble.task == TreeTask::kRegression) return OutputKind::kRegression;
  return ensemble.task == TreeTask::kLabels ? OutputKind::kMultilabel : OutputKind::kLogits;
}

bool gives_margins(const TreeEnsemble& ensemble, const std::optional<std::string>& output) noexcept {
  return ensemble.task != TreeTask::kRegression || ensemble.link == TreeLink::kIdentity || output == "margin";
}

std::unique_ptr<Model> load_tree_model(const TreeModelOptions& options) {
  const std::vector<std::string> words = {"margin", "prediction"};
  if (options.output && *options.output != "margin" && *options.output != "prediction") {
    throw ConfigError("model.output: expected margin or prediction from a model of trees, got '" + *options.output +
                      "'" + suggestion(*options.output, words));
  }
  auto model = std::make_unique<TreeModel>(options);
  if (options.output == "prediction" && model->trees()->task != TreeTask::kRegression) {
    throw ConfigError("model.output: expected margin, as " + model->path() +
                      " is a classifier, whose margins are logits, got 'prediction'; value probability explains "
                      "probabilities");
  }
  return model;
}

at::Tensor columns_side_by_side(std::span<const at::Tensor> inputs) {
  std::vector<at::Tensor> columns;
  for (const at::Tensor& input : inputs) columns.push_back(input.reshape({input.size(0), -1}).to(at::kDouble));
  return (columns.size() == 1 ? columns.front() : at::cat(columns, 1)).contiguous();
}

}  // namespace modattr
