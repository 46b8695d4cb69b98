#include "modattr/data/webp_writer.h"

#include <cmath>
#include <cstdlib>
#include <span>
#include <stdexcept>

#include <gtest/gtest.h>

#include "modattr/data/raw/picture_file.h"
#include "support/drawn_picture.h"

namespace modattr {
namespace {

Raster decoded_webp(const std::string& file) {
  return decode_picture(std::as_bytes(std::span(file.data(), file.size())), PictureOrientation::kStored, "picture");
}

/// The mean distance of two pictures.
double distance(const Raster& one, const Raster& other) {
  double sum = 0.0;
  for (std::size_t place = 0; place < one.pixels.size(); ++place) {
    sum += std::abs(static_cast<double>(one.pixels[place]) - static_cast<double>(other.pixels[place]));
  }
  return sum / static_cast<double>(one.pixels.size());
}

TEST(WebpWriter, WritesWhatLooksLikeThePicture) {
  Raster raster{.width = 48, .height = 32, .channels = 3, .pixels = {}};
  for (std::size_t place = 0; place < 48 * 32; ++place) {
    const auto x = static_cast<std::uint8_t>(place % 48 * 5);
    const auto y = static_cast<std::uint8_t>(place / 48 * 7);
    raster.pixels.insert(raster.pixels.end(), {x, y, 40});
  }
  const Raster read = decoded_webp(to_webp(raster));
  ASSERT_EQ(read.pixels.size(), raster.pixels.size());
  EXPECT_EQ(read.width, 48U);
  EXPECT_LT(distance(read, raster), 4.0);
  EXPECT_LT(to_webp(drawn_picture(64, 64, 1)).size() * 3, to_png(drawn_picture(64, 64, 1)).size());
}

TEST(WebpWriter, WritesGreyAsEqualColours) {
  const Raster raster{.width = 8, .height = 2, .channels = 1, .pixels = std::vector<std::uint8_t>(16, 100)};
  const Raster read = decoded_webp(to_webp(raster));
  ASSERT_EQ(read.pixels.size(), 48U);
  for (const std::uint8_t pixel : read.pixels) EXPECT_NEAR(pixel, 100, 2);
}

TEST(WebpWriter, RefusesSizesThatDoNotGoTogether) {
  EXPECT_THROW(to_webp({}), std::invalid_argument);
  EXPECT_THROW(to_webp({.width = 2, .height = 2, .channels = 3, .pixels = std::vector<std::uint8_t>(11)}),
               std::invalid_argument);
  EXPECT_THROW(to_webp({.width = 20000, .height = 1, .channels = 1, .pixels = std::vector<std::uint8_t>(20000)}),
               std::invalid_argument);
}

}  // namespace
}  // namespace modattr
