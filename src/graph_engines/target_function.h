#pragma once

#include <cstdint>
#include <span>

#include "graph_engines/rules/dual_tensor.h"
#include "modattr/stats/target.h"

namespace modattr {

/// The explained value as operations on the model's output, so that it is followed as the model is.
class TargetFunction {
 public:
  /// Throws ConfigError for a value that has no slope (correct), and, where removed data is `draw_count` > 1 rows, for
  /// one that is no mean over them (margin, logarithms, losses).
  TargetFunction(const Target& target, std::size_t draw_count);

  /// Values of rows, [rows], float64. `output`: float64[rows, outputs] on both sides; `examples` [rows].
  DualTensor operator()(const DualTensor& output, std::span<const std::uint32_t> examples) const;

 private:
  DualTensor classes(const DualTensor& output, std::span<const std::uint32_t> examples) const;
  DualTensor label_sets(const DualTensor& output, std::span<const std::uint32_t> examples) const;

  const Target& target_;
};

}  // namespace modattr
