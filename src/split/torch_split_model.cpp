#include "torch_split_model.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <numeric>
#include <optional>
#include <unordered_set>
#include <utility>

#include <ATen/Functions.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include "graph/block_order.h"
#include "graph/module_attributes.h"
#include "graph/written_inputs.h"
#include "graph_prepare.h"
#include "graph_split.h"
#include "modattr/core/error.h"
#include "modattr/graph/torch_errors.h"
#include "split_proof.h"

namespace modattr {
namespace {

using Tensors = std::vector<at::Tensor>;

/// How a feature follows the rows of a batch.
enum class FeatureKind { kPerRow, kSameForAll };

struct FeatureLayout {
  FeatureKind kind = FeatureKind::kPerRow;
  /// The dimension whose size is the number of rows, or `pieces` times that.
  std::int64_t row_dimension = 0;
  /// How many entries of that dimension belong to one row, as when frames or answers are put through an encoder as
  /// rows.
  std::int64_t pieces = 1;
  /// Whether a row's pieces lie side by side; else there are all rows' first pieces, then all rows' second ones.
  bool pieces_together = true;
  /// Dimensions as they lie in memory, outermost first: a view in the fusion may rely on it.
  std::vector<std::int64_t> memory_order = {};
  /// Its value when it is the same for all, else its first row, [1, ...].
  at::Tensor sample = {};
};

/// A feature as it crosses, as [rows, ...].
at::Tensor rows_first(const at::Tensor& value, const FeatureLayout& layout) {
  if (layout.pieces == 1) return layout.row_dimension == 0 ? value : value.movedim(layout.row_dimension, 0);
  std::vector<std::int64_t> shape = value.sizes().vec();
  const auto place = shape.begin() + layout.row_dimension;
  const std::int64_t row_count = *place / layout.pieces;
  *place = layout.pieces_together ? layout.pieces : row_count;
  shape.insert(place, layout.pieces_together ? row_count : layout.pieces);
  return value.reshape(shape).movedim(layout.row_dimension + (layout.pieces_together ? 0 : 1), 0);
}

/// The feature as it crosses, of [rows, ...].
at::Tensor rows_in_place(const at::Tensor& rows, const FeatureLayout& layout) {
  if (layout.pieces == 1) return layout.row_dimension == 0 ? rows : rows.movedim(0, layout.row_dimension);
  return rows.movedim(0, layout.row_dimension + (layout.pieces_together ? 0 : 1))
      .flatten(layout.row_dimension, layout.row_dimension + 1);
}

std::vector<std::int64_t> memory_order_of(const at::Tensor& tensor) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(tensor.dim()));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater{}, [&](std::int64_t dimension) { return tensor.stride(dimension); });
  return order;
}

at::Tensor in_memory_order(const at::Tensor& tensor, const std::vector<std::int64_t>& order) {
  std::vector<std::int64_t> inverse(order.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    inverse[static_cast<std::size_t>(order[place])] = static_cast<std::int64_t>(place);
  }
  return tensor.permute(order).contiguous().permute(inverse);
}

class TorchSplitModel final : public SplitModel {
 public:
  TorchSplitModel(const TorchSplitOptions& options, std::span<const at::Tensor> probe, SplitGraphs graphs)
      : output_(options.output), device_(options.device), graphs_(std::move(graphs)) {
    for (const auto& encoder : graphs_.encoders) {
      run_blocks_in_place(*encoder);
      encoders_.emplace_back(encoder, "encoder");
      encoder_writes_.push_back(writes_to_inputs(encoder));
    }
    run_blocks_in_place(*graphs_.fusion);
    fusion_ = torch::jit::GraphExecutor(graphs_.fusion, "fusion");
    fusion_writes_ = writes_to_inputs(graphs_.fusion);
    for (const RawInput& raw : graphs_.raw_inputs) {
      if (!raw.shape_only) gathered_inputs_.push_back(raw.input);
    }
    layouts_.resize(graphs_.frontier.size());
    frontier_counts_.resize(options.modality_count, 0);
    for (const FrontierValue& value : graphs_.frontier) ++frontier_counts_[value.modality];
    for (const at::Tensor& input : probe) one_row_.push_back(input.narrow(0, 0, 1).to(device_));
  }

