#include "modattr/engines/permutation/row_maps.h"

#include <numeric>
#include <utility>

namespace modattr {

RowMap random_permutation(std::span<const Stratum> strata, std::size_t example_count, const Rng& rng,
                          std::uint32_t draw) {
  RowMap donors(example_count);
  std::iota(donors.begin(), donors.end(), 0u);
  for (std::size_t stratum = 0; stratum < strata.size(); ++stratum) {
    const std::vector<std::uint32_t>& members = strata[stratum].examples;
    std::vector<std::uint32_t> shuffled = members;
    RandomStream stream = rng.stream(RandomPurpose::kPermutation, static_cast<std::uint32_t>(stratum), draw);
    for (auto remaining = static_cast<std::uint32_t>(shuffled.size()); remaining > 1; --remaining) {
      std::swap(shuffled[remaining - 1], shuffled[stream.below(remaining)]);
    }
    for (std::size_t place = 0; place < members.size(); ++place) donors[members[place]] = shuffled[place];
  }
  return donors;
}

RowMap inverse(const RowMap& permutation) {
  RowMap result(permutation.size());
  for (std::uint32_t row = 0; row < permutation.size(); ++row) result[permutation[row]] = row;
  return result;
}

}  // namespace modattr
