#include "modattr/data/png_writer.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <new>
#include <span>
#include <stdexcept>
#include <string_view>

#include <zlib.h>

namespace modattr {
namespace {

using Row = std::vector<std::uint8_t>;

void add_number(std::string& text, std::uint32_t number) {
  for (unsigned shift = 32; shift > 0; shift -= 8) text += static_cast<char>(number >> (shift - 8) & 0xFFU);
}

void add_chunk(std::string& png, std::string_view type, const std::string& content) {
  add_number(png, static_cast<std::uint32_t>(content.size()));
  const std::string body = std::string(type) + content;
  png += body;
  const uLong checksum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  add_number(png, static_cast<std::uint32_t>(checksum));
}

std::uint8_t paeth(int left, int above, int corner) {
  const int guess = left + above - corner;
  const int by_left = std::abs(guess - left);
  const int by_above = std::abs(guess - above);
  const int by_corner = std::abs(guess - corner);
  if (by_left <= by_above && by_left <= by_corner) return static_cast<std::uint8_t>(left);
  return static_cast<std::uint8_t>(by_above <= by_corner ? above : corner);
}

/// A row as filter `type` (0 none, 1 left, 2 above, 4 Paeth) writes it.
Row filtered(std::span<const std::uint8_t> row, std::span<const std::uint8_t> above, std::size_t channels, int type) {
  Row result(row.size());
  for (std::size_t place = 0; place < row.size(); ++place) {
    const int left = place < channels ? 0 : row[place - channels];
    const int up = above.empty() ? 0 : above[place];
    const int corner = above.empty() || place < channels ? 0 : above[place - channels];
    const int guess = type == 1 ? left : type == 2 ? up : type == 4 ? paeth(left, up, corner) : 0;
    result[place] = static_cast<std::uint8_t>(row[place] - guess);
  }
  return result;
}

long magnitude(const Row& row) {
  long sum = 0;
  for (const std::uint8_t byte : row) sum += byte < 128 ? byte : 256 - byte;
  return sum;
}

std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string compressed(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(compressed.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                static_cast<uLong>(bytes.size()), Z_DEFAULT_COMPRESSION) != Z_OK) {
    throw std::bad_alloc();
  }
  compressed.resize(size);
  return compressed;
}

}  // namespace

Raster shrink(const Raster& raster, std::size_t side) {
  const std::size_t longer = std::max(raster.width, raster.height);
  if (longer <= side || side == 0) return raster;
  const auto scaled = [&](std::size_t length) {
    return std::max<std::size_t>((length * side + longer / 2) / longer, 1);
  };
  Raster small{
      .width = scaled(raster.width), .height = scaled(raster.height), .channels = raster.channels, .pixels = {}};
  small.pixels.reserve(small.width * small.height * small.channels);
  for (std::size_t row = 0; row < small.height; ++row) {
    const std::size_t top = row * raster.height / small.height;
    const std::size_t bottom = std::max((row + 1) * raster.height / small.height, top + 1);
    for (std::size_t column = 0; column < small.width; ++column) {
      const std::size_t left = column * raster.width / small.width;
      const std::size_t right = std::max((column + 1) * raster.width / small.width, left + 1);
      for (std::size_t channel = 0; channel < raster.channels; ++channel) {
        std::size_t sum = 0;
        for (std::size_t y = top; y < bottom; ++y) {
          for (std::size_t x = left; x < right; ++x)
            sum += raster.pixels[(y * raster.width + x) * raster.channels + channel];
        }
        const std::size_t count = (bottom - top) * (right - left);
        small.pixels.push_back(static_cast<std::uint8_t>((sum + count / 2) / count));
      }
    }
  }
  return small;
}

std::string to_png(const Raster& raster) {
  const std::size_t row_bytes = raster.width * raster.channels;
  const bool has_channels = raster.channels == 1 || raster.channels == 3;
  constexpr std::size_t kMostPixels = std::size_t{1} << 26;
  if (!has_channels || raster.width == 0 || raster.height == 0 || raster.width > kMostPixels / raster.height ||
      raster.pixels.size() != row_bytes * raster.height) {
    throw std::invalid_argument("picture: expected grey or RGB pixels of its width and height");
  }
  std::string header;
  add_number(header, static_cast<std::uint32_t>(raster.width));
  add_number(header, static_cast<std::uint32_t>(raster.height));
  header += '\x08';
  header += raster.channels == 1 ? '\x00' : '\x02';
  header.append(3, '\0');
  std::string rows;
  const std::span<const std::uint8_t> pixels(raster.pixels);
  for (std::size_t row = 0; row < raster.height; ++row) {
    const auto own = pixels.subspan(row * row_bytes, row_bytes);
    const auto above = row == 0 ? std::span<const std::uint8_t>() : pixels.subspan((row - 1) * row_bytes, row_bytes);
    Row best;
    int best_type = 0;
    long least = std::numeric_limits<long>::max();
    for (const int type : {0, 1, 2, 4}) {
      Row candidate = filtered(own, above, raster.channels, type);
      const long sum = magnitude(candidate);
      if (sum >= least) continue;
      least = sum;
      best = std::move(candidate);
      best_type = type;
    }
    rows += static_cast<char>(best_type);
    rows.append(best.begin(), best.end());
  }
  std::string png = "\x89PNG\r\n\x1a\n";
  add_chunk(png, "IHDR", header);
  add_chunk(png, "IDAT", deflated(rows));
  add_chunk(png, "IEND", "");
  return png;
}

}  // namespace modattr
