#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <torch/csrc/jit/ir/ir.h>

#include "graph/graph_trial.h"

namespace modattr {

/// The batch axis of a tensor: `dimension` has outer x rows x inner entries, of which those of a row follow from the
/// same row of the graph's inputs alone. Frames that are put through an encoder as rows are inner entries.
struct BatchAxis {
  std::size_t dimension = 0;
  std::int64_t outer = 1;
  std::int64_t inner = 1;

  friend bool operator==(const BatchAxis&, const BatchAxis&) = default;
};

/// What is known of the batch axes of a graph's top-level values.
class BatchAxisFacts {
 public:
  /// `trial`: knows the shapes of all top-level tensors that something reads. `untracked`: values that nothing is ever
  /// recorded of, as in-place operations may change them.
  BatchAxisFacts(const GraphTrial& trial, std::unordered_set<const torch::jit::Value*> untracked)
      : trial_(trial), untracked_(std::move(untracked)) {}

  /// Of a tensor, or of each element of a list; nullopt when it is not known.
  std::optional<BatchAxis> axis_of(const torch::jit::Value& value) const;
  /// Whether it is the same for all batches.
  bool is_constant(const torch::jit::Value& value) const;
  /// Whether it is a list whose elements all have the same batch axis.
  bool is_list(const torch::jit::Value& value) const { return lists_.contains(&value); }
  /// The elements that a list is made with; empty when they are not known, or the list may have been changed.
  at::ArrayRef<const torch::jit::Value*> elements_of(const torch::jit::Value& list) const;
  /// A tensor's shape at both numbers of rows of the trial.
  std::optional<GraphTrial::Shapes> shapes(const torch::jit::Value& value) const;
  std::optional<std::size_t> rank(const torch::jit::Value& value) const;
  /// Whether the tensor's shape has that axis, and follows the number of rows nowhere else.
  bool fits(const torch::jit::Value& value, const BatchAxis& axis) const;

  /// Nothing is recorded where the shape does not fit.
  void add_axis(const torch::jit::Value& value, const BatchAxis& axis);
  void add_list(const torch::jit::Value& value, const BatchAxis& axis);
  void add_constant(const torch::jit::Value& value) { constants_.insert(&value); }
  const std::unordered_map<const torch::jit::Value*, BatchAxis>& tensors() const noexcept { return tensors_; }

 private:
  const GraphTrial& trial_;
  std::unordered_set<const torch::jit::Value*> untracked_;
  std::unordered_map<const torch::jit::Value*, BatchAxis> tensors_;
  std::unordered_map<const torch::jit::Value*, BatchAxis> lists_;
  std::unordered_set<const torch::jit::Value*> constants_;
};

}  // namespace modattr
