#include "modattr/core/problem.h"

#include "modattr/core/error.h"

namespace modattr {

std::vector<Matrix> Problem::permuted_outcomes(std::span<const PermutedCoalitions> games) {
  std::vector<Matrix> outcomes;
  for (const auto& [donors, coalitions] : games) outcomes.push_back(permuted_game(donors)->evaluate(coalitions));
  return outcomes;
}

std::unique_ptr<Contributions> Problem::contributions(const ContributionRequest& /*request*/, const Rng& /*rng*/) {
  throw ConfigError("method: expected a model whose inside can be followed, got values of coalitions only");
}

std::unique_ptr<CaseGame> Problem::case_game() {
  throw ConfigError("tracing: expected labels that say which answers are wrong, got none");
}

}  // namespace modattr
