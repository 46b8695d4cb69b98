#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <torch/csrc/jit/ir/ir.h>

namespace modattr {

/// Runs a graph on the first rows of a probe, at two numbers of rows, which shows what depends on the number of rows.
class GraphTrial {
 public:
  /// The proof of a split takes the same numbers, as kernels are made anew for every number of rows.
  static constexpr std::array<std::int64_t, 2> kRowCounts = {4, 8};
  /// A tensor's shape at each number of rows.
  using Shapes = std::array<std::vector<std::int64_t>, kRowCounts.size()>;

  /// `probe`: one tensor of at least eight rows per input of the graph.
  explicit GraphTrial(std::span<const at::Tensor> probe);

  /// The inputs at each number of rows.
  const std::vector<std::vector<at::Tensor>>& batches() const noexcept { return batches_; }

  /// What top-level values of the graph hold in the end, at each number of rows; and learns the shapes of all its
  /// top-level tensors that something reads, as they are when they are made. Throws what the graph throws.
  std::vector<std::vector<torch::jit::IValue>> run(const torch::jit::Graph& graph,
                                                   const std::vector<const torch::jit::Value*>& values);

  /// nullptr when no run has computed the value. The graph may change between runs.
  const Shapes* shapes(const torch::jit::Value& tensor) const;

 private:
  std::vector<std::vector<at::Tensor>> batches_;
  /// By the number that a value has in its graph for good.
  std::unordered_map<std::size_t, Shapes> shapes_;
};

}  // namespace modattr
