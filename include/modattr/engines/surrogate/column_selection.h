#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/stats/regression_moments.h"

namespace modattr {

/// How the columns of a surrogate are chosen; the words and rules of lime's `feature_selection`.
enum class ColumnSelection {
  /// kForward for at most 6 columns, else kHighest.
  kAuto,
  /// Column by column, the one that lowers the weighted squared error of the least squares fit most.
  kForward,
  /// The largest |coefficient| of a ridge fit with alpha 0.01 of all columns.
  kHighest,
  /// Those of the lasso with the smallest penalty at which no more than so many coefficients are not 0.
  kLassoPath,
  /// All columns.
  kNone
};

/// At most `column_count` columns, ascending; all of them where there are no more. Of equal columns the first.
/// Throws std::invalid_argument for weights of more than about 1e12.
std::vector<std::size_t> select_columns(const RegressionMoments& moments, ColumnSelection selection,
                                        std::size_t column_count);

/// The word's selection; throws ConfigError naming the nearest for an unknown one.
ColumnSelection parse_column_selection(std::string_view word);
/// The words, in the order of the enumeration.
std::span<const std::string> column_selection_names();

/// Numbers of the values of largest magnitude, at most `count`, ascending; zeros are left out, and of equal ones the
/// first stands.
std::vector<std::size_t> strongest(std::span<const double> values, std::size_t count);

}  // namespace modattr
