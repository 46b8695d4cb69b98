#include "torch_split_model.h"

#include <algorithm>
#include <exception>
#include <unordered_set>
#include <utility>

#include <ATen/Functions.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include "graph_split.h"
#include "modattr/core/error.h"
#include "modattr/data/array_tensor.h"
#include "modattr/model/torch_errors.h"

namespace modattr {
namespace {

using Tensors = std::vector<at::Tensor>;

Tensors narrow_all(std::span<const at::Tensor> tensors, std::int64_t row_count) {
  Tensors result;
  for (const at::Tensor& tensor : tensors) result.push_back(tensor.narrow(0, 0, row_count));
  return result;
}

Tensors select_all(std::span<const at::Tensor> tensors, const at::Tensor& rows) {
  Tensors result;
  for (const at::Tensor& tensor : tensors) result.push_back(tensor.index_select(0, rows));
  return result;
}

/// Equal up to what other batch shapes do to the last digits.
bool nearly_equal(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes()) return false;
  if (!a.is_floating_point() && !a.is_complex()) return a.equal(b);
  const double tolerance = a.scalar_type() == at::kHalf || a.scalar_type() == at::kBFloat16 ? 2e-2 : 1e-4;
  const at::Tensor wide = b.to(at::kDouble);
  const double scale = wide.numel() == 0 ? 1.0 : std::max(1.0, wide.nan_to_num(0, 0, 0).abs().max().item<double>());
  return a.to(at::kDouble).allclose(wide, 0.0, tolerance * scale, /*equal_nan=*/true);
}

/// How a feature follows the rows of a batch.
enum class FeatureKind { kPerRow, kSameForAll };

struct FeatureLayout {
  FeatureKind kind = FeatureKind::kPerRow;
  /// The dimension whose size is the number of rows.
  std::int64_t row_dimension = 0;
};

class TorchSplitModel final : public SplitModel {
 public:
  TorchSplitModel(const TorchSplitOptions& options, SplitGraphs graphs)
      : output_(options.output), device_(options.device), graphs_(std::move(graphs)) {
    for (const auto& encoder : graphs_.encoders) encoders_.emplace_back(encoder, "encoder");
    fusion_ = torch::jit::GraphExecutor(graphs_.fusion, "fusion");
    layouts_.resize(graphs_.frontier.size());
    feature_counts_.resize(options.modality_count, 0);
    for (const FrontierValue& value : graphs_.frontier) ++feature_counts_[value.modality];
  }

  std::vector<at::Tensor> encode(std::size_t modality, std::span<const at::Tensor> inputs) const override {
    Tensors features = run_encoder(modality, inputs);
    const std::size_t first = first_feature(modality);
    for (std::size_t feature = 0; feature < features.size(); ++feature) {
      const FeatureLayout& layout = layouts_[first + feature];
      if (layout.kind == FeatureKind::kSameForAll) {
        features[feature] = features[feature].unsqueeze(0).expand(with_rows(inputs.front().size(0), features[feature]));
      } else if (layout.row_dimension != 0) {
        features[feature] = features[feature].movedim(layout.row_dimension, 0);
      }
    }
    return features;
  }

  std::size_t feature_count(std::size_t modality) const override { return feature_counts_.at(modality); }
  const std::vector<std::size_t>& raw_inputs() const noexcept override { return graphs_.raw_inputs; }

  at::Tensor fuse(std::span<const at::Tensor> features, std::span<const at::Tensor> raw_inputs) const override {
    const c10::InferenceMode inference_mode;
    const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
    const std::int64_t row_count = (features.empty() ? raw_inputs : features).front().size(0);
    torch::jit::Stack stack;
    for (std::size_t feature = 0; feature < features.size(); ++feature) {
      const FeatureLayout& layout = layouts_[feature];
      if (layout.kind == FeatureKind::kSameForAll) {
        stack.emplace_back(features[feature].select(0, 0));
      } else {
        stack.emplace_back(layout.row_dimension == 0 ? features[feature]
                                                     : features[feature].movedim(0, layout.row_dimension));
      }
    }
    for (const at::Tensor& input : raw_inputs) stack.emplace_back(input.to(device_));
    try {
      fusion_.run(stack);
    } catch (const std::exception& error) {
      throw ModelError("the fusion failed: " + one_line_reason(error));
    }
    return output_.read(stack.back(), row_count);
  }

