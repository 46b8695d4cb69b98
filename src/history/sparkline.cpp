#include "modattr/history/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace modattr {
namespace {

constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> kSigns = {".", ":", "-", "=", "+", "*", "#", "@"};
constexpr std::size_t kMiddle = 3;

/// Cells of the points from `first` on, bars included.
std::size_t cells_from(std::span<const SparkPoint> points, std::size_t first) {
  std::size_t cells = points.size() - first;
  for (std::size_t place = first + 1; place < points.size(); ++place) {
    if (points[place].segment != points[place - 1].segment) ++cells;
  }
  return cells;
}

/// How high a value stands, 0 to 7.
std::size_t level_of(double value, double least, double largest) {
  // Halves, so that the difference of two large numbers is finite.
  const double range = largest / 2 - least / 2;
  if (!(range > 0.0)) return kMiddle;
  constexpr double kTop = kBlocks.size() - 1;
  return static_cast<std::size_t>(std::lround(std::clamp((value / 2 - least / 2) / range, 0.0, 1.0) * kTop));
}

}  // namespace

const char* segment_mark(const TextStyle& style) {
  return style.unicode ? "│" : "|";
}

std::string sparkline(std::span<const SparkPoint> points, std::size_t width, const TextStyle& style) {
  std::size_t first = points.size() > width ? points.size() - width : 0;
  while (first < points.size() && cells_from(points, first) > width) ++first;
  std::string text;
  for (std::size_t place = first; place < points.size(); ++place) {
    const SparkPoint& point = points[place];
    if (place > first && point.segment != points[place - 1].segment) text += segment_mark(style);
    if (!point.value) {
      text += ' ';
      continue;
    }
    double least = *point.value;
    double largest = *point.value;
    for (const SparkPoint& other : points.subspan(first)) {
      if (other.segment != point.segment || !other.value) continue;
      least = std::min(least, *other.value);
      largest = std::max(largest, *other.value);
    }
    text += (style.unicode ? kBlocks : kSigns).at(level_of(*point.value, least, largest));
  }
  return text;
}

}  // namespace modattr
