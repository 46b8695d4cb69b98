#include "modattr/core/text_players.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;
using Strings = std::vector<std::string>;

/// A case of the peers' own test suites.
Json peer_case(const std::string& id) {
  std::ifstream file(std::filesystem::path(MODATTR_TEST_DIR) / "fixtures/peer_cases.json");
  for (const Json& peer : Json::parse(file)) {
    if (peer.at("id") == id) return peer;
  }
  ADD_FAILURE() << "no case " << id;
  return {};
}

TEST(SplitText, CutsWordsAndSeparatorsLikeLime) {
  const Json peer = peer_case("text_split_bow");
  const std::string text = peer.at("params").at("text");
  const TextPlayers split = split_text(text, WordIdentity::kEqualWordsAreOne);
  const Json& expected = peer.at("expected");
  EXPECT_EQ(split.pieces, expected.at("pieces").get<Strings>());
  EXPECT_EQ(split.players, expected.at("players").get<Strings>());
  EXPECT_EQ(split.positions, expected.at("positions").get<std::vector<std::vector<std::size_t>>>());
  EXPECT_EQ(split.offsets, expected.at("piece_offsets").get<std::vector<std::size_t>>());
}

TEST(SplitText, RemovesWordsAndLeavesSeparators) {
  const Json peer = peer_case("text_remove_round_trip");
  const std::string text = peer.at("params").at("text");
  const TextPlayers split = split_text(text, WordIdentity::kEqualWordsAreOne);
  const Coalition all = Coalition::full(split.players.size());
  EXPECT_EQ(split.with_present(all, ""), peer.at("expected").at("after_removing_nothing").get<std::string>());
  EXPECT_EQ(split.players.front(), "This");
  EXPECT_EQ(split.with_present(all.without(0), ""),
            peer.at("expected").at("after_removing_player \"This\" (bow)").get<std::string>());
  EXPECT_THROW(split.with_present(Coalition::full(2), ""), std::invalid_argument);
}

TEST(SplitText, CanKeepOccurrencesApart) {
  const TextPlayers split = split_text("no, no", WordIdentity::kEachOccurrence);
  EXPECT_EQ(split.players, (Strings{"no", "no"}));
  EXPECT_EQ(split.with_present(Coalition::single(2, 0), "UNKWORDZ"), "no, UNKWORDZ");
}

TEST(SplitText, KnowsLettersAndPunctuationBeyondAscii) {
  const TextPlayers split = split_text("¿qué… tal_1?\xE2\x80\x94ok", WordIdentity::kEqualWordsAreOne);
  EXPECT_EQ(split.players, (Strings{"qué", "tal_1", "ok"}));
  EXPECT_EQ(split.pieces.front(), "¿");
}

TEST(SplitText, TakesAnyBytes) {
  EXPECT_TRUE(split_text("", WordIdentity::kEqualWordsAreOne).pieces.empty());
  const std::string broken = "a\xFF\xC3 \xE2\x80";
  const TextPlayers split = split_text(broken, WordIdentity::kEachOccurrence);
  EXPECT_EQ(split.with_present(Coalition::full(split.players.size()), ""), broken);
  EXPECT_EQ(split.players.size(), 2U);
}

}  // namespace
}  // namespace modattr
