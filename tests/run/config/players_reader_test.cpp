#include "run/config/players_reader.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

ModalityConfig read_modality(const std::string& text) {
  const Json document = Json::parse(text);
  JsonObject modality(document, "modattr.json: modalities[0]");
  ModalityConfig config;
  config.players = read_players(modality, "folder");
  if (document.contains("removal")) {
    const std::string removal = document["removal"]["type"];
    config.removal.type =
        static_cast<RemovalType>(std::ranges::find(removal_names(), removal) - removal_names().begin());
  }
  settle_removal_in(modality, config);
  return config;
}

std::string error_of(const std::string& text) {
  return thrown_message<ConfigError>([&] { read_modality(text); });
}

TEST(PlayersReader, LetsWordsThatAreRemovedInTheTextLeaveTheEmptyTextBehind) {
  EXPECT_EQ(read_modality(R"({"players": {"type": "word", "removal_in": "text"}})").removal.type, RemovalType::kEmpty);
  EXPECT_EQ(read_modality(R"({"players": {"type": "sentence", "removal_in": "text"}, "removal": {"type": "empty"}})")
                .removal.type,
            RemovalType::kEmpty);
  EXPECT_EQ(read_modality(R"({"players": {"type": "word", "removal_in": "ids"}})").removal.type,
            RemovalType::kBackground);
  EXPECT_EQ(player_type_of(read_modality(R"({"removal": {"type": "empty"}})")), "word");
}

TEST(PlayersReader, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(error_of(R"({"players": {"type": "token", "removal_in": "text"}})"),
            "modattr.json: modalities[0].players.removal_in: expected players.type word or sentence, got token, which "
            "is not removed "
            "from a text");
  EXPECT_TRUE(mentions(error_of(R"({"players": {"type": "word", "removal_in": "test"}})"), {"removal_in", "'text'"}));
  EXPECT_TRUE(mentions(error_of(R"({"players": {"type": "word", "removal_in": "text"}, "removal": {"type": "zero"}})"),
                       {"removal.type: expected empty, or no removal, beside players.removal_in text, got zero"}));
  EXPECT_TRUE(mentions(error_of(R"({"players": {"type": "word", "removal_in": "ids"}, "removal": {"type": "empty"}})"),
                       {"players.removal_in: expected text beside removal.type empty, got ids"}));
  EXPECT_TRUE(mentions(error_of(R"({"players": {"type": "token"}, "removal": {"type": "empty"}})"),
                       {"players.type: expected word, sentence or whole beside removal.type empty, got token"}));
}

TEST(PlayersReader, WantsOnePlaceOfBoxes) {
  const PlayersConfig boxes =
      read_modality(R"({"players": {"type": "box", "file": "b.json", "format": "xywh", "background": false}})").players;
  EXPECT_EQ(boxes.boxes.file, "folder/b.json");
  EXPECT_TRUE(boxes.boxes.has_sizes);
  EXPECT_FALSE(boxes.boxes.has_background);
  EXPECT_TRUE(mentions(error_of(R"({"players": {"type": "box"}})"), {"\"file\" or \"column\"", "got neither"}));
  EXPECT_TRUE(mentions(error_of(R"({"players": {"type": "box", "file": "b", "column": "c"}})"), {"got both"}));
  EXPECT_TRUE(mentions(error_of(R"({"players": {"type": "patch", "format": "xywh"}})"),
                       {"players.format: expected players.type box, got patch"}));
  EXPECT_TRUE(
      mentions(error_of(R"({"players": {"type": "box", "file": "b", "format": "cxcywh"}})"), {"players.format"}));
}

}  // namespace
}  // namespace modattr