  std::vector<at::Tensor> encode(std::size_t modality, std::span<const at::Tensor> inputs) const override {
    Tensors features;
    try {
      features = encode_with_answers(modality, inputs);
    } catch (const ModelError& error) {
      // A branch that was taken for good may not be for these rows; else the whole model fails in its own words.
      throw SplitAssumptionError(error.what());
    }
    auto answers = features.begin() + static_cast<std::ptrdiff_t>(feature_count(modality));
    for (const RowCheck& check : graphs_.row_checks) {
      if (check.modality != modality) continue;
      const bool agree = (check.question.answer ? answers->all() : answers->logical_not().all()).item<bool>();
      if (!agree) {
        throw SplitAssumptionError("a row answers " + check.question.operation + " otherwise than others");
      }
      ++answers;
    }
    features.resize(feature_count(modality));
    return features;
  }

  /// The features, then what each row answers to the questions of the modality, unchecked.
  Tensors encode_with_answers(std::size_t modality, std::span<const at::Tensor> inputs) const {
    const Tensors values = run_encoder(modality, inputs);
    const std::size_t first = first_frontier_value(modality);
    Tensors features;
    for (std::size_t value = 0; value < frontier_counts_[modality]; ++value) {
      const FeatureLayout& layout = layouts_[first + value];
      if (layout.kind == FeatureKind::kPerRow) features.push_back(rows_first(values[value], layout));
    }
    features.insert(features.end(), values.begin() + static_cast<std::ptrdiff_t>(frontier_counts_[modality]),
                    values.end());
    for (const at::Tensor& feature : features) {
      // A selection of rows, which its layout did not show.
      if (feature.size(0) != inputs.front().size(0)) throw ModelError("an encoder gives other rows than it is given");
    }
    return features;
  }

  std::size_t feature_count(std::size_t modality) const override {
    const auto first = layouts_.begin() + static_cast<std::ptrdiff_t>(first_frontier_value(modality));
    return static_cast<std::size_t>(
        std::count_if(first, first + static_cast<std::ptrdiff_t>(frontier_counts_[modality]),
                      [](const FeatureLayout& layout) { return layout.kind == FeatureKind::kPerRow; }));
  }
  std::vector<at::Tensor> feature_row(std::size_t modality) const override {
    Tensors rows;
    for (std::size_t value = 0; value < frontier_counts_[modality]; ++value) {
      const FeatureLayout& layout = layouts_[first_frontier_value(modality) + value];
      if (layout.kind == FeatureKind::kPerRow) rows.push_back(layout.sample);
    }
    return rows;
  }
  const std::vector<std::size_t>& raw_inputs() const noexcept override { return gathered_inputs_; }

  at::Tensor fuse(std::span<const at::Tensor> features, std::span<const at::Tensor> raw_inputs) const override {
    const c10::InferenceMode inference_mode;
    const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
    const std::int64_t row_count = (features.empty() ? raw_inputs : features).front().size(0);
    torch::jit::Stack stack;
    auto feature = features.begin();
    for (const FeatureLayout& layout : layouts_) {
      if (layout.kind == FeatureKind::kSameForAll) {
        stack.emplace_back(layout.sample);
      } else {
        stack.emplace_back(in_memory_order(rows_in_place(*feature++, layout), layout.memory_order));
      }
    }
    auto gathered = raw_inputs.begin();
    for (const RawInput& raw : graphs_.raw_inputs) {
      if (raw.shape_only) {
        std::vector<std::int64_t> shape = one_row_[raw.input].sizes().vec();
        shape.front() = row_count;
        stack.emplace_back(one_row_[raw.input].expand(shape));
      } else {
        stack.emplace_back((gathered++)->to(device_));
      }
    }
    if (fusion_writes_) clone_all(stack);
    try {
      fusion_.run(stack);
    } catch (const std::exception& error) {
      throw ModelError("the fusion failed: " + one_line_reason(error));
    }
    return output_.read(stack.back(), row_count);
  }

  const PartSize& encoder_size(std::size_t modality) const override { return graphs_.encoder_sizes.at(modality); }
  const PartSize& fusion_size() const noexcept override { return graphs_.fusion_size; }

