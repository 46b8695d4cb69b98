#include "modattr/report/pixel_region.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"

namespace modattr {
namespace {

/// Owners of a picture, some pixels nobody's.
std::vector<std::int32_t> drawn_owners(std::size_t pixel_count, std::uint32_t player_count, std::uint64_t seed) {
  RandomStream stream = Rng(seed).stream(RandomPurpose::kBackground, 0, 0);
  std::vector<std::int32_t> owners;
  std::int32_t owner = kNoOwner;
  while (owners.size() < pixel_count) {
    if (stream.below(3) == 0) owner = static_cast<std::int32_t>(stream.below(player_count + 1)) - 1;
    owners.push_back(owner);
  }
  return owners;
}

std::size_t pixels_of(const PixelRegion& region) {
  return std::accumulate(region.counts.begin(), region.counts.end(), std::size_t{0});
}

TEST(PixelRegion, IsWrittenAsCocoDoes) {
  // The upper right quarter of a picture, as a document of pycocotools' users shows it.
  std::vector<std::int32_t> owners(10'000, kNoOwner);
  for (std::size_t row = 0; row < 50; ++row)
    std::fill_n(owners.begin() + static_cast<std::ptrdiff_t>(row * 100 + 50), 50, 0);
  const PixelRegion quarter = regions_of(owners, 100, 100, 1).front();
  EXPECT_EQ(to_coco_counts(quarter), "Xl4b1b1" + std::string(98, '0'));
  EXPECT_EQ(to_coco_counts({.height = 2, .width = 3, .counts = {0, 6}}), "06");
}

TEST(PixelRegion, OfCocoIsReadBack) {
  // Masks of an instance that people drew, from the tests of detectors.
  const std::string text = "nYW31n>2N2FNbA48Kf=?XBDe=m0OM3M4YOPB8_>L4JXao5";
  const std::optional<PixelRegion> region = from_coco_counts(text, 480, 640);
  ASSERT_TRUE(region);
  EXPECT_EQ(pixels_of(*region), 480U * 640U);
  EXPECT_EQ(to_coco_counts(*region), text);
  EXPECT_TRUE(from_coco_counts(
      "Q[]17mn06M3L3M3M3M3N2M3M2O2N100O100N20000O100O1000O100000001N10001N101N101N1O2N2N3K4K6G\\Vkk0", 1000, 1000));
}

TEST(PixelRegion, OfOtherTextIsNone) {
  for (const char* const text : {"", "06x", "07", "0", " 6", "~", "0o", "0oooooooooooooooo1"}) {
    EXPECT_FALSE(from_coco_counts(text, 2, 3)) << text;
  }
  EXPECT_FALSE(from_coco_counts("0", 0, 3));
  EXPECT_FALSE(from_coco_counts("06", std::size_t{1} << 40U, std::size_t{1} << 40U));
}

TEST(PixelRegion, TogetherGiveBackTheOwners) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const std::size_t height = 1 + seed % 7;
    const std::size_t width = 1 + seed % 11;
    const std::vector<std::int32_t> owners = drawn_owners(height * width, 4, seed);
    std::vector<std::int32_t> pixels(owners.size(), kNoOwner);
    std::vector<std::int32_t> covered(owners.size(), kNoOwner);
    const std::vector<PixelRegion> regions = regions_of(owners, height, width, 4);
    for (std::size_t player = 0; player < regions.size(); ++player) {
      EXPECT_EQ(pixels_of(regions[player]), owners.size());
      EXPECT_EQ(from_coco_counts(to_coco_counts(regions[player]), height, width), regions[player]);
      mark_pixels(regions[player], static_cast<std::int32_t>(player), pixels);
      for (const PatchPlace& place : rectangles_of(regions[player])) {
        for (std::size_t pixel = 0; pixel < place.height * place.width; ++pixel) {
          const std::size_t row = place.row + pixel / place.width;
          std::int32_t& mark = covered.at(row * width + place.column + pixel % place.width);
          EXPECT_EQ(mark, kNoOwner) << "twice";
          mark = static_cast<std::int32_t>(player);
        }
      }
    }
    EXPECT_EQ(pixels, owners) << seed;
    EXPECT_EQ(covered, owners) << seed;
  }
}

TEST(PixelRegion, OfABoxIsOneRectangle) {
  std::vector<std::int32_t> owners(30, kNoOwner);
  for (const std::size_t pixel : {8U, 9U, 10U, 14U, 15U, 16U}) owners[pixel] = 0;
  const std::vector<PatchPlace> places = rectangles_of(regions_of(owners, 5, 6, 1).front());
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].row, 1U);
  EXPECT_EQ(places[0].column, 2U);
  EXPECT_EQ(places[0].height, 2U);
  EXPECT_EQ(places[0].width, 3U);
}

}  // namespace
}  // namespace modattr
