#include "torch_split_model.h"

#include <algorithm>
#include <exception>
#include <numeric>
#include <optional>
#include <utility>

#include <ATen/Functions.h>
#include <c10/core/InferenceMode.h>

#include "graph/block_order.h"
#include "graph/written_inputs.h"
#include "modattr/core/error.h"
#include "modattr/graph/device.h"
#include "modattr/graph/torch_errors.h"
#include "probe_rows.h"

namespace modattr {
namespace {

using Tensors = std::vector<at::Tensor>;

/// In-place operations must not reach the caller's tensors.
void clone_all(torch::jit::Stack& stack) {
  for (c10::IValue& value : stack) value = value.toTensor().clone();
}

}  // namespace

TorchSplitModel::TorchSplitModel(const TorchScriptProgram& program, std::span<const at::Tensor> probe,
                                 SplitGraphs graphs)
    : output_(program.path, program.output), device_(program.device), graphs_(std::move(graphs)) {
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
  frontier_counts_.resize(graphs_.encoders.size(), 0);
  for (const FrontierValue& value : graphs_.frontier) ++frontier_counts_[value.modality];
  for (const at::Tensor& input : probe) one_row_.push_back(to_device(input.narrow(0, 0, 1), device_));
}

Tensors TorchSplitModel::encode(std::size_t modality, std::span<const at::Tensor> inputs) const {
  Tensors encodings;
  try {
    encodings = encode_with_flags(modality, inputs);
  } catch (const ModelError& error) {
    // These rows may not take a branch that others take always. If they do, the whole model fails in its own words.
    throw SplitAssumptionError(error.what());
  }
  auto flags = encodings.begin() + static_cast<std::ptrdiff_t>(encoding_count(modality));
  for (const RowCheck& check : graphs_.row_checks) {
    if (check.modality != modality) continue;
    const bool agree = (check.predicate.value ? flags->all() : flags->logical_not().all()).item<bool>();
    if (!agree) {
      throw SplitAssumptionError("a row violates an assumption made when the model was split: that " +
                                 check.predicate.operation + " is " + (check.predicate.value ? "true" : "false"));
    }
    ++flags;
  }
  encodings.resize(encoding_count(modality));
  return encodings;
}

Tensors TorchSplitModel::encode_with_flags(std::size_t modality, std::span<const at::Tensor> inputs) const {
  const Tensors values = run_encoder(modality, inputs);
  const std::span<const EncodingLayout> layouts = layouts_of(modality);
  Tensors result;
  for (std::size_t value = 0; value < layouts.size(); ++value) {
    if (layouts[value].kind == EncodingKind::kPerRow) result.push_back(rows_first(values[value], layouts[value]));
  }
  result.insert(result.end(), values.begin() + static_cast<std::ptrdiff_t>(layouts.size()), values.end());
  for (const at::Tensor& tensor : result) {
    // A selection of rows, which its layout did not show.
    if (tensor.size(0) != inputs.front().size(0)) {
      throw ModelError("an encoder gives another number of rows than it is given");
    }
  }
  return result;
}

std::size_t TorchSplitModel::encoding_count(std::size_t modality) const {
  return static_cast<std::size_t>(
      std::ranges::count(layouts_of(modality), EncodingKind::kPerRow, &EncodingLayout::kind));
}

Tensors TorchSplitModel::encoding_row(std::size_t modality) const {
  Tensors rows;
  for (const EncodingLayout& layout : layouts_of(modality)) {
    if (layout.kind == EncodingKind::kPerRow) rows.push_back(layout.sample);
  }
  return rows;
}

at::Tensor TorchSplitModel::fuse(std::span<const at::Tensor> encodings, std::span<const at::Tensor> raw_inputs) const {
  const c10::InferenceMode inference_mode;
  const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
  const std::int64_t row_count = (encodings.empty() ? raw_inputs : encodings).front().size(0);
  torch::jit::Stack stack;
  auto encoding = encodings.begin();
  for (const EncodingLayout& layout : layouts_) {
    const bool is_kept = layout.kind == EncodingKind::kSameForAll;
    stack.emplace_back(is_kept ? layout.sample : as_encoder_gave(*encoding++, layout));
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

bool TorchSplitModel::is_row_by_row(std::size_t modality) const {
  for (std::size_t value = 0; value < graphs_.frontier.size(); ++value) {
    const FrontierValue& frontier = graphs_.frontier[value];
    const EncodingLayout& layout = layouts_[value];
    if (frontier.modality != modality || layout.kind == EncodingKind::kSameForAll) continue;
    if (frontier.batch_axis != layout.axis) return false;
  }
  return std::ranges::all_of(graphs_.row_checks,
                             [&](const RowCheck& check) { return check.modality != modality || check.is_row_by_row; });
}

std::unordered_set<std::size_t> TorchSplitModel::learn_layouts(std::size_t modality,
                                                               std::span<const at::Tensor> inputs) {
  const Tensors all = run_encoder(modality, rows_from(inputs, 0, kFewestProbeRows));
  const Tensors some = run_encoder(modality, rows_from(inputs, 0, kFewestProbeRows / 2));
  std::unordered_set<std::size_t> unsuitable;
  const std::size_t first = first_frontier_value(modality);
  for (std::size_t place = 0; place < frontier_counts_[modality]; ++place) {
    const FrontierValue& value = graphs_.frontier[first + place];
    std::optional<EncodingLayout> layout = learn_layout(all[place], some[place]);
    // What depends on the data and has no rows is about the whole batch, or about one row of it.
    if (!layout || (layout->kind == EncodingKind::kSameForAll && value.depends_on_data)) {
      unsuitable.insert(value.producer);
    } else {
      layouts_[first + place] = *std::move(layout);
    }
  }
  return unsuitable;
}

std::span<const EncodingLayout> TorchSplitModel::layouts_of(std::size_t modality) const {
  return std::span(layouts_).subspan(first_frontier_value(modality), frontier_counts_[modality]);
}

std::size_t TorchSplitModel::first_frontier_value(std::size_t modality) const {
  return std::accumulate(frontier_counts_.begin(), frontier_counts_.begin() + static_cast<std::ptrdiff_t>(modality),
                         std::size_t{0});
}

Tensors TorchSplitModel::run_encoder(std::size_t modality, std::span<const at::Tensor> inputs) const {
  const c10::InferenceMode inference_mode;
  const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
  torch::jit::Stack stack;
  for (const at::Tensor& input : inputs) stack.emplace_back(to_device(input, device_));
  if (encoder_writes_[modality]) clone_all(stack);
  try {
    encoders_[modality].run(stack);
  } catch (const std::exception& error) {
    throw ModelError("the encoder failed: " + one_line_reason(error));
  }
  Tensors values;
  for (const c10::IValue& value : stack.back().toTupleRef().elements()) {
    if (!value.isTensor() || !value.toTensor().defined()) {
      throw ModelError("an encoder gives something other than tensors");
    }
    values.push_back(value.toTensor());
  }
  return values;
}

}  // namespace modattr
