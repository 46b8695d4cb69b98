#include "shap_costs.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "modattr/engines/shapley/modality_shapley.h"
#include "modattr/engines/shapley/pair_solver.h"

namespace modattr {
namespace {

/// Evaluations of every coalition of modalities.
double evaluations_of_coalitions(const CostFacts& facts) {
  double evaluations = 0.0;
  for (std::size_t mask = 0; mask < std::size_t{1} << facts.modality_count(); ++mask) {
    bool uses_background = false;
    for (std::size_t modality = 0; modality < facts.modality_count(); ++modality) {
      const bool is_absent = (mask >> modality & 1U) == 0;
      uses_background |= is_absent && facts.uses_background(modality);
    }
    evaluations += static_cast<double>(facts.example_count()) * (uses_background ? facts.background_rows() : 1.0);
  }
  return evaluations;
}

/// One example's Owen values with the usual budget, 32 coalitions per player: every coalition of a modality's players
/// is one more row for its encoder, and meets all sets of the other modalities.
EngineCost feature_cost(CostFacts& facts) {
  constexpr double kCoalitionsPerPlayer = 32.0;
  EngineCost cost{.run = "shap --level feature, one example"};
  const std::vector<double> counts = facts.player_counts();
  const double surroundings = std::exp2(static_cast<double>(counts.size()) - 1.0);
  for (const double count : counts) {
    // Few players have fewer coalitions.
    const double coalitions = std::min(kCoalitionsPerPlayer * count, std::exp2(count));
    cost.evaluations += coalitions * facts.background_rows() * surroundings;
    cost.encoder_rows.push_back(coalitions * facts.background_rows());
  }
  return cost;
}

/// The same with the interactions of its pairs, by as many coalitions of all its players as they take by default: each
/// is one more row for every encoder.
EngineCost pair_cost(CostFacts& facts) {
  EngineCost cost = feature_cost(facts);
  cost.run = "the same with --interactions";
  double players = 0.0;
  for (const double count : facts.player_counts()) players += count;
  const double coalitions = std::min(static_cast<double>(kPairCoalitionsPerPlayer) * players, std::exp2(players) - 2.0);
  const double rows = std::max(coalitions, 0.0) * facts.background_rows();
  cost.evaluations += rows;
  for (double& encoder_rows : cost.encoder_rows) encoder_rows += rows;
  return cost;
}

}  // namespace

void add_shap_costs(CostFacts& facts, const std::function<void(EngineCost)>& add) {
  if (facts.modality_count() > kMostEnumeratedModalities) return;
  add({.run = "shap", .evaluations = evaluations_of_coalitions(facts)});
  add(feature_cost(facts));
  add(pair_cost(facts));
}

}  // namespace modattr