  std::size_t encoder_operation_count(std::size_t modality) const override {
    return graphs_.encoder_operation_counts.at(modality);
  }
  std::size_t fusion_operation_count() const noexcept override { return graphs_.fusion_operation_count; }

  const SplitGraphs& graphs() const noexcept { return graphs_; }

  /// Finds out which dimension of each feature counts rows, from batches of two sizes; the top-level nodes of features
  /// that have none.
  std::unordered_set<std::size_t> learn_layouts(std::size_t modality, std::span<const at::Tensor> inputs) {
    const std::int64_t row_count = inputs.front().size(0);
    const std::int64_t fewer = row_count - row_count / 4;
    const Tensors all = run_encoder(modality, inputs);
    const Tensors some = run_encoder(modality, narrow_all(inputs, fewer));
    std::unordered_set<std::size_t> unsuitable;
    const std::size_t first = first_feature(modality);
    for (std::size_t feature = 0; feature < all.size(); ++feature) {
      const std::optional<FeatureLayout> layout = layout_of(all[feature], some[feature], row_count, fewer);
      if (layout) {
        layouts_[first + feature] = *layout;
      } else {
        unsuitable.insert(graphs_.frontier[first + feature].producer);
      }
    }
    return unsuitable;
  }

 private:
  static std::vector<std::int64_t> with_rows(std::int64_t row_count, const at::Tensor& tensor) {
    std::vector<std::int64_t> shape{row_count};
    shape.insert(shape.end(), tensor.sizes().begin(), tensor.sizes().end());
    return shape;
  }

  static std::optional<FeatureLayout> layout_of(const at::Tensor& all, const at::Tensor& some, std::int64_t row_count,
                                                std::int64_t fewer) {
    if (all.dim() != some.dim()) return std::nullopt;
    std::optional<std::int64_t> rows;
    for (std::int64_t dimension = 0; dimension < all.dim(); ++dimension) {
      if (all.size(dimension) == some.size(dimension)) continue;
      if (rows || all.size(dimension) != row_count || some.size(dimension) != fewer) return std::nullopt;
      rows = dimension;
    }
    if (rows) return FeatureLayout{FeatureKind::kPerRow, *rows};
    if (nearly_equal(all, some)) return FeatureLayout{FeatureKind::kSameForAll, 0};
    return std::nullopt;
  }

  std::size_t first_feature(std::size_t modality) const {
    std::size_t first = 0;
    for (std::size_t earlier = 0; earlier < modality; ++earlier) first += feature_counts_[earlier];
    return first;
  }

  Tensors run_encoder(std::size_t modality, std::span<const at::Tensor> inputs) const {
    const c10::InferenceMode inference_mode;
    const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
    torch::jit::Stack stack;
    for (const at::Tensor& input : inputs) stack.emplace_back(input.to(device_));
    try {
      encoders_[modality].run(stack);
    } catch (const std::exception& error) {
      throw ModelError("the encoder failed: " + one_line_reason(error));
    }
    Tensors features;
    for (const c10::IValue& value : stack.back().toTupleRef().elements()) {
      if (!value.isTensor() || !value.toTensor().defined())
        throw ModelError("an encoder gives something else than tensors");
      features.push_back(value.toTensor());
    }
    return features;
  }

  OutputReader output_;
  at::Device device_;
  SplitGraphs graphs_;
  mutable std::vector<torch::jit::GraphExecutor> encoders_;
  mutable torch::jit::GraphExecutor fusion_;
  std::vector<FeatureLayout> layouts_;
  std::vector<std::size_t> feature_counts_;
};

/// The inputs of one modality, in the order of ModelInputs.
Tensors inputs_of(const std::vector<ModelInput>& inputs, std::span<const at::Tensor> tensors, std::size_t modality) {
  Tensors selected;
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    if (inputs[input].modality == modality) selected.push_back(tensors[input]);
  }
  return selected;
}

