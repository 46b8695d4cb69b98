#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "modattr/core/progress.h"

namespace modattr {

struct ExampleBatches {
  /// Name of the phase that the progress hears of.
  std::string_view phase;
  std::size_t example_count = 0;
  /// Most model evaluations of an example.
  std::function<std::size_t(std::uint32_t example)> budget;
};

/// Calls solve(first, count) for consecutive examples, in batches of about 2^18 model evaluations, so that model calls
/// are full and memory does not grow with the examples.
void solve_in_batches(const ExampleBatches& batches, Progress& progress,
                      const std::function<void(std::uint32_t first, std::size_t count)>& solve);

}  // namespace modattr
