#include "modattr/engines/trace/typicality.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(BayesFactor, IsTheAverageOfPowerCalibrators) {
  // The integral of k p^(k - 1) over k from 0 to 1, by the midpoint rule.
  for (const double p : {0.001, 0.05, 0.3, 0.9}) {
    double sum = 0.0;
    constexpr int kSteps = 20000;
    for (int step = 0; step < kSteps; ++step) {
      const double power = (step + 0.5) / kSteps;
      sum += power * std::pow(p, power - 1.0) / kSteps;
    }
    EXPECT_NEAR(bayes_factor(p), sum, 1e-6 * sum);
  }
  EXPECT_NEAR(bayes_factor(1.0), 0.5, 1e-5);
}

TEST(BayesFactor, DoesNotExceedOneInTheMeanWhereNothingIsWrong) {
  double sum = 0.0;
  constexpr int kSteps = 200000;
  for (int step = 0; step < kSteps; ++step) sum += bayes_factor((step + 0.5) / kSteps) / kSteps;
  EXPECT_LT(sum, 1.0);
  EXPECT_GT(sum, 0.8);
}

TEST(DistanceTail, CountsDistancesThatAreAtLeastAsLarge) {
  const DistanceTail tail({4.0, 1.0, 2.0, 3.0});
  EXPECT_DOUBLE_EQ(tail.p_value(0.5), 1.0);
  EXPECT_DOUBLE_EQ(tail.p_value(2.0), 4.0 / 5.0);
  EXPECT_DOUBLE_EQ(tail.p_value(2.5), 3.0 / 5.0);
}

TEST(DistanceTail, ContinuesAsAParetoTail) {
  std::vector<double> distances;
  for (int rank = 1; rank <= 21; ++rank) distances.push_back(rank);
  const DistanceTail tail(distances);
  // The 90 % point is 19; above it lie 20 and 21.
  const double index = (std::log(20.0 / 19.0) + std::log(21.0 / 19.0)) / 2.0;
  EXPECT_NEAR(tail.p_value(24.0), 2.0 / 21.0 * std::pow(24.0 / 19.0, -1.0 / index), 1e-12);
  EXPECT_DOUBLE_EQ(tail.p_value(1e9), 1e-3);
  EXPECT_GE(tail.p_value(22.0), tail.p_value(23.0));
}

FloatRows line_of(std::size_t count) {
  FloatRows rows{.width = 1, .values = {}};
  for (std::size_t place = 0; place < count; ++place) rows.values.push_back(static_cast<float>(place));
  return rows;
}

/// Entries of which each has a source of its own.
std::vector<std::vector<std::size_t>> alone(std::size_t count) {
  std::vector<std::vector<std::size_t>> entries;
  for (std::size_t entry = 0; entry < count; ++entry) entries.push_back({entry});
  return entries;
}

TailPValues p_values_of(const Neighbours& neighbours, std::span<const float> row, std::span<const char> left_out,
                        std::optional<std::uint32_t> label) {
  return neighbours.p_values(neighbours.distances(std::span(&row, 1)).front(), left_out, label);
}

TEST(Neighbours, TakeDistancesOfSeveralRowsAtATime) {
  // 37 numbers: whole lanes and a rest; 11 rows: whole groups and a rest.
  FloatRows rows{.width = 37, .values = {}};
  for (int place = 0; place < 11 * 37; ++place) rows.values.push_back(static_cast<float>((place * 71) % 29));
  const Neighbours neighbours(rows, Neighbours::Scale::kAsTheyAre, std::vector<std::vector<std::uint32_t>>(11),
                              alone(11), 1);
  std::vector<std::span<const float>> own;
  for (std::size_t row = 0; row < 7; ++row) own.push_back(rows.row(row));
  const std::vector<std::vector<float>> distances = neighbours.distances(own);
  ASSERT_EQ(distances.size(), 7U);
  for (std::size_t row = 0; row < 7; ++row) {
    ASSERT_EQ(distances[row].size(), 11U);
    for (std::size_t entry = 0; entry < 11; ++entry) {
      double square = 0.0;
      for (std::size_t column = 0; column < 37; ++column) {
        square += std::pow(rows.row(row)[column] - rows.row(entry)[column], 2.0);
      }
      EXPECT_NEAR(distances[row][entry], std::sqrt(square), 1e-4) << row << " " << entry;
    }
  }
}

