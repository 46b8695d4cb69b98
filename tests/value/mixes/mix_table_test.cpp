#include "modattr/value/mixes/mix_table.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "value/number_set.h"

namespace modattr {
namespace {

using Key = std::vector<std::vector<std::int64_t>>;

/// Plans mixes with a table and checks every plan against a map of the numbers that a mix is made of.
class TableTrial {
 public:
  explicit TableTrial(const NumberSet& set) : set_(set), examples_(own_donors(set.example_count())), table_(make(1)) {}

  MixTable make(std::size_t output_width) const {
    return {RowNumbers(set_.rows()), set_.modality_count(), output_width};
  }

  /// Returns how many mixes were new.
  std::size_t plan(const std::vector<Mix>& mixes, PlaceRange range) {
    const MixPlan plan = table_.plan({mixes, examples_}, range);
    std::set<std::size_t> seen;
    std::set<Key> new_keys;
    std::size_t last_first = 0;
    for (std::size_t group = 0; group < plan.group_count(); ++group) {
      const auto places = plan.group(group);
      EXPECT_FALSE(places.empty());
      EXPECT_TRUE(std::ranges::is_sorted(places));
      EXPECT_TRUE(group == 0 || places.front() > last_first) << "groups in the order of their first places";
      last_first = places.front();
      const Key key = key_of(mixes, places.front());
      EXPECT_TRUE(new_keys.insert(key).second) << "a group for each mix";
      for (const std::size_t place : places) {
        EXPECT_TRUE(seen.insert(place).second);
        EXPECT_EQ(key_of(mixes, place), key);
      }
      EXPECT_FALSE(known_.contains(key)) << "asked again";
    }
    for (const MixPlan::Known& known : plan.known) {
      EXPECT_TRUE(seen.insert(known.place).second);
      EXPECT_EQ(table_.output(known.output).front(), known_.at(key_of(mixes, known.place)));
    }
    EXPECT_EQ(seen.size(), range.count);
    EXPECT_TRUE(seen.empty() || (*seen.begin() == range.first && *seen.rbegin() == range.first + range.count - 1));
    if (table_.remembers()) {
      for (std::size_t group = 0; group < plan.group_count(); ++group) {
        const auto output = static_cast<double>(++output_count_);
        table_.output(plan.first_output + group).front() = output;
        known_[key_of(mixes, plan.group(group).front())] = output;
      }
    }
    return plan.group_count();
  }

  std::size_t plan_all(const std::vector<Mix>& mixes) { return plan(mixes, {0, mixes.size() * set_.example_count()}); }

  void forget() {
    table_.forget();
    known_.clear();
  }
  const MixTable& table() const { return table_; }

 private:
  Key key_of(const std::vector<Mix>& mixes, std::size_t place) const {
    const Mix& mix = mixes[place / set_.example_count()];
    const auto example = static_cast<std::uint32_t>(place % set_.example_count());
    return set_.key(mix.present, example, mix.donors[example]);
  }

  const NumberSet& set_;
  Donors examples_;
  MixTable table_;
  std::map<Key, double> known_;
  std::size_t output_count_ = 0;
};

/// Mixes of random modalities with random donors.
class RandomMixes {
 public:
  RandomMixes(const NumberSet& set, std::size_t count, std::uint32_t draw) {
    RandomStream stream = Rng(6).stream(RandomPurpose::kPermutation, 1, draw);
    for (std::size_t mix = 0; mix < count; ++mix) {
      donors_.push_back(random_donors(set.example_count(), stream.next_word()));
      Coalition present(set.modality_count());
      for (std::size_t modality = 0; modality < set.modality_count(); ++modality) {
        if (stream.below(2) == 1) present.insert(modality);
      }
      mixes_.push_back({present, {}});
    }
    for (std::size_t mix = 0; mix < count; ++mix) mixes_[mix].donors = donors_[mix];
  }
  const std::vector<Mix>& mixes() const { return mixes_; }

