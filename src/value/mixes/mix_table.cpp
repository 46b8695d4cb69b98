#include "modattr/value/mixes/mix_table.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace modattr {
namespace {

/// 16 MiB of table.
constexpr std::uint64_t kMostTableEntries = std::uint64_t{1} << 22;
constexpr std::uint64_t kMostOutputBytes = std::uint64_t{1} << 28;

/// Number of different combinations; the largest number when there are more.
std::uint64_t saturated_product(std::uint64_t a, std::uint64_t b) {
  return a > std::numeric_limits<std::uint64_t>::max() / b ? std::numeric_limits<std::uint64_t>::max() : a * b;
}

}  // namespace

MixPlan MixPlan::one_by_one(PlaceRange range) {
  MixPlan plan;
  plan.group_starts.resize(range.count + 1);
  std::iota(plan.group_starts.begin(), plan.group_starts.end(), std::size_t{0});
  plan.places.resize(range.count);
  std::iota(plan.places.begin(), plan.places.end(), range.first);
  return plan;
}

MixTable::MixTable(RowNumbers rows, std::size_t modality_count, std::size_t output_width)
    : rows_(std::move(rows)), modality_count_(modality_count), output_width_(output_width) {
  std::uint64_t possible = rows_.kept_columns() != nullptr ? rows_.kept_columns()->example_of.size() : 1;
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    possible = saturated_product(possible, rows_.row_count(modality));
  }
  const std::uint64_t output_bytes = saturated_product(possible, output_width * sizeof(double));
  if (possible <= kMostTableEntries && output_bytes <= kMostOutputBytes) output_of_mix_.resize(possible, 0);
}

void MixTable::forget() {
  std::ranges::fill(output_of_mix_, 0U);
  outputs_.clear();
  output_count_ = 0;
}

CombinationNumbers MixTable::number_mixes(const MixList& list, PlaceRange range) const {
  struct Place {
    const Mix* mix;
    std::size_t entry;
  };
  std::vector<Place> places(range.count);
  for (std::size_t entry = 0; entry < range.count; ++entry) {
    const std::size_t place = range.first + entry;
    places[entry] = {&list.mixes[place / list.examples.size()], place % list.examples.size()};
  }
  CombinationNumbers numbers(range.count);
  if (const DistinctRows* kept = rows_.kept_columns()) {
    numbers.combine(kept->example_of.size(),
                    [&](std::size_t entry) { return kept->row_of[list.examples[places[entry].entry]]; });
  }
  for (std::size_t modality = 0; modality < modality_count_; ++modality) {
    numbers.combine(rows_.row_count(modality), [&](std::size_t index) {
      const auto [mix, entry] = places[index];
      return rows_.row_number(
          modality, mix->present.contains(modality) ? list.examples[entry] : mix->absent_row(modality, entry));
    });
  }
  return numbers;
}

MixPlan MixTable::plan(const MixList& list, PlaceRange range) {
  CombinationNumbers row_numbers = number_mixes(list, range);
  MixPlan plan;
  plan.first_output = output_count_;

  // Group of each place whose mix is new.
  constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> groups(range.count, kNone);
  std::size_t group_count = 0;
  if (remembers()) {
    for (std::size_t index = 0; index < range.count; ++index) {
      std::uint32_t& entry = output_of_mix_[row_numbers.numbers()[index]];
      if (entry == 0) entry = static_cast<std::uint32_t>(plan.first_output + ++group_count);
      if (entry > plan.first_output) {
        groups[index] = static_cast<std::uint32_t>(entry - 1 - plan.first_output);
      } else {
        plan.known.push_back({range.first + index, entry - 1U});
      }
    }
    output_count_ += group_count;
    outputs_.resize(output_count_ * output_width_);
  } else {
    group_count = row_numbers.compact();
    for (std::size_t index = 0; index < range.count; ++index) {
      groups[index] = static_cast<std::uint32_t>(row_numbers.numbers()[index]);
    }
  }

  plan.group_starts.assign(group_count + 1, 0);
  for (const std::uint32_t group : groups) {
    if (group != kNone) ++plan.group_starts[group + 1];
  }
  for (std::size_t group = 0; group < group_count; ++group) plan.group_starts[group + 1] += plan.group_starts[group];
  std::vector<std::size_t> next(plan.group_starts.begin(), plan.group_starts.end() - 1);
  plan.places.resize(plan.group_starts.back());
  for (std::size_t index = 0; index < range.count; ++index) {
    if (groups[index] != kNone) plan.places[next[groups[index]]++] = range.first + index;
  }
  return plan;
}

}  // namespace modattr
