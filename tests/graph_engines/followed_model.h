#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "graph/torchscript_program.h"
#include "graph_engines/graph_pass.h"
#include "modattr/model/torchscript_model.h"
#include "support/temporary_folder.h"
#include "support/torchscript_models.h"

namespace modattr {

/// A model by its text, followed from b to x. Its output is one number per row.
class FollowedModel {
 public:
  /// `names`, `x`, `b`: its inputs, [rows, ...].
  FollowedModel(const std::string& forward, const std::vector<std::string>& names, std::vector<at::Tensor> x,
                std::vector<at::Tensor> b, const std::vector<ModelParameter>& parameters = {})
      : data_{.x = std::move(x), .b = std::move(b), .examples = {}} {
    save_model(folder_.path() / "model.pt", forward, parameters);
    model_ = load_torchscript_model({.path = folder_.path() / "model.pt", .device = "cpu"});
    const std::int64_t row_count = data_.x.front().size(0);
    data_.examples.assign(static_cast<std::size_t>(row_count), 0);
    target_.emplace(
        TargetInput{.kind = OutputKind::kRegression, .output_width = 1, .value = ValueKind::kOutput, .classes = {0}});
    value_.emplace(*target_, 1);
    std::vector<std::int64_t> sizes;
    for (const at::Tensor& input : data_.x) sizes.push_back(input.numel() / row_count);
    elements_.emplace(sizes);
    // Each input is a modality.
    std::vector<std::uint64_t> modalities;
    for (std::size_t input = 0; input < names.size(); ++input) modalities.push_back(std::uint64_t{1} << input);
    pass_.emplace(GraphPass::Parts{.program = *model_->program(),
                                   .input_names = names,
                                   .modalities_of_input = modalities,
                                   .target = *value_,
                                   .elements = *elements_});
  }

  PassResult multipliers() const { return pass_->multipliers(data_); }
  /// From the data of `b_modalities` to that of `x_modalities`, the others being removed.
  PassResult multipliers_between(std::uint64_t x_modalities, std::uint64_t b_modalities, SideMemo* memo) const {
    PassData data{
        .x = {}, .b = {}, .examples = data_.examples, .x_modalities = x_modalities, .b_modalities = b_modalities};
    for (std::size_t input = 0; input < data_.x.size(); ++input) {
      data.x.push_back((x_modalities >> input & 1U) != 0 ? data_.x[input] : data_.b[input]);
      data.b.push_back((b_modalities >> input & 1U) != 0 ? data_.x[input] : data_.b[input]);
    }
    return pass_->multipliers(data, memo);
  }
  /// Mean gradient times difference over many points of the line, [rows, elements].
  at::Tensor path_integral(std::int64_t point_count) const {
    at::Tensor sum;
    for (std::int64_t point = 0; point < point_count; ++point) {
      const double place = (static_cast<double>(point) + 0.5) / static_cast<double>(point_count);
      const at::Tensor points = at::full({data_.x.front().size(0)}, place, at::kDouble);
      const at::Tensor part = pass_->gradients(data_, points, false).credits.by_element;
      sum = sum.defined() ? sum + part : part;
    }
    return sum / static_cast<double>(point_count);
  }
  /// The model's own answers, [rows].
  at::Tensor answers(const std::vector<std::string>& names, const std::vector<at::Tensor>& inputs) const {
    return model_->run(names, inputs).squeeze(1);
  }
  bool reads_data() const { return pass_->reads_data(); }
  const PassData& data() const { return data_; }

  /// All that is given out, [rows].
  static at::Tensor total(const PassResult& result) {
    at::Tensor sum = result.credits.by_element.sum(1);
    for (const auto& [inputs, sums] : result.credits.unplaced) sum = sum + sums;
    return sum;
  }

 private:
  TemporaryFolder folder_;
  PassData data_;
  std::unique_ptr<Model> model_;
  std::optional<Target> target_;
  std::optional<TargetFunction> value_;
  std::optional<InputElements> elements_;
  std::optional<GraphPass> pass_;
};

}  // namespace modattr
