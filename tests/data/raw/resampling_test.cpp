#include "modattr/data/raw/resampling.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "modattr/data/array_file.h"
#include "support/drawn_picture.h"

namespace modattr {
namespace {

const char* const kPillowFixture = MODATTR_TEST_DIR "/fixtures/pictures/resized.npz";

std::vector<std::uint8_t> golden_bytes(const std::string& name) {
  for (const Array& array : open_array_file(kPillowFixture)) {
    if (array.name != name) continue;
    const auto* const first = reinterpret_cast<const std::uint8_t*>(array.bytes.data());
    return {first, first + array.bytes.size()};
  }
  throw std::runtime_error("no fixture " + name);
}

TEST(Resampling, GivesTheBytesOfPillow) {
  const std::vector<std::pair<std::string, Interpolation>> filters = {
      {"nearest", Interpolation::kNearest}, {"bilinear", Interpolation::kBilinear},
      {"bicubic", Interpolation::kBicubic}, {"box", Interpolation::kBox},
      {"hamming", Interpolation::kHamming}, {"lanczos", Interpolation::kLanczos}};
  const Raster picture = drawn_picture(41, 29, 7);
  for (const auto& [name, interpolation] : filters) {
    for (const auto& [width, height] : {std::pair{13U, 17U}, std::pair{67U, 53U}, std::pair{41U, 11U}}) {
      const Raster resized = resize_as_pillow(picture, width, height, interpolation);
      EXPECT_EQ(resized.pixels,
                golden_bytes("pillow_" + name + "_" + std::to_string(width) + "x" + std::to_string(height)))
          << name << " to " << width << " x " << height;
    }
  }
}

TEST(Resampling, KeepsAPictureOfTheSameSize) {
  const Raster picture = drawn_picture(7, 5, 1);
  EXPECT_EQ(resize_as_pillow(picture, 7, 5, Interpolation::kLanczos).pixels, picture.pixels);
  EXPECT_EQ(resize_as_tensor(picture, 7, 5, Interpolation::kBicubic, Antialias::kYes).pixels, picture.pixels);
}

TEST(Resampling, OfATensorWithoutAntialiasSkipsPixels) {
  // One bright column of nine: a filter that does not grow does not see it.
  Raster picture{.width = 9, .height = 9, .channels = 1, .pixels = std::vector<std::uint8_t>(81)};
  for (std::size_t row = 0; row < 9; ++row) picture.pixels[row * 9] = 255;
  const Raster seen = resize_as_tensor(picture, 3, 3, Interpolation::kBilinear, Antialias::kYes);
  const Raster skipped = resize_as_tensor(picture, 3, 3, Interpolation::kBilinear, Antialias::kNo);
  EXPECT_GT(seen.pixels[0], 0);
  EXPECT_EQ(skipped.pixels[0], 0);
}

TEST(Resampling, OfATensorKnowsThreeFilters) {
  EXPECT_THROW(resize_as_tensor(drawn_picture(4, 4, 0), 2, 2, Interpolation::kLanczos, Antialias::kYes),
               std::invalid_argument);
}

}  // namespace
}  // namespace modattr