/// Rows of a probe batch in an order that differs from modality to modality.
at::Tensor shuffled_rows(std::int64_t row_count, std::size_t modality) {
  at::Tensor rows = at::empty({row_count}, at::kLong);
  const auto step = static_cast<std::int64_t>(2 * modality + 1);
  for (std::int64_t row = 0; row < row_count; ++row)
    rows[row] = (row * step + static_cast<std::int64_t>(modality)) % row_count;
  return rows;
}

/// Throws ModelError with the reason when features, or the outputs made of them, differ from the whole model's.
void prove(const TorchSplitOptions& options, const TorchSplitModel& split, std::span<const at::Tensor> probe) {
  const std::int64_t row_count = probe.front().size(0);
  std::vector<at::Tensor> mixed(probe.begin(), probe.end());
  std::vector<at::Tensor> features;
  for (std::size_t modality = 0; modality < options.modality_count; ++modality) {
    const Tensors inputs = inputs_of(options.inputs, probe, modality);
    if (inputs.empty()) continue;
    const at::Tensor rows = shuffled_rows(row_count, modality);
    for (std::size_t input = 0; input < options.inputs.size(); ++input) {
      if (options.inputs[input].modality == modality) mixed[input] = probe[input].index_select(0, rows);
    }
    if (split.feature_count(modality) == 0) continue;
    const Tensors encoded = split.encode(modality, inputs);
    const Tensors encoded_shuffled = split.encode(modality, select_all(inputs, rows));
    const Tensors encoded_some = split.encode(modality, narrow_all(inputs, row_count / 2));
    for (std::size_t feature = 0; feature < encoded.size(); ++feature) {
      const at::Tensor gathered = encoded[feature].index_select(0, rows.to(encoded[feature].device()));
      if (!nearly_equal(gathered, encoded_shuffled[feature]) ||
          !nearly_equal(encoded[feature].narrow(0, 0, row_count / 2), encoded_some[feature])) {
        throw ModelError("an encoder's answer for a row depends on the other rows of its batch");
      }
      features.push_back(gathered);
    }
  }
  Tensors raw;
  for (const std::size_t input : split.raw_inputs()) raw.push_back(mixed[input]);
  if (!nearly_equal(split.fuse(features, raw), options.whole(mixed))) {
    throw ModelError("its parts do not answer like the whole");
  }
}

std::unique_ptr<TorchSplitModel> cut(const TorchSplitOptions& options, std::span<const at::Tensor> probe,
                                     const std::shared_ptr<torch::jit::Graph>& prepared) {
  std::unordered_set<std::size_t> kept_in_fusion;
  // Each round moves at least one more node behind the frontier.
  for (;;) {
    auto split = std::make_unique<TorchSplitModel>(
        options, split_graph(prepared, options.inputs, options.modality_count, kept_in_fusion));
    std::unordered_set<std::size_t> unsuitable;
    for (std::size_t modality = 0; modality < options.modality_count; ++modality) {
      if (split->feature_count(modality) > 0) {
        unsuitable.merge(split->learn_layouts(modality, inputs_of(options.inputs, probe, modality)));
      }
    }
    if (unsuitable.empty()) return split;
    kept_in_fusion.merge(unsuitable);
  }
}

}  // namespace

SplitResult make_torch_split_model(const TorchSplitOptions& options, std::span<const at::Tensor> probe) {
  try {
    std::vector<std::string> names;
    for (const ModelInput& input : options.inputs) names.push_back(input.name);
    const auto prepared = prepare_graph(*options.forward.graph(), options.forward.function().getSchema(), names);
    std::unique_ptr<TorchSplitModel> split = cut(options, probe, prepared);
    std::size_t feature_count = 0;
    for (std::size_t modality = 0; modality < options.modality_count; ++modality) {
      feature_count += split->feature_count(modality);
    }
    if (feature_count == 0) return {nullptr, "its modalities meet before any operation"};
    prove(options, *split, probe);
    return {std::move(split), {}};
  } catch (const std::exception& error) {
    return {nullptr, one_line_reason(error)};
  }
}

}  // namespace modattr
