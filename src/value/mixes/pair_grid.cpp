#include "modattr/value/mixes/pair_grid.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace modattr {
namespace {

void combine(CombinationNumbers& numbers, const DistinctRows& rows, const Stratum& stratum) {
  numbers.combine(rows.example_of.size(), [&](std::size_t entry) { return rows.row_of[stratum.examples[entry]]; });
}

/// Groups the examples of a stratum by part; `part_of`: compact, [examples of the stratum].
Parts group_examples(const Stratum& stratum, std::span<const std::uint64_t> part_of) {
  Parts parts;
  parts.starts.assign(*std::ranges::max_element(part_of) + 2, 0);
  for (const std::uint64_t part : part_of) ++parts.starts[part + 1];
  std::partial_sum(parts.starts.begin(), parts.starts.end(), parts.starts.begin());
  std::vector<std::size_t> next = parts.starts;
  parts.grouped.resize(part_of.size());
  for (std::size_t entry = 0; entry < part_of.size(); ++entry) {
    parts.grouped[next[part_of[entry]]++] = stratum.examples[entry];
  }
  return parts;
}

}  // namespace

PairGrid::PairGrid(const ModalityRows& rows, const Coalition& own, std::span<const Stratum> strata,
                   std::size_t example_count)
    : positions_(example_count) {
  for (const Stratum& stratum : strata) {
    if (stratum.examples.size() < 2) continue;
    CombinationNumbers own_numbers(stratum.examples.size());
    CombinationNumbers donor_numbers(stratum.examples.size());
    if (rows.kept_columns() != nullptr) combine(own_numbers, *rows.kept_columns(), stratum);
    for (std::size_t modality = 0; modality < own.player_count(); ++modality) {
      combine(own.contains(modality) ? own_numbers : donor_numbers, rows.modality(modality), stratum);
    }
    own_numbers.compact();
    donor_numbers.compact();
    add_block(stratum, own_numbers, donor_numbers);
  }
}

PairGrid::PairGrid(std::span<const Stratum> strata, std::size_t example_count) : positions_(example_count) {
  for (const Stratum& stratum : strata) {
    if (stratum.examples.size() < 2) continue;
    CombinationNumbers numbers(stratum.examples.size());
    numbers.combine(stratum.examples.size(), [](std::size_t entry) { return entry; });
    add_block(stratum, numbers, numbers);
  }
}

void PairGrid::add_block(const Stratum& stratum, const CombinationNumbers& own, const CombinationNumbers& donor) {
  Block block{.first_place = place_count_,
              .example_count = stratum.examples.size(),
              .own = group_examples(stratum, own.numbers()),
              .donor = group_examples(stratum, donor.numbers())};
  for (std::size_t entry = 0; entry < stratum.examples.size(); ++entry) {
    positions_[stratum.examples[entry]] = {blocks_.size(), static_cast<std::size_t>(own.numbers()[entry]),
                                           static_cast<std::size_t>(donor.numbers()[entry])};
  }
  place_count_ += block.place_count();
  blocks_.push_back(std::move(block));
}

PairGrid::Pair PairGrid::pair(std::size_t place) const {
  const auto after = std::ranges::upper_bound(blocks_, place, {}, &Block::first_place);
  const Block& block = *(after - 1);
  const std::size_t inside = place - block.first_place;
  return {block.own.examples(inside / block.donor.size()).front(),
          block.donor.examples(inside % block.donor.size()).front()};
}

}  // namespace modattr
