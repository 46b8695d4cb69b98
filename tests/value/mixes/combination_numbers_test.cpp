#include "modattr/value/mixes/combination_numbers.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"

namespace modattr {
namespace {

constexpr std::uint64_t kWord = std::uint64_t{1} << 32U;

/// Rows of some entries in one place of their combination.
struct Column {
  std::uint64_t row_count = 1;
  /// [entries]
  std::vector<std::uint64_t> rows;
};

/// `row_count` may be large: entries take few different rows, its first and last ones.
Column random_column(std::uint64_t row_count, std::size_t entry_count, std::uint32_t draw) {
  RandomStream stream = Rng(7).stream(RandomPurpose::kPermutation, 0, draw);
  Column column{row_count, {}};
  for (std::size_t entry = 0; entry < entry_count; ++entry) {
    const std::uint64_t row = stream.below(static_cast<std::uint32_t>(std::min<std::uint64_t>(row_count, 3)));
    column.rows.push_back(stream.below(2) == 0 ? row : row_count - 1 - row);
  }
  return column;
}

std::vector<Column> random_columns(const std::vector<std::uint64_t>& row_counts, std::size_t entry_count) {
  std::vector<Column> columns;
  for (const std::uint64_t row_count : row_counts) {
    columns.push_back(random_column(row_count, entry_count, static_cast<std::uint32_t>(columns.size())));
  }
  return columns;
}

CombinationNumbers combined(const std::vector<Column>& columns) {
  CombinationNumbers numbers(columns.front().rows.size());
  for (const Column& column : columns) {
    numbers.combine(column.row_count, [&](std::size_t entry) { return column.rows[entry]; });
  }
  return numbers;
}

/// Numbers of the combinations by first appearance, [entries].
std::vector<std::uint64_t> expected_numbers(const std::vector<Column>& columns) {
  std::map<std::vector<std::uint64_t>, std::uint64_t> known;
  std::vector<std::uint64_t> numbers;
  for (std::size_t entry = 0; entry < columns.front().rows.size(); ++entry) {
    std::vector<std::uint64_t> rows;
    for (const Column& column : columns) rows.push_back(column.rows[entry]);
    numbers.push_back(known.try_emplace(rows, known.size()).first->second);
  }
  return numbers;
}

void expect_compact(CombinationNumbers numbers, const std::vector<Column>& columns) {
  const std::vector<std::uint64_t> expected = expected_numbers(columns);
  EXPECT_EQ(numbers.compact(), 1 + *std::ranges::max_element(expected));
  EXPECT_TRUE(std::ranges::equal(numbers.numbers(), expected));
}

TEST(CombinationNumbers, NumbersEqualCombinationsAlike) {
  for (const std::vector<std::uint64_t>& row_counts :
       {std::vector<std::uint64_t>{5}, {1, 4}, {4, 1, 3}, {7, 2, 5, 3}, {1000, 1000, 1000}}) {
    const std::vector<Column> columns = random_columns(row_counts, 500);
    const CombinationNumbers numbers = combined(columns);
    std::uint64_t possible = 1;
    for (const std::uint64_t row_count : row_counts) possible *= row_count;
    EXPECT_LT(*std::ranges::max_element(numbers.numbers()), possible);
    expect_compact(numbers, columns);
  }
}

TEST(CombinationNumbers, TellsEntriesApartBeyond64Bits) {
  for (const std::vector<std::uint64_t>& row_counts : {std::vector<std::uint64_t>{kWord, kWord, kWord},
                                                       {kWord - 1, kWord - 1, kWord - 1, kWord - 1, kWord - 1},
                                                       {kWord, kWord / 2, 2, kWord, kWord},
                                                       {kWord, kWord / 2, 2, 3, 5},
                                                       {kWord + 1, kWord - 1, 2, 2},
                                                       {3000000000, 5, 4000000000, 1, 2000000000, 7, 4100000000}}) {
    expect_compact(combined(random_columns(row_counts, 3000)), random_columns(row_counts, 3000));
  }
}

TEST(CombinationNumbers, IsCompactByFirstAppearance) {
  CombinationNumbers numbers(6);
  const std::vector<std::uint64_t> rows = {70, 3, 70, 99, 3, 0};
  numbers.combine(100, [&](std::size_t entry) { return rows[entry]; });
  EXPECT_TRUE(std::ranges::equal(numbers.numbers(), rows));
  EXPECT_EQ(numbers.compact(), 4U);
  EXPECT_TRUE(std::ranges::equal(numbers.numbers(), std::vector<std::uint64_t>{0, 1, 0, 2, 1, 3}));
  EXPECT_EQ(numbers.compact(), 4U);
  EXPECT_TRUE(std::ranges::equal(numbers.numbers(), std::vector<std::uint64_t>{0, 1, 0, 2, 1, 3}));
}

TEST(CombinationNumbers, GoesOnFromCompactNumbers) {
  const std::vector<Column> columns = random_columns({kWord, 9, kWord}, 400);
  CombinationNumbers numbers(400);
  for (const Column& column : columns) {
    numbers.combine(column.row_count, [&](std::size_t entry) { return column.rows[entry]; });
    numbers.compact();
  }
  EXPECT_TRUE(std::ranges::equal(numbers.numbers(), expected_numbers(columns)));
}

TEST(CombinationNumbers, FindsManyDifferentNumbers) {
  // As far apart as hashes are sensitive to: neighbours, and multiples of a power of 2.
  for (const std::uint64_t step : {std::uint64_t{1}, std::uint64_t{1} << 20U, std::uint64_t{1} << 44U}) {
    constexpr std::size_t kCount = 4096;
    CombinationNumbers numbers(2 * kCount);
    numbers.combine(step * kCount, [&](std::size_t entry) { return (entry % kCount) * step; });
    EXPECT_EQ(numbers.compact(), kCount);
    for (std::size_t entry = 0; entry < 2 * kCount; ++entry) ASSERT_EQ(numbers.numbers()[entry], entry % kCount);
  }
}

TEST(CombinationNumbers, MayHaveNoEntryOrNoColumn) {
  CombinationNumbers none(0);
  none.combine(kWord, [](std::size_t) { return 0U; });
  EXPECT_EQ(none.compact(), 0U);
  none.combine(kWord, [](std::size_t) { return 0U; });
  EXPECT_TRUE(none.numbers().empty());
  CombinationNumbers alike(3);
  EXPECT_EQ(alike.compact(), 1U);
  EXPECT_TRUE(std::ranges::equal(alike.numbers(), std::vector<std::uint64_t>{0, 0, 0}));
}

}  // namespace
}  // namespace modattr
