#include "modattr/value/pair_grid.h"

#include <algorithm>
#include <numeric>

#include "modattr/value/row_numbers.h"

namespace modattr {
namespace {

enum class Side { kOwn, kDonor };

/// Part of every example of the stratum, [examples of the stratum].
std::vector<std::size_t> find_parts(const ModalityRows& rows, const Coalition& own, Side side, const Stratum& stratum,
                                    Parts& parts) {
  RowNumbers numbers(stratum.examples.size());
  const auto combine = [&](const DistinctRows& distinct) {
    numbers.combine(distinct.example_of.size(),
                    [&](std::size_t entry) { return distinct.row_of[stratum.examples[entry]]; });
  };
  if (side == Side::kOwn && rows.kept_columns() != nullptr) combine(*rows.kept_columns());
  for (std::size_t modality = 0; modality < own.player_count(); ++modality) {
    if (own.contains(modality) == (side == Side::kOwn)) combine(rows.modality(modality));
  }
  parts.starts.assign(numbers.compact() + 1, 0);
  std::vector<std::size_t> part_of;
  for (const std::uint64_t number : numbers.numbers()) {
    part_of.push_back(static_cast<std::size_t>(number));
    ++parts.starts[part_of.back() + 1];
  }
  std::partial_sum(parts.starts.begin(), parts.starts.end(), parts.starts.begin());
  std::vector<std::size_t> next = parts.starts;
  parts.grouped.resize(stratum.examples.size());
  for (std::size_t entry = 0; entry < part_of.size(); ++entry) {
    parts.grouped[next[part_of[entry]]++] = stratum.examples[entry];
  }
  return part_of;
}

}  // namespace

PairGrid::PairGrid(const ModalityRows& rows, const Coalition& own, std::span<const Stratum> strata,
                   std::size_t example_count)
    : positions_(example_count) {
  for (const Stratum& stratum : strata) {
    if (stratum.examples.size() < 2) continue;
    Block block{.first_place = place_count_, .example_count = stratum.examples.size(), .own = {}, .donor = {}};
    const std::vector<std::size_t> own_parts = find_parts(rows, own, Side::kOwn, stratum, block.own);
    const std::vector<std::size_t> donor_parts = find_parts(rows, own, Side::kDonor, stratum, block.donor);
    for (std::size_t entry = 0; entry < stratum.examples.size(); ++entry) {
      positions_[stratum.examples[entry]] = {blocks_.size(), own_parts[entry], donor_parts[entry]};
    }
    place_count_ += block.place_count();
    blocks_.push_back(std::move(block));
  }
}

PairGrid::Pair PairGrid::pair(std::size_t place) const {
  const auto after = std::ranges::upper_bound(blocks_, place, {}, &Block::first_place);
  const Block& block = *(after - 1);
  const std::size_t inside = place - block.first_place;
  return {block.own.examples(inside / block.donor.size()).front(),
          block.donor.examples(inside % block.donor.size()).front()};
}

}  // namespace modattr
