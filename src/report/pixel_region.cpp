#include "modattr/report/pixel_region.h"

#include <algorithm>
#include <utility>

namespace modattr {
namespace {

/// Calls visit(first, count) for every stretch of the region; places are counted column by column.
template <typename Visit>
void for_each_stretch(const PixelRegion& region, const Visit& visit) {
  std::size_t place = 0;
  for (std::size_t entry = 0; entry < region.counts.size(); ++entry) {
    if (entry % 2 == 1) visit(place, std::size_t{region.counts[entry]});
    place += region.counts[entry];
  }
}

}  // namespace

std::vector<PixelRegion> regions_of(std::span<const std::int32_t> owners, std::size_t height, std::size_t width,
                                    std::size_t player_count) {
  std::vector<PixelRegion> regions(player_count, PixelRegion{.height = height, .width = width, .counts = {}});
  std::vector<std::size_t> ends(player_count, 0);
  std::int32_t before = kNoOwner;
  for (std::size_t column = 0; column < width; ++column) {
    for (std::size_t row = 0; row < height; ++row) {
      const std::int32_t owner = owners[row * width + column];
      const std::size_t place = column * height + row;
      if (owner != kNoOwner) {
        const auto player = static_cast<std::size_t>(owner);
        std::vector<std::uint32_t>& counts = regions[player].counts;
        if (owner != before) {
          counts.push_back(static_cast<std::uint32_t>(place - ends[player]));
          counts.push_back(0);
        }
        ++counts.back();
        ends[player] = place + 1;
      }
      before = owner;
    }
  }
  for (std::size_t player = 0; player < player_count; ++player) {
    const std::size_t rest = height * width - ends[player];
    if (rest > 0) regions[player].counts.push_back(static_cast<std::uint32_t>(rest));
  }
  return regions;
}

void mark_pixels(const PixelRegion& region, std::int32_t number, std::span<std::int32_t> pixels) {
  for_each_stretch(region, [&](std::size_t first, std::size_t count) {
    for (std::size_t place = first; place < first + count; ++place) {
      pixels[place % region.height * region.width + place / region.height] = number;
    }
  });
}

std::vector<PatchPlace> rectangles_of(const PixelRegion& region) {
  std::vector<PatchPlace> rectangles;
  // Those of the column before, which may grow.
  std::size_t open = 0;
  std::size_t column = 0;
  std::vector<PatchPlace> own;
  const auto close_column = [&] {
    const bool is_same = own.size() == rectangles.size() - open &&
                         std::equal(own.begin(), own.end(), rectangles.begin() + static_cast<std::ptrdiff_t>(open),
                                    [](const PatchPlace& one, const PatchPlace& other) {
                                      return one.row == other.row && one.height == other.height &&
                                             one.column == other.column + other.width;
                                    });
    if (is_same) {
      for (std::size_t place = open; place < rectangles.size(); ++place) ++rectangles[place].width;
    } else {
      open = rectangles.size();
      rectangles.insert(rectangles.end(), own.begin(), own.end());
    }
    own.clear();
  };
  for_each_stretch(region, [&](std::size_t first, std::size_t count) {
    while (count > 0) {
      if (first / region.height != column) {
        close_column();
        column = first / region.height;
      }
      const std::size_t row = first % region.height;
      const std::size_t height = std::min(count, region.height - row);
      own.push_back({.row = row, .column = column, .height = height, .width = 1});
      first += height;
      count -= height;
    }
  });
  close_column();
  return rectangles;
}

std::string to_coco_counts(const PixelRegion& region) {
  std::string text;
  for (std::size_t entry = 0; entry < region.counts.size(); ++entry) {
    // From the third on, the difference from the last count but one.
    auto number = static_cast<std::int64_t>(region.counts[entry]);
    if (entry > 2) number -= static_cast<std::int64_t>(region.counts[entry - 2]);
    for (bool goes_on = true; goes_on;) {
      auto bits = static_cast<unsigned>(number & 0x1F);
      number >>= 5;
      goes_on = (bits & 0x10U) != 0 ? number != -1 : number != 0;
      if (goes_on) bits |= 0x20U;
      text += static_cast<char>(bits + 48U);
    }
  }
  return text;
}

std::optional<PixelRegion> from_coco_counts(std::string_view text, std::size_t height, std::size_t width) {
  constexpr std::size_t kMostPixels = std::size_t{1} << 26U;
  if (height == 0 || width == 0 || height > kMostPixels || width > kMostPixels / height) return std::nullopt;
  PixelRegion region{.height = height, .width = width, .counts = {}};
  const auto pixel_count = static_cast<std::int64_t>(height * width);
  std::int64_t sum = 0;
  for (std::size_t place = 0; place < text.size();) {
    std::int64_t number = 0;
    for (unsigned shift = 0;; shift += 5) {
      if (place == text.size() || shift > 45) return std::nullopt;
      const int bits = text[place++] - 48;
      if (bits < 0 || bits > 0x3F) return std::nullopt;
      number |= static_cast<std::int64_t>(bits & 0x1F) << shift;
      if ((bits & 0x20) != 0) continue;
      if ((bits & 0x10) != 0) number -= std::int64_t{1} << (shift + 5);
      break;
    }
    if (region.counts.size() > 2) number += region.counts[region.counts.size() - 2];
    if (number < 0 || number > pixel_count - sum) return std::nullopt;
    sum += number;
    region.counts.push_back(static_cast<std::uint32_t>(number));
  }
  return sum == pixel_count ? std::optional(std::move(region)) : std::nullopt;
}

}  // namespace modattr
