#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "modattr/core/metric.h"

namespace modattr {

/// How all numbers of one column are printed for people. The rule: the largest magnitude of the column gets four
/// significant digits and the others as many decimals as it; where higher is better (accuracies, shares) at most 4
/// decimals, unless that leaves the largest fewer than two significant digits. Magnitudes below 1e-6 (1e-4 where lower
/// is better) or from 1e7 on are printed like 1.234e-07. Never depends on the locale.
class NumberFormat {
 public:
  NumberFormat(double largest_magnitude, Orientation orientation);

  /// `unknown` where there is no value or it is not finite.
  std::string operator()(std::optional<double> value, std::string_view unknown) const;

 private:
  enum class Notation : std::uint8_t { kFixed, kScientific };
  Notation notation_;
  int decimals_;
};

/// A number with a fixed count of decimals, e.g. a percentage.
std::string format_fixed(double value, int decimals);

/// Three decimals, "<0.001" below.
std::string format_p_value(std::optional<double> value, std::string_view unknown);

/// The shortest digits that read back as the same double; empty where there is no value or it is not finite.
std::string format_exact(std::optional<double> value);

/// "4000 examples", "1 example".
std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace modattr
