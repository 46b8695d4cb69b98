#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/ir.h>

#include "torchscript_program.h"

namespace modattr {

/// A tensor that a model is given.
struct GraphInput {
  /// Of an argument of forward(), or a key where that takes one dictionary.
  std::string name;
  at::ScalarType type;
};

struct CleanGraph {
  std::shared_ptr<torch::jit::Graph> graph;
  /// Tensors among its constants that freezing had left in the module; empty as a rule (see module_attributes.h).
  std::vector<at::Tensor> attributes;
};

/// A copy of forward() as a function of tensors alone, which analyses can follow: one tensor input per entry of
/// `inputs`, in their order (other arguments keep their defaults), one output, no calls, no `self`, and in-place
/// operations only where they cannot be made functional. Gives the same results as forward() in inference mode. Throws
/// ModelError with the reason where a model cannot be written like that.
CleanGraph clean_graph(const TorchScriptProgram& program, std::span<const GraphInput> inputs);

}  // namespace modattr
