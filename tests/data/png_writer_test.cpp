#include "modattr/data/png_writer.h"

#include <cstdlib>
#include <stdexcept>

#include <zlib.h>

#include <gtest/gtest.h>

namespace modattr {
namespace {

std::size_t number_at(const std::string& png, std::size_t place) {
  std::size_t number = 0;
  for (std::size_t byte = 0; byte < 4; ++byte) number = number << 8U | static_cast<unsigned char>(png[place + byte]);
  return number;
}

/// The pixels of a PNG with one IDAT chunk, by the rules of ISO/IEC 15948, chapter 9.
std::vector<std::uint8_t> decoded(const std::string& png, std::size_t width, std::size_t height, std::size_t channels) {
  std::string rows((width * channels + 1) * height, '\0');
  constexpr std::size_t kHeader = 8 + 25;
  EXPECT_EQ(png.substr(kHeader + 4, 4), "IDAT");
  uLongf size = rows.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(rows.data()), &size,
                       reinterpret_cast<const Bytef*>(png.data() + kHeader + 8), number_at(png, kHeader)),
            Z_OK);
  EXPECT_EQ(size, rows.size());
  const std::size_t row_bytes = width * channels;
  std::vector<std::uint8_t> pixels(row_bytes * height);
  for (std::size_t row = 0; row < height; ++row) {
    const int filter = rows[row * (row_bytes + 1)];
    for (std::size_t place = 0; place < row_bytes; ++place) {
      const int left = place < channels ? 0 : pixels[row * row_bytes + place - channels];
      const int above = row == 0 ? 0 : pixels[(row - 1) * row_bytes + place];
      const int corner = row == 0 || place < channels ? 0 : pixels[(row - 1) * row_bytes + place - channels];
      int guess = filter == 1 ? left : filter == 2 ? above : 0;
      if (filter == 4) {
        const int sum = left + above - corner;
        const int to_left = std::abs(sum - left);
        const int to_above = std::abs(sum - above);
        const int to_corner = std::abs(sum - corner);
        guess = to_left <= to_above && to_left <= to_corner ? left : to_above <= to_corner ? above : corner;
      }
      pixels[row * row_bytes + place] = static_cast<std::uint8_t>(guess + rows[row * (row_bytes + 1) + 1 + place]);
    }
  }
  return pixels;
}

Raster pattern(std::size_t width, std::size_t height, std::size_t channels) {
  Raster raster{.width = width, .height = height, .channels = channels, .pixels = {}};
  for (std::size_t place = 0; place < width * height * channels; ++place) {
    raster.pixels.push_back(static_cast<std::uint8_t>(place * place / 7 + place % 13 * 20));
  }
  return raster;
}

TEST(PngWriter, KeepsEveryPixel) {
  for (const std::size_t channels : {1U, 3U}) {
    for (const auto& [width, height] : {std::pair{1U, 1U}, std::pair{17U, 9U}, std::pair{64U, 64U}}) {
      const Raster raster = pattern(width, height, channels);
      const std::string png = to_png(raster);
      EXPECT_TRUE(png.starts_with("\x89PNG\r\n\x1a\n"));
      EXPECT_EQ(number_at(png, 16), width);
      EXPECT_EQ(number_at(png, 20), height);
      EXPECT_EQ(decoded(png, width, height, channels), raster.pixels);
    }
  }
}

TEST(PngWriter, ChecksItsChunks) {
  const std::string png = to_png(pattern(4, 4, 3));
  const auto* header = reinterpret_cast<const Bytef*>(png.data() + 12);
  EXPECT_EQ(number_at(png, 8 + 8 + 13), crc32(0, header, 17));
  EXPECT_EQ(png.substr(png.size() - 8, 4), "IEND");
  EXPECT_EQ(number_at(png, png.size() - 4), 0xAE426082U);
}

TEST(PngWriter, RefusesPixelsOfAnotherSize) {
  Raster raster = pattern(4, 4, 3);
  raster.pixels.pop_back();
  EXPECT_THROW(to_png(raster), std::invalid_argument);
  EXPECT_THROW(to_png({.width = 0, .height = 1, .channels = 1, .pixels = {}}), std::invalid_argument);
  EXPECT_THROW(to_png({.width = 1, .height = 1, .channels = 2, .pixels = {0, 0}}), std::invalid_argument);
}

TEST(Shrink, TakesMeansAndKeepsTheShape) {
  const Raster raster{.width = 4, .height = 2, .channels = 1, .pixels = {0, 10, 100, 100, 20, 30, 100, 104}};
  const Raster small = shrink(raster, 2);
  EXPECT_EQ(small.width, 2U);
  EXPECT_EQ(small.height, 1U);
  EXPECT_EQ(small.pixels, (std::vector<std::uint8_t>{15, 101}));
  EXPECT_EQ(shrink(raster, 4).pixels, raster.pixels);
  EXPECT_EQ(shrink(pattern(100, 1, 1), 10).height, 1U);
}

}  // namespace
}  // namespace modattr