 private:
  std::vector<Donors> donors_;
  std::vector<Mix> mixes_;
};

TEST(MixTable, NumbersEqualMixesOnce) {
  for (const bool keeps_column : {false, true}) {
    for (const std::vector<std::uint32_t>& distinct_counts :
         {std::vector<std::uint32_t>{5, 2, 1000}, {3, 4, 2}, {2, 3, 2}, {40, 1, 4, 3}}) {
      const NumberSet set(NumberSet::random(37, distinct_counts), keeps_column);
      TableTrial trial(set);
      EXPECT_TRUE(trial.table().remembers());
      for (std::uint32_t draw = 0; draw < 5; ++draw) trial.plan_all(RandomMixes(set, 4, draw).mixes());
    }
  }
}

TEST(MixTable, PlansAnyStretchOfPlaces) {
  const NumberSet set(NumberSet::random(20, {4, 5}));
  const RandomMixes mixes(set, 6, 1);
  TableTrial trial(set);
  std::size_t count = 0;
  std::size_t group_count = 0;
  for (std::size_t first = 0; first < 120; first += count) {
    count = std::min<std::size_t>(120 - first, 1 + first % 31);
    group_count += trial.plan(mixes.mixes(), {first, count});
  }
  TableTrial at_once(set);
  EXPECT_EQ(group_count, at_once.plan_all(mixes.mixes()));
  EXPECT_EQ(at_once.plan(mixes.mixes(), {17, 0}), 0U);
}

TEST(MixTable, RemembersFromPlanToPlan) {
  const NumberSet set(NumberSet::random(30, {6, 7}));
  const RandomMixes mixes(set, 5, 2);
  TableTrial trial(set);
  EXPECT_GT(trial.plan_all(mixes.mixes()), 20U);
  EXPECT_EQ(trial.plan_all(mixes.mixes()), 0U);
  trial.forget();
  EXPECT_GT(trial.plan_all(mixes.mixes()), 20U);
}

TEST(MixTable, RemembersOnlyWhatATableHasRoomFor) {
  const auto all_different = [](std::size_t count) {
    std::vector<std::int64_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
  };
  // 2048 * 2048 possible mixes fit.
  const NumberSet fits({all_different(2048), all_different(2048)});
  EXPECT_TRUE(TableTrial(fits).table().remembers());
  const NumberSet set({all_different(2049), all_different(2049)});
  TableTrial trial(set);
  EXPECT_FALSE(trial.table().remembers());
  const RandomMixes mixes(set, 2, 3);
  const std::size_t group_count = trial.plan_all(mixes.mixes());
  EXPECT_GT(group_count, 2049U);
  EXPECT_EQ(trial.plan_all(mixes.mixes()), group_count) << "planned again";
  trial.forget();
  EXPECT_EQ(trial.plan_all(mixes.mixes()), group_count);
}

TEST(MixTable, TellsMixesApartWhosePossibleNumberHas64Bits) {
  // About 3000^6 mixes are possible.
  const NumberSet set(NumberSet::random(3000, std::vector<std::uint32_t>(6, 1000000000)));
  TableTrial trial(set);
  EXPECT_FALSE(trial.table().remembers());
  trial.plan_all(RandomMixes(set, 3, 4).mixes());
}

TEST(MixTable, CountsTheRowsOfColumnsThatAreKept) {
  const auto remembers = [](std::size_t example_count) {
    std::vector<std::vector<std::int64_t>> numbers(3, std::vector<std::int64_t>(example_count));
    std::iota(numbers[1].begin(), numbers[1].end(), 0);
    return TableTrial(NumberSet(numbers, true)).table().remembers();
  };
  // One kept row with the one of the first modality from another example: a square of possible mixes.
  EXPECT_TRUE(remembers(2048));
  EXPECT_FALSE(remembers(2049));
}

TEST(MixTable, RemembersWhereAllPossibleOutputsFit) {
  // Four possible mixes, 256 MiB.
  const NumberSet set({{0, 1}, {0, 1}});
  EXPECT_TRUE(TableTrial(set).make(std::size_t{1} << 23U).remembers());
  EXPECT_FALSE(TableTrial(set).make((std::size_t{1} << 23U) + 1).remembers());
}

TEST(MixTable, KnowsWideOutputsFromPlanToPlan) {
  const NumberSet set(NumberSet::random(1030, {10, 10}));
  MixTable table = TableTrial(set).make(3000);
  ASSERT_TRUE(table.remembers());
  const Donors own = own_donors(1030);
  const std::vector<Mix> mixes = {Mix{Coalition::full(2), own}};
  const std::size_t group_count = table.plan({mixes, own}, {0, 1030}).group_count();
  EXPECT_GT(group_count, 50U);
  const MixPlan again = table.plan({mixes, own}, {0, 1030});
  EXPECT_EQ(again.group_count(), 0U);
  EXPECT_EQ(again.known.size(), 1030U);
}

}  // namespace
}  // namespace modattr
