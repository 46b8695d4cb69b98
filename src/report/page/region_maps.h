#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "modattr/report/score_table.h"

namespace modattr {

/// Where the players of pictures lie that are no patches, as small maps of their numbers, each once.
class RegionMaps {
 public:
  /// Maps get smaller where many of `examples` have one, so that all of them take a few megabytes at most.
  explicit RegionMaps(std::span<const ExampleRecord> examples);

  /// [[modality, map], ...] of the players that are regions; empty where none is.
  nlohmann::ordered_json places_of(std::span<const PlayerScore> players);

  /// {w, h, runs}: in `runs` numbers by turns, 1 + the player's place among those of its modality (0 = none) and how
  /// many pixels in the order of reading have it. A number is written in letters of base64url, each of which holds five
  /// bits, the lowest first, and 32 where another letter follows.
  const nlohmann::ordered_json& maps() const noexcept { return maps_; }

 private:
  std::size_t place_of(const std::vector<const PlayerScore*>& players);

  std::size_t side_;
  nlohmann::ordered_json maps_ = nlohmann::ordered_json::array();
  std::map<std::string, std::size_t> known_;
};

}  // namespace modattr
