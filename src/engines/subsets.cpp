#include "modattr/engines/subsets.h"

#include <numeric>
#include <utility>

namespace modattr {

std::vector<std::uint32_t> all_examples(std::size_t example_count) {
  std::vector<std::uint32_t> examples(example_count);
  std::iota(examples.begin(), examples.end(), 0u);
  return examples;
}

std::vector<Subset> subsets_of(const Problem& problem, const std::optional<std::string>& column) {
  std::vector<Subset> subsets{{std::nullopt, all_examples(problem.example_count())}};
  for (const Stratum& group : problem.groups()) subsets.push_back({group.name, group.examples});
  if (!column) return subsets;
  for (Stratum& stratum : problem.strata(*column)) {
    subsets.push_back({*column + " " + stratum.name, std::move(stratum.examples)});
  }
  return subsets;
}

}  // namespace modattr