  const SplitGraphs& graphs() const noexcept { return graphs_; }
  /// Whether a modality's features, and answers, are known to follow row by row.
  bool is_row_by_row(std::size_t modality) const {
    for (std::size_t value = 0; value < graphs_.frontier.size(); ++value) {
      const FrontierValue& frontier = graphs_.frontier[value];
      const FeatureLayout& layout = layouts_[value];
      if (frontier.modality != modality || layout.kind == FeatureKind::kSameForAll) continue;
      BatchAxis place{static_cast<std::size_t>(layout.row_dimension)};
      (layout.pieces_together ? place.inner : place.outer) = layout.pieces;
      if (frontier.batch_axis != place) return false;
    }
    return std::ranges::all_of(
        graphs_.row_checks, [&](const RowCheck& check) { return check.modality != modality || check.is_row_by_row; });
  }
  std::size_t frontier_count(std::size_t modality) const { return frontier_counts_[modality]; }

  /// Finds out which dimension of each feature counts rows, from batches of two sizes; the top-level nodes of features
  /// that have none.
  std::unordered_set<std::size_t> learn_layouts(std::size_t modality, std::span<const at::Tensor> inputs) {
    const std::int64_t row_count = kFewestProbeRows;
    const std::int64_t fewer = row_count / 2;
    const Tensors all = run_encoder(modality, narrow_all(inputs, row_count));
    const Tensors some = run_encoder(modality, narrow_all(inputs, fewer));
    std::unordered_set<std::size_t> unsuitable;
    const std::size_t first = first_frontier_value(modality);
    for (std::size_t feature = 0; feature < frontier_counts_[modality]; ++feature) {
      const FrontierValue& value = graphs_.frontier[first + feature];
      const std::optional<FeatureLayout> layout = layout_of(all[feature], some[feature], row_count, fewer);
      // What is in the inputs and has no rows is about the whole batch, or about one row of it.
      if (!layout || (layout->kind == FeatureKind::kSameForAll && value.depends_on_data)) {
        unsuitable.insert(value.producer);
      } else {
        layouts_[first + feature] = *layout;
        layouts_[first + feature].memory_order = memory_order_of(all[feature]);
        layouts_[first + feature].sample =
            layout->kind == FeatureKind::kSameForAll ? all[feature] : rows_first(all[feature], *layout).narrow(0, 0, 1);
      }
    }
    return unsuitable;
  }

 private:
  /// In-place operations must not reach the caller's tensors.
  static void clone_all(torch::jit::Stack& stack) {
    for (c10::IValue& value : stack) value = value.toTensor().clone();
  }

  static std::optional<FeatureLayout> layout_of(const at::Tensor& all, const at::Tensor& some, std::int64_t row_count,
                                                std::int64_t fewer) {
    if (all.dim() != some.dim()) return std::nullopt;
    std::optional<FeatureLayout> layout;
    for (std::int64_t dimension = 0; dimension < all.dim(); ++dimension) {
      if (all.size(dimension) == some.size(dimension)) continue;
      const std::int64_t pieces = all.size(dimension) / row_count;
      if (layout || pieces == 0 || all.size(dimension) != pieces * row_count ||
          some.size(dimension) != pieces * fewer) {
        return std::nullopt;
      }
      layout = {.kind = FeatureKind::kPerRow, .row_dimension = dimension, .pieces = pieces};
    }
    if (!layout) {
      return nearly_equal(all, some) ? std::optional(FeatureLayout{.kind = FeatureKind::kSameForAll}) : std::nullopt;
    }
    if (layout->pieces == 1) return layout;
    // The first rows show which of the two it is, unless all of them look the same.
    const auto fits = [&](bool together) {
      layout->pieces_together = together;
      return nearly_equal(rows_first(all, *layout).narrow(0, 0, fewer), rows_first(some, *layout));
    };
    const bool fits_apart = fits(false);
    const bool fits_together = fits(true);
    if (fits_together == fits_apart) return std::nullopt;
    layout->pieces_together = fits_together;
    return layout;
  }

  std::size_t first_frontier_value(std::size_t modality) const {
    return std::accumulate(frontier_counts_.begin(), frontier_counts_.begin() + static_cast<std::ptrdiff_t>(modality),
                           std::size_t{0});
  }

