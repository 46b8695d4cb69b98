#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "modattr/report/text_style.h"

namespace modattr {

/// Where zero lies in a column of bars and how long a bar of 1 is. All bars of a column share one axis.
struct BarAxis {
  /// Cells left of the zero line; 0 = no negative bar and no line.
  std::size_t negative_cells = 0;
  std::size_t positive_cells = 0;
  /// Cells of a bar of length 1.
  double cells_per_unit = 0.0;
};

/// The axis on which `lengths`, each in [-1, 1], fill `width` cells (at least 3).
BarAxis fit_bar_axis(std::span<const double> lengths, std::size_t width);

/// Whether the sign of the number behind a bar is certain; an uncertain bar is drawn faint.
enum class BarEmphasis { kCertain, kUncertain };

/// One bar, exactly as wide as the axis: in eighths of a cell to the right, halves to the left; '#' without Unicode.
std::string draw_bar(double length, const BarAxis& axis, BarEmphasis emphasis, const TextStyle& style);

}  // namespace modattr
