#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

#include "graph/torchscript_program.h"

namespace modattr {

/// forward() made ready to be run operation by operation: without calls, with in-place operations only where they
/// cannot be made functional, and as for training as far as that tells apart operations with a derivative from fused
/// ones without.
struct InnerGraph {
  std::shared_ptr<torch::jit::Graph> graph;
  /// Its first argument.
  c10::IValue module;
  /// Values that an in-place operation may write to: the sides cannot share them.
  std::unordered_set<const torch::jit::Value*> written;
  /// By top-level node: values that nobody needs behind it.
  std::unordered_map<const torch::jit::Node*, std::vector<const torch::jit::Value*>> last_uses;
  /// Names of the arguments behind the module, and their defaults; empty where forward() takes a dictionary.
  std::vector<std::string> arguments;
  std::vector<c10::IValue> defaults;
  bool takes_dictionary = false;
  /// Whether numbers, flags or sizes outside of tensors follow from the data, as in `if x.sum() > 0`: they are those of
  /// a whole batch, so that a row has its own only where it is run alone.
  bool reads_data = false;
};

/// Throws ModelError naming what in the model cannot be followed: quantised operations.
InnerGraph make_inner_graph(const TorchScriptProgram& program);

}  // namespace modattr