TEST(Neighbours, CompareMeanDistancesToTheFiveNearest) {
  // On 0, 1, ... 20 the ends are farthest from the rest: 1, 2, 3, 4, 5, mean 3; inside it is 1, 1, 2, 2, 3, mean 1.8.
  const Neighbours neighbours(line_of(21), Neighbours::Scale::kAsTheyAre, std::vector<std::vector<std::uint32_t>>(21),
                              alone(21), 2);
  const std::vector<char> none(21, 0);
  const auto p_value = [&](float number) {
    return p_values_of(neighbours, std::span(&number, 1), none, {}).overall.value();
  };
  // Of 10 itself the distances are 0, 1, 1, 2, 2: nearer than any other.
  EXPECT_DOUBLE_EQ(p_value(10.0F), 1.0);
  // Of -1: 1 ... 5, as at both ends.
  EXPECT_DOUBLE_EQ(p_value(-1.0F), 3.0 / 22.0);
  EXPECT_LT(p_value(-8.0F), 0.05);
  // Without 8 to 12 they are 3, 3, 4, 4, 5.
  std::vector<char> left_out(21, 0);
  for (std::size_t entry = 8; entry <= 12; ++entry) left_out[entry] = 1;
  const float ten = 10.0F;
  EXPECT_LT(p_values_of(neighbours, std::span(&ten, 1), left_out, {}).overall.value(), 1.0 / 22.0);
}

TEST(Neighbours, LookAtRowsWithTheLabel) {
  // Label 0 on the left, 1 on the right.
  std::vector<std::vector<std::uint32_t>> labels;
  for (std::size_t place = 0; place < 24; ++place) labels.push_back({place < 12 ? 0U : 1U});
  const Neighbours neighbours(line_of(24), Neighbours::Scale::kAsTheyAre, labels, alone(24), 1);
  const std::vector<char> none(24, 0);
  const float left = 5.0F;
  EXPECT_DOUBLE_EQ(p_values_of(neighbours, std::span(&left, 1), none, 0U).within_label.value(), 1.0);
  EXPECT_LT(p_values_of(neighbours, std::span(&left, 1), none, 1U).within_label.value(), 0.05);
  EXPECT_FALSE(p_values_of(neighbours, std::span(&left, 1), none, 2U).within_label);
}

TEST(Neighbours, DoNotLookAtTheirOwnSource) {
  // Pairs of equal rows: with their twins left out, rows are as far apart as the pairs.
  FloatRows rows{.width = 1, .values = {}};
  for (int pair = 0; pair < 12; ++pair) rows.values.insert(rows.values.end(), 2, static_cast<float>(pair));
  std::vector<std::vector<std::size_t>> same;
  for (std::size_t entry = 0; entry < 24; ++entry) same.push_back({entry / 2 * 2, entry / 2 * 2 + 1});
  const Neighbours apart(rows, Neighbours::Scale::kAsTheyAre, std::vector<std::vector<std::uint32_t>>(24), same, 1);
  std::vector<char> left_out(24, 0);
  left_out[10] = left_out[11] = 1;
  const float five = 5.0F;
  // A row like those of the set, its twins left out, is as usual as they are.
  EXPECT_DOUBLE_EQ(p_values_of(apart, std::span(&five, 1), left_out, {}).overall.value(), 1.0);
}

TEST(Neighbours, WeighColumnsByTheirDeviation) {
  // The second column varies a thousand times more than the first.
  FloatRows rows{.width = 2, .values = {}};
  for (int place = 0; place < 20; ++place) {
    rows.values.push_back(static_cast<float>(place % 5));
    rows.values.push_back(static_cast<float>(1000 * (place / 5)));
  }
  const Neighbours neighbours(rows, Neighbours::Scale::kByDeviation, std::vector<std::vector<std::uint32_t>>(20),
                              alone(20), 1);
  const std::vector<char> none(20, 0);
  const std::vector<float> odd = {40.0F, 1000.0F};
  const std::vector<float> usual = {2.0F, 1000.0F};
  EXPECT_LT(p_values_of(neighbours, odd, none, {}).overall.value(), 0.02);
  EXPECT_GT(p_values_of(neighbours, usual, none, {}).overall.value(), 0.5);
}

TEST(WordPairs, FindTextsInAnUnusualOrder) {
  std::vector<std::vector<std::int64_t>> texts;
  for (std::int64_t text = 0; text < 30; ++text) texts.push_back({1, 2, 3, 4 + text % 2});
  const WordPairs pairs(texts, std::vector<std::vector<std::uint32_t>>(30), alone(30), 2);
  const std::vector<std::int64_t> usual = {1, 2, 3, 4};
  const std::vector<std::int64_t> shuffled = {3, 1, 2, 4};
  const std::vector<std::int64_t> short_text = {1, 2};
  EXPECT_DOUBLE_EQ(pairs.p_values(usual, {}, {}).overall.value(), 1.0);
  EXPECT_LT(pairs.p_values(shuffled, {}, {}).overall.value(), 0.05);
  EXPECT_LT(pairs.p_values(short_text, {}, {}).overall.value(), 0.05);
}

TEST(WordPairs, KnowNothingOfFewTexts) {
  const WordPairs pairs({{1}, {2}}, {{}, {}}, {{}, {}}, 1);
  const std::vector<std::int64_t> text = {1};
  EXPECT_FALSE(pairs.p_values(text, {}, {}).overall);
}

}  // namespace
}  // namespace modattr
