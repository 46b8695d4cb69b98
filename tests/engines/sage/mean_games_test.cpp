#include "modattr/engines/sage/mean_games.h"

#include <gtest/gtest.h>

#include "support/shapley_game.h"

namespace modattr::mean_games_test {
namespace {

/// v = example + 10 * number of players, on three examples; counts what it is asked.
class MeanGamesTest : public testing::Test {
 protected:
  MeanGames make(std::size_t example_count, std::vector<std::vector<std::uint32_t>> samples) {
    return MeanGames({.evaluate =
                          [this, example_count](std::span<const Coalition> coalitions) {
                            asked_.push_back(coalitions.size());
                            Matrix values(coalitions.size(), example_count);
                            for (std::size_t row = 0; row < coalitions.size(); ++row) {
                              for (std::size_t example = 0; example < example_count; ++example) {
                                values(row, example) =
                                    static_cast<double>(example) + 10.0 * static_cast<double>(coalitions[row].size());
                              }
                            }
                            return values;
                          },
                      .example_count = example_count,
                      .labels = {{"x", "y"}, {"z"}},
                      .samples = std::move(samples),
                      .evaluations_per_query = 7});
  }

  std::vector<std::size_t> asked_;
};

TEST_F(MeanGamesTest, AveragesTheExamplesOfEachSample) {
  MeanGames games = make(3, {{0, 1, 2}, {2}, {0, 2}});
  const Coalition two = coalition_of_bits(0b101, 3);
  const Coalition none = Coalition::empty(3);
  const std::vector<ExampleGames::Query> queries = {{0, two}, {1, two}, {2, none}, {0, none}};
  EXPECT_EQ(games.evaluate(queries), (std::vector<double>{21.0, 22.0, 1.0, 1.0}));
  EXPECT_EQ(games.example_count(), 3U);
  EXPECT_EQ(games.modality_count(), 2U);
  EXPECT_EQ(games.labels(2, 0), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(games.evaluations_per_query(), 7U);
}

TEST_F(MeanGamesTest, AsksForACoalitionOnce) {
  MeanGames games = make(3, {{0, 1, 2}, {1}});
  const Coalition full = Coalition::full(3);
  games.evaluate(std::vector<ExampleGames::Query>{{0, full}, {1, full}, {0, full}});
  games.evaluate(std::vector<ExampleGames::Query>{{1, full}, {0, Coalition::empty(3)}});
  EXPECT_EQ(asked_, (std::vector<std::size_t>{1, 1}));
}

TEST_F(MeanGamesTest, AsksForFewCoalitionsAtATimeOnALargeSet) {
  constexpr std::size_t kExampleCount = 200'000;
  MeanGames games = make(kExampleCount, {{0}, {kExampleCount - 1}});
  const std::vector<ExampleGames::Query> queries = {{1, Coalition::full(3)}, {0, Coalition::empty(3)}};
  EXPECT_EQ(games.evaluate(queries), (std::vector<double>{kExampleCount - 1 + 30.0, 0.0}));
  EXPECT_EQ(asked_, (std::vector<std::size_t>{1, 1}));
}

}  // namespace
}  // namespace modattr::mean_games_test
