#include "modattr/engines/trace/repair_place.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/formula_games.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// Two modalities of three and six features; features 1 and 4 of the second take 0.4 and 0.2 away, feature 2 gives 0.1.
FormulaGames games() {
  return FormulaGames({{3, 6}}, [](const Coalition& present, std::uint32_t) {
    double value = 0.8;
    if (present.contains(3 + 1)) value -= 0.4;
    if (present.contains(3 + 4)) value -= 0.2;
    if (present.contains(3 + 2)) value += 0.1;
    if (!present.contains(0)) value -= 10.0;
    return value;
  });
}

TEST(RepairPlace, NamesTheFeaturesThatAreInTheWay) {
  FormulaGames asked = games();
  const RepairPlace place = find_repair_place(asked, 0, 1, 0, Rng(1));
  ASSERT_EQ(place.players.size(), 2U);
  EXPECT_EQ(place.players[0].label, "1");
  EXPECT_NEAR(place.players[0].value, 0.4, 1e-9);
  EXPECT_EQ(place.players[1].label, "4");
  EXPECT_NEAR(place.players[1].value, 0.2, 1e-9);
  EXPECT_NEAR(place.value_full, 0.3, 1e-12);
  EXPECT_NEAR(place.value_without, 0.9, 1e-12);
  EXPECT_EQ(place.evaluation_count, asked.asked().size());
  // The other modality keeps its data.
  for (const ExampleGames::Query& query : asked.asked()) {
    for (std::size_t player = 0; player < 3; ++player) EXPECT_TRUE(query.coalition.contains(player));
  }
}

TEST(RepairPlace, IsNoneWhereEveryFeatureHelps) {
  FormulaGames asked({{4, 1}}, [](const Coalition& present, std::uint32_t) { return present.contains(2) ? 1.0 : 0.5; });
  const RepairPlace place = find_repair_place(asked, 0, 0, 0, Rng(1));
  EXPECT_TRUE(place.players.empty());
  EXPECT_EQ(place.value_without, place.value_full);
}

TEST(RepairPlace, KeepsToTheBudgetOrSaysWhatItNeeds) {
  FormulaGames asked({{1, 90}}, [](const Coalition& present, std::uint32_t) { return -1.0 * present.contains(7); });
  const RepairPlace place = find_repair_place(asked, 0, 1, 320, Rng(1));
  // Beside the ends and what the best features gain together.
  EXPECT_LE(place.evaluation_count, 320U + 2U + 5U);
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return find_repair_place(asked, 0, 1, 3, Rng(1)); }),
                       {"budget", "90 features"}));
}

TEST(RepairPlace, ReadsBackWhatItWrote) {
  FormulaGames asked = games();
  const RepairPlace place = find_repair_place(asked, 0, 1, 0, Rng(1));
  ByteWriter writer;
  put_place(writer, place);
  ByteReader reader(writer.bytes());
  const RepairPlace read = take_place(reader);
  reader.finish();
  ASSERT_EQ(read.players.size(), place.players.size());
  EXPECT_EQ(read.players[1].label, place.players[1].label);
  EXPECT_EQ(read.players[1].value, place.players[1].value);
  EXPECT_EQ(read.modality, 1U);
  EXPECT_EQ(read.value_without, place.value_without);
}

}  // namespace
}  // namespace modattr
