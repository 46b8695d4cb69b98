#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "modattr/report/text_style.h"

namespace modattr {

/// A value of a sparkline.
struct SparkPoint {
  std::optional<double> value;
  /// Values of different segments are not to be compared: a bar stands between them, and each has a scale of its own.
  std::size_t segment = 0;
};

/// One cell per value, as high as the value lies between the least and the largest of its segment; in the middle where
/// they are all the same, a space where there is no value. The last ones only where all need more than `width` cells.
/// Blocks, or the signs " . : - = + * # @" without Unicode.
std::string sparkline(std::span<const SparkPoint> points, std::size_t width, const TextStyle& style);

/// Between two segments: "│", or "|".
const char* segment_mark(const TextStyle& style);

}  // namespace modattr
