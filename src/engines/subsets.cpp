#include "modattr/engines/subsets.h"

#include <numeric>

namespace modattr {

std::vector<std::uint32_t> all_examples(std::size_t example_count) {
  std::vector<std::uint32_t> examples(example_count);
  std::iota(examples.begin(), examples.end(), 0u);
  return examples;
}

std::vector<Subset> subsets_of(const Problem& problem) {
  std::vector<Subset> subsets{{std::nullopt, all_examples(problem.example_count())}};
  for (const Stratum& group : problem.groups()) subsets.push_back({group.name, group.examples});
  return subsets;
}

}  // namespace modattr
