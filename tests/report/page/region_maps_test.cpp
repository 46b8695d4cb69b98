#include "report/page/region_maps.h"

#include <gtest/gtest.h>

#include "modattr/report/pixel_region.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

/// Players of modality 1 that own the columns of a picture, behind a word of modality 0.
std::vector<PlayerScore> players_of_columns(std::size_t height, std::size_t width) {
  std::vector<std::int32_t> owners;
  for (std::size_t pixel = 0; pixel < height * width; ++pixel) {
    owners.push_back(static_cast<std::int32_t>(pixel % width) - 1);
  }
  std::vector<PlayerScore> players{{.modality = 0, .player = 0, .label = "word", .value = 1.0, .std_error = {}}};
  for (const PixelRegion& region : regions_of(owners, height, width, width - 1)) {
    players.push_back({.modality = 1, .player = players.size() - 1, .label = "", .value = 0.5, .std_error = {}});
    players.back().region = region;
  }
  return players;
}

TEST(RegionMaps, NameThePlayersPixelByPixel) {
  RegionMaps maps({});
  const std::vector<PlayerScore> players = players_of_columns(2, 3);
  EXPECT_EQ(maps.places_of(players), Json::parse("[[1, 0]]"));
  // Nobody, the first, the second; then the next row.
  EXPECT_EQ(maps.maps(), Json::parse(R"([{"w": 3, "h": 2, "runs": "ABBBCBABBBCB"}])"));
}

TEST(RegionMaps, TakeTheMiddleOfWhatACellStandsFor) {
  // Three pixels per cell, of which the one in the middle has another owner; in a column, then in a row.
  std::vector<std::int32_t> owners(672, 0);
  for (std::size_t pixel = 1; pixel < owners.size(); pixel += 3) owners[pixel] = 1;
  for (const auto& [height, width] : {std::pair{672U, 1U}, std::pair{1U, 672U}}) {
    std::vector<PlayerScore> players;
    for (const PixelRegion& region : regions_of(owners, height, width, 2)) {
      players.push_back({.modality = 0, .player = players.size(), .label = "", .value = 0.5, .std_error = {}});
      players.back().region = region;
    }
    RegionMaps maps({});
    maps.places_of(players);
    // 224 cells of the second player: 0 and 7 times 32.
    EXPECT_EQ(maps.maps()[0]["runs"], "CgH");
  }
}

TEST(RegionMaps, AreKeptOnce) {
  RegionMaps maps({});
  const std::vector<PlayerScore> players = players_of_columns(2, 3);
  maps.places_of(players);
  EXPECT_EQ(maps.places_of(players), Json::parse("[[1, 0]]"));
  EXPECT_EQ(maps.places_of(players_of_columns(3, 3)), Json::parse("[[1, 1]]"));
  EXPECT_EQ(maps.maps().size(), 2U);
  EXPECT_TRUE(maps.places_of(std::span(players).first(1)).empty()) << "words only";
}

TEST(RegionMaps, GetSmallerWhereThereAreMany) {
  ExampleRecord record;
  record.attribution.players = players_of_columns(300, 600);
  for (const auto& [count, side] :
       {std::pair{1U, 224}, std::pair{101U, 96}, std::pair{1001U, 48}, std::pair{2501U, 32}}) {
    std::vector<ExampleRecord> records(count, record);
    RegionMaps of_one_picture(records);
    of_one_picture.places_of(record.attribution.players);
    EXPECT_EQ(of_one_picture.maps()[0]["w"], 224);
    for (std::uint32_t place = 0; place < count; ++place)
      records[place].attribution.players[1].region->counts[0] += place;
    RegionMaps maps(records);
    maps.places_of(record.attribution.players);
    EXPECT_EQ(maps.maps()[0]["w"], side);
    EXPECT_EQ(maps.maps()[0]["h"], side / 2);
  }
}

}  // namespace
}  // namespace modattr
