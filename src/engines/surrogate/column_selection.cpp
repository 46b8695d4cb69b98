#include "modattr/engines/surrogate/column_selection.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/stats/lasso.h"
#include "modattr/stats/ridge.h"

namespace modattr {
namespace {

constexpr std::size_t kMostForwardColumns = 6;
constexpr double kAlphaOfHighest = 0.01;

/// Greedy least squares. What is chosen is swept out of the others, so that a column's gain is one division.
std::vector<std::size_t> select_forward(const RegressionMoments& moments, std::size_t column_count) {
  Matrix products = moments.products;
  std::vector<double> responses = moments.responses;
  std::vector<bool> is_chosen(moments.column_count(), false);
  std::vector<std::size_t> chosen;
  while (chosen.size() < column_count) {
    std::optional<std::size_t> best;
    double largest_gain = 0.0;
    for (std::size_t column = 0; column < is_chosen.size(); ++column) {
      // What rounding leaves of a combination of chosen columns.
      const bool is_new = products(column, column) > 1e-10 * moments.products(column, column);
      if (is_chosen[column] || !is_new) continue;
      const double gain = responses[column] * responses[column] / products(column, column);
      if (best && gain <= largest_gain * (1.0 + 1e-12)) continue;
      best = column;
      largest_gain = gain;
    }
    if (!best) break;
    is_chosen[*best] = true;
    chosen.push_back(*best);
    const double pivot = products(*best, *best);
    const std::vector<double> pivot_row(products.row(*best).begin(), products.row(*best).end());
    const double pivot_response = responses[*best];
    for (std::size_t row = 0; row < is_chosen.size(); ++row) {
      const double factor = pivot_row[row] / pivot;
      responses[row] -= factor * pivot_response;
      for (std::size_t column = 0; column < is_chosen.size(); ++column) {
        products(row, column) -= factor * pivot_row[column];
      }
    }
  }
  std::ranges::sort(chosen);
  return chosen;
}

std::vector<std::size_t> select_by_lasso_path(const RegressionMoments& moments, std::size_t column_count) {
  const std::vector<LassoKnot> path = lasso_path(moments);
  for (std::size_t knot = path.size(); knot-- > 0;) {
    std::vector<std::size_t> columns;
    for (std::size_t column = 0; column < moments.column_count(); ++column) {
      if (path[knot].coefficients[column] != 0.0) columns.push_back(column);
    }
    if (columns.size() <= column_count) return columns;
  }
  return {};
}

std::vector<std::size_t> select_highest(const RegressionMoments& moments, std::size_t column_count) {
  const std::optional<LinearFit> fit = ridge(moments, kAlphaOfHighest);
  if (!fit) throw std::invalid_argument("selection: the weights are too large for a ridge fit");
  return strongest(fit->coefficients, column_count);
}

}  // namespace

std::vector<std::size_t> strongest(std::span<const double> values, std::size_t count) {
  std::vector<std::size_t> order;
  for (std::size_t place = 0; place < values.size(); ++place) {
    if (values[place] != 0.0) order.push_back(place);
  }
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t place) { return std::abs(values[place]); });
  order.resize(std::min(order.size(), count));
  std::ranges::sort(order);
  return order;
}

std::vector<std::size_t> select_columns(const RegressionMoments& moments, ColumnSelection selection,
                                        std::size_t column_count) {
  if (selection == ColumnSelection::kNone || column_count >= moments.column_count()) {
    std::vector<std::size_t> all(moments.column_count());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }
  if (selection == ColumnSelection::kAuto) {
    selection = column_count <= kMostForwardColumns ? ColumnSelection::kForward : ColumnSelection::kHighest;
  }
  if (selection == ColumnSelection::kForward) return select_forward(moments, column_count);
  if (selection == ColumnSelection::kLassoPath) return select_by_lasso_path(moments, column_count);
  return select_highest(moments, column_count);
}

ColumnSelection parse_column_selection(std::string_view word) {
  const std::span<const std::string> names = column_selection_names();
  const auto found = std::ranges::find(names, word);
  if (found == names.end()) {
    throw ConfigError("selection: unknown word '" + std::string(word) + "'" + suggestion(word, names));
  }
  return static_cast<ColumnSelection>(found - names.begin());
}

std::span<const std::string> column_selection_names() {
  static const std::array<std::string, 5> names = {"auto", "forward", "highest", "lasso_path", "none"};
  return names;
}

}  // namespace modattr
