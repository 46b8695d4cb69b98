#include "players_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/masking/segmentation.h"

namespace modattr {
namespace {

const std::vector<std::string> kPlayersKeys = {"type", "size",   "segments", "compactness", "removal_in",
                                               "file", "column", "format",   "background"};
/// Players whose size can be chosen.
const std::vector<std::string> kSizedPlayers = {"patch", "segment"};
/// Players that can be taken out of a text.
const std::vector<std::string> kTextPlayers = {"word", "sentence"};
const std::vector<std::string> kBoxFormats = {"xyxy", "xywh"};
const std::vector<std::string> kRemovalPlaces = {"text", "ids"};

bool holds(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

void read_superpixels(JsonObject& players, PlayersConfig& config) {
  for (const char* const key : {"segments", "compactness"}) {
    if (!players.has(key) || config.type == "superpixel") continue;
    throw ConfigError(players.where(key) + ": expected players.type superpixel, got " + config.type);
  }
  if (const auto count = players.find_count("segments")) {
    constexpr std::uint64_t kMost = 4096;
    if (*count < 1 || *count > kMost) players.fail("segments", "1 to 4096");
    config.segment_count = *count;
  }
  if (const Json* compactness = players.find("compactness")) {
    if (!compactness->is_number() || !(compactness->get<double>() > 0.0)) {
      players.fail("compactness", "a number above 0");
    }
    config.compactness = compactness->get<double>();
  }
}

void read_boxes(JsonObject& players, PlayersConfig& config, const std::filesystem::path& folder) {
  for (const char* const key : {"file", "column", "format", "background"}) {
    if (!players.has(key) || config.type == "box") continue;
    throw ConfigError(players.where(key) + ": expected players.type box, got " + config.type);
  }
  if (config.type != "box") return;
  if (players.has("file") == players.has("column")) {
    throw ConfigError(players.where() + ": expected \"file\" or \"column\", where the boxes are, got " +
                      (players.has("file") ? "both" : "neither"));
  }
  if (const auto file = players.find_string("file")) config.boxes.file = (folder / *file).lexically_normal();
  config.boxes.column = players.find_string("column");
  config.boxes.has_sizes = players.find_word("format", kBoxFormats) == "xywh";
  if (const Json* background = players.find("background")) {
    if (!background->is_boolean()) players.fail("background", "true or false");
    config.boxes.has_background = background->get<bool>();
  }
}

}  // namespace

PlayersConfig read_players(JsonObject& modality, const std::filesystem::path& folder) {
  PlayersConfig config;
  const Json* value = modality.find("players");
  if (value == nullptr) return config;
  JsonObject players(*value, modality.where("players"));
  players.reject_unknown(kPlayersKeys);
  players.require("type");
  config.type = *players.find_word("type", player_type_names());
  if (const Json* size = players.find("size")) {
    const bool pair =
        size->is_array() && size->size() == 2 && (*size)[0].is_number_unsigned() && (*size)[1].is_number_unsigned();
    if (!holds(kSizedPlayers, config.type)) {
      throw ConfigError(players.where("size") + ": expected players.type patch or segment, got " + config.type +
                        ", which has no size");
    }
    if (!size->is_number_unsigned() && !pair) players.fail("size", "a whole number or [height, width]");
    if (pair && config.type == "segment") players.fail("size", "a whole number, the length of a segment");
    config.size = pair ? std::array{(*size)[0].get<std::size_t>(), (*size)[1].get<std::size_t>()}
                       : std::array{size->get<std::size_t>(), size->get<std::size_t>()};
    if ((*config.size)[0] == 0 || (*config.size)[1] == 0) players.fail("size", "sizes of at least 1");
  }
  read_superpixels(players, config);
  read_boxes(players, config, folder);
  return config;
}

void settle_removal_in(JsonObject& modality, ModalityConfig& config) {
  const std::string& type = config.players.type;
  const bool is_text_type = holds(kTextPlayers, type);
  const bool is_removed_by_text = config.removal.type == RemovalType::kEmpty;
  if (is_removed_by_text && !type.empty() && !is_text_type && type != "whole") {
    throw ConfigError(modality.where("players.type") +
                      ": expected word, sentence or whole beside removal.type empty, got " + type +
                      "; use removal.type token");
  }
  const Json* value = modality.find("players");
  if (value == nullptr) return;
  JsonObject players(*value, modality.where("players"));
  const std::optional<std::string> place = players.find_word("removal_in", kRemovalPlaces);
  if (!place) return;
  if (!is_text_type) {
    throw ConfigError(players.where("removal_in") + ": expected players.type word or sentence, got " + type +
                      ", which is not removed from a text");
  }
  const bool has_removal = modality.has("removal");
  const std::string removal = removal_names()[static_cast<std::size_t>(config.removal.type)];
  if (*place == "ids" && is_removed_by_text) {
    throw ConfigError(players.where("removal_in") + ": expected text beside removal.type empty, got ids");
  }
  if (*place == "text" && has_removal && !is_removed_by_text) {
    throw ConfigError(modality.where("removal.type") +
                      ": expected empty, or no removal, beside players.removal_in text, got " + removal +
                      "; what is left of a text takes no stand-in");
  }
  if (*place == "text") config.removal.type = RemovalType::kEmpty;
}

}  // namespace modattr
