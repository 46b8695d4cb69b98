#pragma once

#include <string>

#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

#include "modattr/graph/output_selector.h"

namespace modattr {

/// A TorchScript model as those need it who analyse its graph. forward() is inlined and only ever read: who changes a
/// graph changes a copy (see graph_cleanup.h).
struct TorchScriptProgram {
  /// For messages.
  std::string path;
  /// Loaded by module_loader.h.
  torch::jit::Module module;
  OutputSelector output;
  /// Where the module's tensors are, and its inputs must be.
  at::Device device;
};

}  // namespace modattr
