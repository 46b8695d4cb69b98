#pragma once

#include <functional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/split/split_model.h"
#include "torch_split_model.h"

namespace modattr {

/// Rows that a proof runs on, one tensor per input of the model.
struct ProofRows {
  /// A multiple of kFewestProbeRows of them.
  std::vector<at::Tensor> probe;
  /// More rows, whose range is tried.
  std::vector<at::Tensor> data;
};

/// The whole model on one tensor of rows per input.
using WholeModel = std::function<at::Tensor(std::span<const at::Tensor> inputs)>;

/// Throws ModelError with the reason when encodings, or the output made of them, differ from the whole model's by more
/// than rounding: for mixed rows, permuted rows, another batch size, and, of encoders that are not known to be
/// batch-independent (see batch_axis_flow.h), with all kinds of rows beside them.
void prove_split(const TorchSplitModel& split, const WholeModel& whole, std::span<const ModelInput> inputs,
                 const ProofRows& rows);

}  // namespace modattr
