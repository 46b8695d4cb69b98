#include "modattr/core/players.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

TEST(Players, AreOnePerModalityWhenWhole) {
  const std::vector<std::string> names = {"image", "text"};
  const Players players = Players::whole(names);
  EXPECT_EQ(players.count(), 2U);
  EXPECT_EQ(players.modality_count(), 2U);
  EXPECT_EQ(players.label(1), "text");
  EXPECT_EQ(players.modality_of(1), 1U);
  EXPECT_EQ(players.find_modality("text"), 1U);
  EXPECT_EQ(players.find_modality("Text"), std::nullopt);
}

TEST(Players, AreNumberedModalityByModality) {
  const Players players({{"image", {"top", "bottom"}}, {"text", {"what", "colour", "?"}}});
  EXPECT_EQ(players.count(), 5U);
  EXPECT_EQ(players.first_player(0), 0U);
  EXPECT_EQ(players.first_player(1), 2U);
  EXPECT_EQ(players.modality_of(1), 0U);
  EXPECT_EQ(players.modality_of(4), 1U);
  EXPECT_EQ(players.label(1), "bottom");
  EXPECT_EQ(players.label(3), "colour");
  EXPECT_EQ(players.modality_name(1), "text");
}

TEST(Players, MayBeNone) {
  EXPECT_EQ(Players().count(), 0U);
  EXPECT_EQ(Players().find_modality("image"), std::nullopt);
}

TEST(Players, RefuseTwoModalitiesOfOneName) {
  const std::vector<std::string> names = {"image", "text", "image"};
  EXPECT_THROW(Players::whole(names), ConfigError);
}

TEST(Players, RefuseAModalityWithoutFeatures) {
  const std::vector<Players::Modality> modalities = {{"image", {}}};
  EXPECT_THROW(static_cast<void>(Players(modalities)), ConfigError);
}

TEST(Players, RefuseNumbersOutsideTheGame) {
  const Players players(std::vector<Players::Modality>{{"image", {"top"}}});
  EXPECT_THROW(static_cast<void>(players.label(1)), std::out_of_range);
  EXPECT_THROW(static_cast<void>(players.modality_name(1)), std::out_of_range);
}

}  // namespace
}  // namespace modattr
