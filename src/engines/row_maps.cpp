#include "modattr/engines/row_maps.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace modattr {
namespace {

RowMap identity(std::size_t example_count) {
  RowMap donors(example_count);
  std::iota(donors.begin(), donors.end(), 0u);
  return donors;
}

}  // namespace

RowMap random_permutation(std::span<const Stratum> strata, std::size_t example_count, const Rng& rng,
                          std::uint32_t draw) {
  RowMap donors = identity(example_count);
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

RowMap circular_shift(std::span<const Stratum> strata, std::size_t example_count, std::size_t shift) {
  RowMap donors = identity(example_count);
  for (const Stratum& stratum : strata) {
    const std::size_t size = stratum.examples.size();
    if (size <= shift) continue;
    for (std::size_t place = 0; place < size; ++place) {
      donors[stratum.examples[place]] = stratum.examples[(place + shift) % size];
    }
  }
  return donors;
}

std::size_t largest_stratum_size(std::span<const Stratum> strata) {
  std::size_t largest = 0;
  for (const Stratum& stratum : strata) largest = std::max(largest, stratum.examples.size());
  return largest;
}

}  // namespace modattr
