#pragma once

#include <cstddef>
#include <span>
#include <unordered_set>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include "encoding_layout.h"
#include "graph/torchscript_program.h"
#include "graph_split.h"
#include "modattr/split/split_model.h"
#include "model/output_reader.h"

namespace modattr {

/// Runs the parts of a split TorchScript model.
class TorchSplitModel final : public SplitModel {
 public:
  /// `probe`: one tensor of at least one row per input.
  TorchSplitModel(const TorchScriptProgram& program, std::span<const at::Tensor> probe, SplitGraphs graphs);

  std::vector<at::Tensor> encode(std::size_t modality, std::span<const at::Tensor> inputs) const override;
  std::size_t encoding_count(std::size_t modality) const override;
  std::vector<at::Tensor> encoding_row(std::size_t modality) const override;
  const std::vector<std::size_t>& raw_inputs() const noexcept override { return gathered_inputs_; }
  at::Tensor fuse(std::span<const at::Tensor> encodings, std::span<const at::Tensor> raw_inputs) const override;
  const PartSize& encoder_size(std::size_t modality) const override { return graphs_.encoder_sizes.at(modality); }
  const PartSize& fusion_size() const noexcept override { return graphs_.fusion_size; }

  /// Learns from the first kFewestProbeRows rows of a modality's inputs where its frontier values have rows, without
  /// which nothing else can be called. Returns the nodes, as indices in the graph's order, of those that cannot cross
  /// because they have none.
  std::unordered_set<std::size_t> learn_layouts(std::size_t modality, std::span<const at::Tensor> inputs);

  /// The encodings, then the flags of the modality's row checks, unchecked. Throws ModelError.
  std::vector<at::Tensor> encode_with_flags(std::size_t modality, std::span<const at::Tensor> inputs) const;
  /// Whether each row of a modality's encodings and flags is known to follow from the same row of its inputs.
  bool is_row_by_row(std::size_t modality) const;
  /// Values that cross from a modality's encoder, encodings and others.
  std::size_t frontier_count(std::size_t modality) const { return frontier_counts_[modality]; }
  const SplitGraphs& graphs() const noexcept { return graphs_; }
  at::Device device() const noexcept { return device_; }

 private:
  std::span<const EncodingLayout> layouts_of(std::size_t modality) const;
  std::size_t first_frontier_value(std::size_t modality) const;
  std::vector<at::Tensor> run_encoder(std::size_t modality, std::span<const at::Tensor> inputs) const;

  OutputReader output_;
  at::Device device_;
  SplitGraphs graphs_;
  mutable std::vector<torch::jit::GraphExecutor> encoders_;
  mutable torch::jit::GraphExecutor fusion_;
  std::vector<bool> encoder_writes_;
  bool fusion_writes_ = false;
  /// The raw inputs of which more than the shape is read.
  std::vector<std::size_t> gathered_inputs_;
  /// One row of every input, which stands for those whose shape alone is read.
  std::vector<at::Tensor> one_row_;
  /// Of each frontier value.
  std::vector<EncodingLayout> layouts_;
  /// Frontier values of each modality.
  std::vector<std::size_t> frontier_counts_;
};

}  // namespace modattr
