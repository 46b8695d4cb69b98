#include "modattr/core/coalition_table.h"

#include <algorithm>
#include <stdexcept>

namespace modattr {

Matrix CoalitionTable::evaluate(std::span<const Coalition> coalitions) {
  std::vector<Coalition> unknown;
  for (const Coalition& coalition : coalitions) {
    if (!rows_.contains(coalition) && std::find(unknown.begin(), unknown.end(), coalition) == unknown.end()) {
      unknown.push_back(coalition);
    }
  }
  if (!unknown.empty()) {
    const Matrix values = source_.evaluate(unknown);
    for (std::size_t row = 0; row < unknown.size(); ++row) insert(unknown[row], values.row(row));
  }
  Matrix result(coalitions.size(), example_count() * width());
  for (std::size_t row = 0; row < coalitions.size(); ++row) {
    std::ranges::copy(rows_.at(coalitions[row]), result.row(row).begin());
  }
  return result;
}

void CoalitionTable::insert(const Coalition& coalition, std::span<const double> values) {
  if (values.size() != example_count() * width())
    throw std::invalid_argument("coalition table: wrong number of values");
  rows_.insert_or_assign(coalition, std::vector<double>(values.begin(), values.end()));
}

}  // namespace modattr
