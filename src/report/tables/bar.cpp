#include "modattr/report/tables/bar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "modattr/report/text.h"

namespace modattr {
namespace {

constexpr std::array<std::string_view, 8> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

std::string repeated(std::string_view piece, std::size_t count) {
  std::string text;
  for (std::size_t at = 0; at < count; ++at) text += piece;
  return text;
}

std::size_t rounded(double value) {
  return static_cast<std::size_t>(std::lround(std::max(value, 0.0)));
}

std::string block_right(double cells, const TextStyle& style) {
  if (!style.unicode) return repeated("#", rounded(cells));
  const std::size_t eighths = rounded(cells * 8.0);
  return repeated("█", eighths / 8).append(kEighths.at(eighths % 8));
}

// Unicode has no eighths that grow from the right, only a half.
std::string block_left(double cells, const TextStyle& style) {
  if (!style.unicode) return repeated("#", rounded(cells));
  const std::size_t halves = rounded(cells * 2.0);
  return repeated("▐", halves % 2).append(repeated("█", halves / 2));
}

}  // namespace

BarAxis fit_bar_axis(std::span<const double> lengths, std::size_t width) {
  double lowest = 0.0;
  double highest = 0.0;
  for (const double length : lengths) {
    lowest = std::min(lowest, length);
    highest = std::max(highest, length);
  }
  if (lowest == 0.0) return {.positive_cells = width, .cells_per_unit = static_cast<double>(width)};
  const std::size_t cells = width - 1;
  const double wanted = std::ceil(static_cast<double>(cells) * -lowest / (highest - lowest));
  const std::size_t most = highest > 0.0 ? cells - 1 : cells;
  BarAxis axis;
  axis.negative_cells = std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, most);
  axis.positive_cells = cells - axis.negative_cells;
  axis.cells_per_unit = static_cast<double>(axis.negative_cells) / -lowest;
  if (highest > 0.0) {
    axis.cells_per_unit = std::min(axis.cells_per_unit, static_cast<double>(axis.positive_cells) / highest);
  }
  return axis;
}

std::string draw_bar(double length, const BarAxis& axis, BarEmphasis emphasis, const TextStyle& style) {
  const double cells = length * axis.cells_per_unit;
  const bool is_faint = emphasis == BarEmphasis::kUncertain;
  const std::string right = pad(cells > 0.0 ? block_right(cells, style) : "", axis.positive_cells, Alignment::kLeft);
  const std::string bar = painted(right, is_faint ? Paint::kFaint : Paint::kPositive, style);
  if (axis.negative_cells == 0) return bar;
  const std::string left = pad(cells < 0.0 ? block_left(-cells, style) : "", axis.negative_cells, Alignment::kRight);
  return painted(left, is_faint ? Paint::kFaint : Paint::kNegative, style) +
         painted(style.unicode ? "│" : "|", Paint::kFaint, style) + bar;
}

}  // namespace modattr
