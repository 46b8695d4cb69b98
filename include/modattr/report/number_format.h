#pragma once

#include <cstdint>
#include <optional>
#include <span>
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
  /// Of a column with these magnitudes and their errors: more decimals, up to 6, where the smallest of them would show
  /// too few significant digits (two; none but of the error, and one of it, in a column of shares), and an exponent
  /// where these do not do. What is not finite, or 0 but for rounding (a magnitude below 1e-6, an error below 1e-12 of
  /// the largest magnitude), does not count.
  static NumberFormat of_column(std::span<const double> magnitudes, std::span<const double> errors,
                                Orientation orientation);

  /// `unknown` where there is no value or it is not finite.
  std::string operator()(std::optional<double> value, std::string_view unknown) const;
  /// A standard error: like "<0.0001" where it is above 0 and too small for the decimals of its column.
  std::string error(std::optional<double> value, std::string_view unknown) const;

 private:
  enum class Notation : std::uint8_t { kFixed, kScientific };
  Notation notation_ = Notation::kFixed;
  int decimals_;
};

/// A number with a fixed count of decimals, e.g. a percentage.
std::string format_fixed(double value, int decimals);

/// Percentages of fractions up to `largest_magnitude`: one decimal, like 1.2e+06% where some are above 100000 %.
std::string format_percent(double fraction, double largest_magnitude);

/// Three decimals, "<0.001" below.
std::string format_p_value(std::optional<double> value, std::string_view unknown);

/// The shortest digits that read back as the same double; empty where there is no value or it is not finite.
std::string format_exact(std::optional<double> value);

/// "4000 examples", "1 example".
std::string counted(std::uint64_t count, std::string_view noun);

}  // namespace modattr
