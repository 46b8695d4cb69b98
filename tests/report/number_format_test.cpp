#include "modattr/report/number_format.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace modattr::number_format_test {
namespace {

constexpr Orientation kShare = Orientation::kHigherIsBetter;
constexpr Orientation kLoss = Orientation::kLowerIsBetter;

std::string printed(double value, double largest, Orientation orientation) {
  return NumberFormat(largest, orientation)(value, "-");
}

TEST(NumberFormat, PrintsAccuraciesWithFourDecimals) {
  EXPECT_EQ(printed(0.93, 0.93, kShare), "0.9300");
  EXPECT_EQ(printed(1.0, 1.0, kShare), "1.0000");
  EXPECT_EQ(printed(0.0312, 0.0312, kShare), "0.0312");
}

TEST(NumberFormat, KeepsTwoDigitsOfVerySmallShares) {
  EXPECT_EQ(printed(0.00034, 0.00034, kShare), "0.00034");
}

TEST(NumberFormat, PrintsLossesWithFourDigits) {
  EXPECT_EQ(printed(0.012345, 0.012345, kLoss), "0.01235");
  EXPECT_EQ(printed(2.34567, 2.34567, kLoss), "2.346");
  EXPECT_EQ(printed(1523.4, 1523.4, kLoss), "1523");
}

TEST(NumberFormat, GivesTheWholeColumnTheDecimalsOfTheLargest) {
  EXPECT_EQ(printed(0.5, 152.34, kLoss), "0.5");
}

TEST(NumberFormat, PrintsExtremesWithAnExponent) {
  EXPECT_EQ(printed(1.5e-9, 1.5e-9, kShare), "1.500e-09");
  EXPECT_EQ(printed(2e20, 2e20, kLoss), "2.000e+20");
  EXPECT_EQ(printed(0.0, 2e20, kLoss), "0");
}

using Numbers = std::vector<double>;

std::string in_column(double value, const Numbers& magnitudes, const Numbers& errors, Orientation orientation) {
  return NumberFormat::of_column(magnitudes, errors, orientation)(value, "-");
}

TEST(NumberFormat, ShowsTwoDigitsOfTheSmallestOfAColumn) {
  EXPECT_EQ(in_column(2.71, {2.71, 0.0031}, {}, kLoss), "2.7100");
  EXPECT_EQ(in_column(0.0031, {2.71, 0.0031}, {}, kLoss), "0.0031");
  EXPECT_EQ(in_column(2.77, {2.77, -3.8e-6}, {}, kLoss), "2.770e+00") << "one style per column";
  EXPECT_EQ(in_column(-3.8e-6, {2.77, -3.8e-6}, {}, kLoss), "-3.800e-06");
  EXPECT_EQ(in_column(152.34, {152.34, 0.5}, {}, kLoss), "152.34");
}

TEST(NumberFormat, ShowsDigitsOfTheErrorsOfAColumn) {
  EXPECT_EQ(in_column(2.71, {2.71}, {0.0004}, kLoss), "2.71000");
  EXPECT_EQ(in_column(0.0004, {2.71}, {0.0004}, kLoss), "0.00040");
  EXPECT_EQ(in_column(0.00003, {0.2924}, {0.00003}, kShare), "0.00003");
  EXPECT_EQ(in_column(0.2924, {0.2924}, {3e-9}, kShare), "0.292400") << "six decimals at most";
}

TEST(NumberFormat, LeavesRoundingOutOfAColumnsStyle) {
  EXPECT_EQ(in_column(2.71, {2.71, 1e-9, std::nan("")}, {1e-17, std::nan("")}, kLoss), "2.710");
  EXPECT_EQ(in_column(0.93, {0.93, 0.0003}, {0.0}, kShare), "0.9300") << "shares have four decimals";
  EXPECT_EQ(in_column(0.0, {0.0}, {}, kShare), "0.0000");
}

TEST(NumberFormat, NeverPrintsAnErrorAsZero) {
  const NumberFormat format(0.9, Orientation::kHigherIsBetter);
  EXPECT_EQ(format.error(0.00012, "-"), "0.0001");
  EXPECT_EQ(format.error(0.00004, "-"), "<0.0001");
  EXPECT_EQ(format.error(0.0, "-"), "0.0000");
  EXPECT_EQ(format.error(std::nullopt, "-"), "-");
  EXPECT_EQ(NumberFormat(5e8, Orientation::kHigherIsBetter).error(4e-20, "-"), "4.000e-20");
  EXPECT_EQ(NumberFormat(54321.0, Orientation::kLowerIsBetter).error(0.2, "-"), "<1");
}

TEST(FormatPercent, HasOneDecimalUnlessSomeAreHuge) {
  EXPECT_EQ(format_percent(0.624, 1.03), "62.4%");
  EXPECT_EQ(format_percent(-0.0312, 999.0), "-3.1%");
  EXPECT_EQ(format_percent(727194.799, 727194.799), "7.3e+07%");
}

TEST(NumberFormat, PrintsZeroWithoutSign) {
  EXPECT_EQ(printed(-0.0, 0.0, kShare), "0.0000");
  EXPECT_EQ(printed(-1e-9, 0.5, kShare), "0.0000");
}

TEST(NumberFormat, ShowsWhatIsNotKnown) {
  const NumberFormat format(1.0, kShare);
  EXPECT_EQ(format(std::nullopt, "–"), "–");
  EXPECT_EQ(format(std::nan(""), "–"), "–");
  EXPECT_EQ(format(std::numeric_limits<double>::infinity(), "–"), "–");
}

TEST(NumberFormat, AcceptsEveryDouble) {
  for (const double value :
       {std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min(), 1e300, 9.99e6}) {
    EXPECT_LT(printed(value, value, kLoss).size(), 12U);
  }
}

TEST(FormatPValue, HasThreeDecimals) {
  EXPECT_EQ(format_p_value(1.0 / 11.0, "-"), "0.091");
  EXPECT_EQ(format_p_value(0.0001, "-"), "<0.001");
  EXPECT_EQ(format_p_value(std::nullopt, "-"), "-");
}

TEST(FormatExact, ReadsBackAsTheSameDouble) {
  for (const double value : {0.1, 1.0 / 3.0, -0.30000000000000004, 1e-300, 123456789.123456789}) {
    EXPECT_EQ(std::stod(format_exact(value)), value);
  }
  EXPECT_EQ(format_exact(0.1), "0.1");
  EXPECT_EQ(format_exact(std::nan("")), "");
  EXPECT_EQ(format_exact(std::nullopt), "");
}

}  // namespace
}  // namespace modattr::number_format_test
