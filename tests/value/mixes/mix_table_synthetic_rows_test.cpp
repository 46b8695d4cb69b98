#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/value/mixes/mix_table.h"
#include "value/number_set.h"

// Mixes whose absent modalities are synthetic rows, one row for each modality.

namespace modattr::mix_table_synthetic_rows_test {
namespace {

constexpr std::size_t kExampleCount = 30;

/// Mixes of random modalities, the absent ones from examples or synthetic rows, whichever the draw says.
struct SyntheticMixes {
  SyntheticMixes(const NumberSet& set, const std::vector<std::size_t>& synthetic_counts, std::size_t count,
                 std::uint32_t draw) {
    RandomStream stream = Rng(9).stream(RandomPurpose::kPermutation, 2, draw);
    const std::size_t modality_count = set.modality_count();
    rows.resize(count * modality_count);
    for (std::size_t mix = 0; mix < count; ++mix) {
      Coalition present(modality_count);
      for (std::size_t modality = 0; modality < modality_count; ++modality) {
        if (stream.below(2) == 1) present.insert(modality);
        const auto bound = static_cast<std::uint32_t>(kExampleCount + synthetic_counts[modality]);
        for (std::size_t example = 0; example < kExampleCount; ++example) {
          rows[mix * modality_count + modality].push_back(stream.below(bound));
        }
      }
      mixes.push_back({present, {}});
    }
    for (const std::vector<std::uint32_t>& each : rows) spans.emplace_back(each);
    for (std::size_t mix = 0; mix < count; ++mix) {
      mixes[mix].baselines = std::span(spans).subspan(mix * modality_count, modality_count);
    }
  }

  std::vector<std::vector<std::uint32_t>> rows;
  std::vector<std::span<const std::uint32_t>> spans;
  std::vector<Mix> mixes;
};

/// What tells a mix apart: the numbers of examples, and -1 - the number of synthetic rows.
std::vector<std::int64_t> key_of(const NumberSet& set, const Mix& mix, std::uint32_t example) {
  std::vector<std::int64_t> key = set.kept_part(example);
  for (std::size_t modality = 0; modality < set.modality_count(); ++modality) {
    const std::uint32_t row = mix.present.contains(modality) ? example : mix.baselines[modality][example];
    if (row >= kExampleCount) {
      key.push_back(-1 - static_cast<std::int64_t>(row - kExampleCount));
    } else {
      for (const std::int64_t number : set.part(modality, row)) key.push_back(number);
    }
    // The parts are of different lengths.
    key.push_back(row >= kExampleCount ? -1000 : -2000);
  }
  return key;
}

TEST(MixTableOfSyntheticRows, NumbersEqualMixesOnce) {
  for (const bool keeps_column : {false, true}) {
    const NumberSet set(NumberSet::random(kExampleCount, {3, 4, 2}), keeps_column);
    std::vector<std::size_t> synthetic_counts = {2, 0, 5};
    synthetic_counts.resize(set.modality_count());
    MixTable table(RowNumbers(set.rows(), synthetic_counts), set.modality_count(), 1);
    ASSERT_TRUE(table.remembers());
    const Donors own = own_donors(kExampleCount);
    std::map<std::vector<std::int64_t>, double> known;
    for (std::uint32_t draw = 0; draw < 6; ++draw) {
      const SyntheticMixes mixes(set, synthetic_counts, 4, draw);
      const auto key = [&](std::size_t place) {
        return key_of(set, mixes.mixes[place / kExampleCount], static_cast<std::uint32_t>(place % kExampleCount));
      };
      const MixPlan plan = table.plan({mixes.mixes, own}, {0, 4 * kExampleCount});
      std::size_t place_count = plan.known.size();
      for (const MixPlan::Known& entry : plan.known) {
        ASSERT_TRUE(known.contains(key(entry.place)));
        EXPECT_EQ(table.output(entry.output).front(), known.at(key(entry.place)));
      }
      for (std::size_t group = 0; group < plan.group_count(); ++group) {
        EXPECT_FALSE(known.contains(key(plan.group(group).front()))) << "asked again";
        for (const std::size_t place : plan.group(group)) EXPECT_EQ(key(place), key(plan.group(group).front()));
        place_count += plan.group(group).size();
      }
      EXPECT_EQ(place_count, 4 * kExampleCount);
      for (std::size_t group = 0; group < plan.group_count(); ++group) {
        const double output = static_cast<double>(known.size() + 1);
        EXPECT_TRUE(known.emplace(key(plan.group(group).front()), output).second) << "a group for each mix";
        table.output(plan.first_output + group).front() = output;
      }
    }
    EXPECT_GT(known.size(), 50U);
  }
}

TEST(MixTableOfSyntheticRows, HasRoomForThemOrDoesNotRemember) {
  const NumberSet set({{0, 1}, {0, 1}});
  const auto remembers = [&](std::vector<std::size_t> synthetic_counts) {
    return MixTable(RowNumbers(set.rows(), std::move(synthetic_counts)), 2, 1).remembers();
  };
  EXPECT_TRUE(remembers({2046, 2046})) << "2048 * 2048 mixes are possible";
  EXPECT_FALSE(remembers({2047, 2046}));
}

TEST(RowNumbers, OfSyntheticRowsFollowThoseOfExamples) {
  // Three examples, two of them alike in a.
  const NumberSet set({{5, 6, 5}, {7, 8, 9}});
  EXPECT_EQ(RowNumbers(set.rows()).row_count(0), 2U);
  const RowNumbers rows(set.rows(), {4, 1});
  EXPECT_EQ(rows.row_count(0), 6U);
  EXPECT_EQ(rows.row_count(1), 4U);
  EXPECT_EQ(rows.row_number(0, 2), rows.row_number(0, 0));
  EXPECT_EQ(rows.row_number(0, 1), 1U);
  EXPECT_EQ(rows.row_number(0, 3), 2U) << "the first synthetic row";
  EXPECT_EQ(rows.row_number(0, 6), 5U);
  EXPECT_EQ(rows.row_number(1, 3), 3U);
}

}  // namespace
}  // namespace modattr::mix_table_synthetic_rows_test
