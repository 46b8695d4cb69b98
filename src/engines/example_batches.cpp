#include "modattr/engines/example_batches.h"

namespace modattr {

void solve_in_batches(const ExampleBatches& batches, Progress& progress,
                      const std::function<void(std::uint32_t first, std::size_t count)>& solve) {
  constexpr std::size_t kEvaluationsAtOnce = std::size_t{1} << 18;
  std::size_t evaluation_count = 0;
  for (std::uint32_t example = 0; example < batches.example_count; ++example) {
    evaluation_count += batches.budget(example);
  }
  progress.begin(batches.phase, evaluation_count);
  std::size_t first = 0;
  while (first < batches.example_count) {
    std::size_t end = first;
    for (std::size_t asked = 0; end < batches.example_count && asked < kEvaluationsAtOnce; ++end) {
      asked += batches.budget(static_cast<std::uint32_t>(end));
    }
    solve(static_cast<std::uint32_t>(first), end - first);
    first = end;
  }
  progress.finish();
}

}  // namespace modattr