  Tensors run_encoder(std::size_t modality, std::span<const at::Tensor> inputs) const {
    const c10::InferenceMode inference_mode;
    const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
    torch::jit::Stack stack;
    for (const at::Tensor& input : inputs) stack.emplace_back(input.to(device_));
    if (encoder_writes_[modality]) clone_all(stack);
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
  std::vector<bool> encoder_writes_;
  bool fusion_writes_ = false;
  std::vector<std::size_t> gathered_inputs_;
  /// One row of every input, which stands for those whose shape alone is read.
  Tensors one_row_;
  /// Of each frontier value.
  std::vector<FeatureLayout> layouts_;
  /// Frontier values of each modality.
  std::vector<std::size_t> frontier_counts_;
};

std::unique_ptr<TorchSplitModel> cut(const TorchSplitOptions& options, std::span<const at::Tensor> probe,
                                     const PreparedGraph& prepared) {
  std::unordered_set<std::size_t> kept_in_fusion = prepared.batch_reductions;
  // Each round moves at least one more node behind the frontier.
  for (;;) {
    auto split = std::make_unique<TorchSplitModel>(
        options, probe, split_graph(prepared, options.inputs, options.modality_count, kept_in_fusion));
    std::unordered_set<std::size_t> unsuitable;
    for (std::size_t modality = 0; modality < options.modality_count; ++modality) {
      if (split->frontier_count(modality) > 0) {
        unsuitable.merge(split->learn_layouts(modality, inputs_of(options.inputs, probe, modality)));
      }
    }
    if (unsuitable.empty()) return split;
    kept_in_fusion.merge(unsuitable);
  }
}

std::string reason_without_features(const SplitGraphs& graphs) {
  if (graphs.meeting.empty()) return "its answer depends on no modality";
  if (graphs.meets_whole_batch) return "its first operation answers for the whole batch: " + graphs.meeting;
  return "its modalities meet before any operation, in " + graphs.meeting;
}

}  // namespace

SplitResult make_torch_split_model(const TorchSplitOptions& options, std::span<const at::Tensor> probe_rows) {
  bool specialises_predicates = false;
  try {
    // Few rows are as good a proof as many, and the proof is paid for at every start.
    constexpr std::int64_t kMostRows = 16;
    const Tensors data = enough_rows(probe_rows);
    const Tensors probe = spread_rows(data, kMostRows);
    Tensors placed;
    for (const at::Tensor& input : probe) placed.push_back(input.to(options.device));
    const PreparedGraph prepared =
        prepare_graph(options.forward, options.inputs, options.output.selector(), options.questions, placed);
    specialises_predicates = !prepared.specialised_predicates.empty();
    std::unique_ptr<TorchSplitModel> split = cut(options, placed, prepared);
    std::size_t feature_count = 0;
    for (std::size_t modality = 0; modality < options.modality_count; ++modality) {
      feature_count += split->feature_count(modality);
    }
    if (feature_count == 0) {
      return {.model = nullptr,
              .reason = reason_without_features(split->graphs()),
              .specialises_predicates = specialises_predicates};
    }
    for (const RowCheck& check : split->graphs().row_checks) {
      if (split->feature_count(check.modality) == 0) throw ModelError("rows that are not encoded cannot be checked");
    }
    std::vector<bool> is_known;
    for (std::size_t modality = 0; modality < options.modality_count; ++modality) {
      is_known.push_back(split->is_row_by_row(modality));
    }
    const bool is_row_by_row = split->graphs().is_row_by_row && std::ranges::all_of(is_known, std::identity{});
    const auto prove = [options, probe, data, is_known, is_row_by_row, attributes = prepared.attributes,
                        &proven = *split] {
      try {
        const std::vector<std::int64_t> counts = write_counts(attributes);
        const RowEncoder encode = [&](std::size_t modality, std::span<const at::Tensor> inputs) {
          return proven.encode_with_answers(modality, inputs);
        };
        // The evaluator compares calls of its own with the whole model's anyway.
        if (!is_row_by_row) prove_split(options, proven, encode, is_known, probe, data);
        if (write_counts(attributes) != counts) throw ModelError("forward() writes to an attribute of the module");
      } catch (const std::exception& error) {
        throw ModelError(one_line_reason(error));
      }
    };
    const std::string meeting = split->graphs().meeting;
    return {.model = std::move(split),
            .reason = {},
            .meeting = meeting,
            .specialises_predicates = specialises_predicates,
            .is_row_by_row = is_row_by_row,
            .prove = prove};
  } catch (const std::exception& error) {
    return {.model = nullptr, .reason = one_line_reason(error), .specialises_predicates = specialises_predicates};
  }
}

}  // namespace modattr
