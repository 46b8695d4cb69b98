#include "modattr/core/problem.h"

#include "modattr/core/error.h"

namespace modattr {

std::vector<Matrix> Problem::permuted_outcomes(std::span<const RowMap> donors, std::span<const Coalition> coalitions) {
  std::vector<Matrix> outcomes;
  for (const RowMap& map : donors) outcomes.push_back(permuted_game(map)->evaluate(coalitions));
  return outcomes;
}

std::unique_ptr<CaseGame> Problem::case_game() {
  throw ConfigError("tracing: expected labels that say which answers are wrong, got none");
}

}  // namespace modattr
