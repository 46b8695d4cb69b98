#include "modattr/core/problem.h"

namespace modattr {

std::vector<Matrix> Problem::permuted_outcomes(std::span<const RowMap> donors, std::span<const Coalition> coalitions) {
  std::vector<Matrix> outcomes;
  for (const RowMap& map : donors) outcomes.push_back(permuted_game(map)->evaluate(coalitions));
  return outcomes;
}

}  // namespace modattr
