#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/function_schema.h>
#include <torch/csrc/jit/ir/ir.h>

#include "modattr/model/torchscript_model.h"

namespace modattr {

/// A copy of a frozen forward() that can be analysed: inlined, without `self`, with one tensor input per name in the
/// order of the names (arguments without a name keep their default), without what only other outputs than the chosen
/// one need, mutations made functional where they can be, and shapes settled on `probe`, rows of the data where the
/// model runs. Throws ModelError with the reason when something in it stands against a cut.
std::shared_ptr<torch::jit::Graph> prepare_graph(const torch::jit::Graph& forward, const c10::FunctionSchema& schema,
                                                 const std::vector<std::string>& input_names,
                                                 const OutputSelector& output, std::span<const at::Tensor> probe);

}  // namespace modattr
