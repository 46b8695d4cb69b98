#include "modattr/report/number_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace modattr {
namespace {

constexpr int kSignificantDigits = 4;
constexpr int kFewestSignificantDigits = 2;
constexpr int kMostShareDecimals = 4;
constexpr double kLargestFixed = 1e7;
constexpr int kMostDecimals = 6;
constexpr int kMostFixedDigits = 10;
constexpr double kLargestFixedFraction = 1e3;

// Long enough for any double in fixed notation with the decimals used here.
using Buffer = std::array<char, 512>;

std::string print(double value, std::chars_format format, int decimals) {
  Buffer buffer{};
  const auto result = std::to_chars(buffer.begin(), buffer.end(), value, format, decimals);
  return {buffer.begin(), result.ptr};
}

bool is_known(std::optional<double> value) {
  return value && std::isfinite(*value);
}

/// Of the finite ones; 0 for none.
double largest_of(std::span<const double> magnitudes) {
  double largest = 0.0;
  for (const double magnitude : magnitudes) {
    if (std::isfinite(magnitude)) largest = std::max(largest, std::abs(magnitude));
  }
  return largest;
}

/// Of the finite ones above `least`.
std::optional<double> smallest_above(std::span<const double> magnitudes, double least) {
  std::optional<double> smallest;
  for (const double magnitude : magnitudes) {
    if (!std::isfinite(magnitude) || !(std::abs(magnitude) > least)) continue;
    smallest = std::min(smallest.value_or(std::abs(magnitude)), std::abs(magnitude));
  }
  return smallest;
}

/// Decimals that show so many significant digits of a number.
int decimals_for(double magnitude, int digits) {
  return digits - 1 - static_cast<int>(std::floor(std::log10(magnitude)));
}

}  // namespace

NumberFormat::NumberFormat(double largest_magnitude, Orientation orientation) : decimals_(kMostShareDecimals) {
  const bool is_share = orientation == Orientation::kHigherIsBetter;
  if (!(largest_magnitude > 0.0) || !std::isfinite(largest_magnitude)) return;
  if (largest_magnitude < (is_share ? 1e-6 : 1e-4) || largest_magnitude >= kLargestFixed) {
    notation_ = Notation::kScientific;
    decimals_ = kSignificantDigits - 1;
    return;
  }
  // 0.1 < m <= 1 counts as no digit before the point, so that an accuracy of exactly 1 looks like one of 0.99.
  const int integer_digits = static_cast<int>(std::ceil(std::log10(largest_magnitude)));
  decimals_ = std::max(kSignificantDigits - integer_digits, 0);
  if (is_share) {
    decimals_ = std::min(decimals_, std::max(kMostShareDecimals, kFewestSignificantDigits - integer_digits));
  }
}

NumberFormat NumberFormat::of_column(std::span<const double> magnitudes, std::span<const double> errors,
                                     Orientation orientation) {
  constexpr double kRoundingOfValues = 1e-6;
  constexpr double kRoundingOfErrors = 1e-12;
  const double largest = largest_of(magnitudes);
  NumberFormat format(largest, orientation);
  if (format.notation_ == Notation::kScientific || largest == 0.0) return format;
  const bool is_share = orientation == Orientation::kHigherIsBetter && largest <= 1.0;
  const auto integer_digits = std::max(static_cast<int>(std::floor(std::log10(largest))) + 1, 1);
  const std::optional<double> smallest = smallest_above(magnitudes, kRoundingOfValues * largest);
  if (smallest && !is_share) {
    const int decimals = decimals_for(*smallest, kFewestSignificantDigits);
    if (decimals > kMostDecimals || integer_digits + decimals > kMostFixedDigits) {
      format.notation_ = Notation::kScientific;
      format.decimals_ = kSignificantDigits - 1;
      return format;
    }
    format.decimals_ = std::max(format.decimals_, decimals);
  }
  if (const std::optional<double> error = smallest_above(errors, kRoundingOfErrors * largest)) {
    const int decimals = std::min(decimals_for(*error, is_share ? 1 : kFewestSignificantDigits), kMostDecimals);
    if (integer_digits + decimals <= kMostFixedDigits) format.decimals_ = std::max(format.decimals_, decimals);
  }
  return format;
}

std::string NumberFormat::operator()(std::optional<double> value, std::string_view unknown) const {
  if (!is_known(value)) return std::string(unknown);
  if (notation_ == Notation::kScientific && *value != 0.0)
    return print(*value, std::chars_format::scientific, decimals_);
  return format_fixed(*value, notation_ == Notation::kScientific ? 0 : decimals_);
}

std::string NumberFormat::error(std::optional<double> value, std::string_view unknown) const {
  std::string text = (*this)(value, unknown);
  if (!is_known(value) || *value == 0.0 || text.find_first_not_of("0.") != std::string::npos) return text;
  return "<" + format_fixed(std::pow(10.0, -decimals_), decimals_);
}

std::string format_fixed(double value, int decimals) {
  std::string text = print(value, std::chars_format::fixed, decimals);
  const bool is_minus_zero = text.front() == '-' && text.find_first_not_of("-0.") == std::string::npos;
  return is_minus_zero ? text.substr(1) : text;
}

std::string format_percent(double fraction, double largest_magnitude) {
  if (largest_magnitude < kLargestFixedFraction) return format_fixed(100.0 * fraction, 1) + "%";
  return print(100.0 * fraction, std::chars_format::scientific, 1) + "%";
}

std::string format_p_value(std::optional<double> value, std::string_view unknown) {
  if (!is_known(value)) return std::string(unknown);
  return *value < 0.001 ? "<0.001" : format_fixed(*value, 3);
}

std::string format_exact(std::optional<double> value) {
  if (!is_known(value)) return "";
  Buffer buffer{};
  return {buffer.begin(), std::to_chars(buffer.begin(), buffer.end(), *value).ptr};
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace modattr
