#include "region_maps.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "modattr/report/pixel_region.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

std::string digits(std::size_t number) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  do {
    const std::size_t rest = number >> 5U;
    text += kLetters[(number & 31U) | (rest > 0 ? 32U : 0U)];
    number = rest;
  } while (number > 0);
  return text;
}

std::size_t map_side(std::span<const ExampleRecord> examples) {
  // Examples of one picture share its map: their first regions are equal.
  std::set<std::vector<std::uint32_t>> pictures;
  for (const ExampleRecord& record : examples) {
    const auto first = std::ranges::find_if(record.attribution.players,
                                            [](const PlayerScore& player) { return player.region.has_value(); });
    if (first != record.attribution.players.end()) pictures.insert(first->region->counts);
  }
  if (pictures.size() <= 100) return 224;
  if (pictures.size() <= 1000) return 96;
  return pictures.size() <= 2500 ? 48 : 32;
}

}  // namespace

RegionMaps::RegionMaps(std::span<const ExampleRecord> examples) : side_(map_side(examples)) {}

Json RegionMaps::places_of(std::span<const PlayerScore> players) {
  std::map<std::size_t, std::vector<const PlayerScore*>> by_modality;
  std::map<std::size_t, bool> has_regions;
  for (const PlayerScore& player : players) {
    by_modality[player.modality].push_back(&player);
    if (player.region) has_regions[player.modality] = true;
  }
  Json places = Json::array();
  for (const auto& [modality, own] : by_modality) {
    if (has_regions.contains(modality)) places.push_back({modality, place_of(own)});
  }
  return places;
}

std::size_t RegionMaps::place_of(const std::vector<const PlayerScore*>& players) {
  const auto first =
      std::ranges::find_if(players, [](const PlayerScore* player) { return player->region.has_value(); });
  const std::size_t height = (*first)->region->height;
  const std::size_t width = (*first)->region->width;
  std::vector<std::int32_t> owners(height * width, kNoOwner);
  for (std::size_t place = 0; place < players.size(); ++place) {
    const std::optional<PixelRegion>& region = players[place]->region;
    if (region && region->height == height && region->width == width) {
      mark_pixels(*region, static_cast<std::int32_t>(place), owners);
    }
  }
  const std::size_t longest = std::max({height, width, std::size_t{1}});
  const std::size_t side = std::min(side_, longest);
  const std::size_t rows = std::max<std::size_t>(height * side / longest, 1);
  const std::size_t columns = std::max<std::size_t>(width * side / longest, 1);
  std::string runs;
  std::int32_t owner = kNoOwner;
  std::size_t count = 0;
  const auto close_run = [&] {
    if (count > 0) runs += digits(static_cast<std::size_t>(owner) + 1) + digits(count);
  };
  for (std::size_t pixel = 0; pixel < rows * columns; ++pixel) {
    // The middle of what a pixel of the map stands for.
    const std::size_t row = (2 * (pixel / columns) + 1) * height / (2 * rows);
    const std::size_t column = (2 * (pixel % columns) + 1) * width / (2 * columns);
    const std::int32_t own = owners[row * width + column];
    if (own != owner) {
      close_run();
      owner = own;
      count = 0;
    }
    ++count;
  }
  close_run();
  const auto [entry, added] = known_.try_emplace(std::to_string(columns) + " " + runs, maps_.size());
  if (added) maps_.push_back({{"w", columns}, {"h", rows}, {"runs", runs}});
  return entry->second;
}

}  // namespace modattr
