#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <torch/csrc/jit/api/module.h>

#include "modattr/split/split_model.h"
#include "model/output_reader.h"

namespace modattr {

struct TorchSplitOptions {
  /// For messages.
  std::string path;
  torch::jit::Method forward;
  std::vector<ModelInput> inputs;
  std::size_t modality_count = 0;
  BatchPredicates questions = BatchPredicates::kAnswered;
  OutputReader output;
  /// The whole model on one tensor of rows per input.
  std::function<at::Tensor(std::span<const at::Tensor>)> whole;
  at::Device device;
};

/// Cuts a TorchScript model. The proof, on `probe` (one tensor of at least one row per input), is that the cut answers
/// like the whole for mixed rows, permuted rows, another batch size, and rows whose neighbours hold anything.
SplitResult make_torch_split_model(const TorchSplitOptions& options, std::span<const at::Tensor> probe);

}  // namespace modattr
