#include "modattr/engines/shapley/feature_scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "modattr/stats/moments.h"

namespace modattr {
namespace {

double sum_of_player_magnitudes(const ExampleAttribution& example) {
  double sum = 0.0;
  for (const PlayerScore& player : example.players) sum += std::abs(player.value);
  return sum;
}

}  // namespace

ModalityPlayers::ModalityPlayers(const ExampleAttribution& example)
    : counts(example.modalities.size(), 0), magnitudes(example.modalities.size(), 0.0) {
  for (const PlayerScore& player : example.players) {
    ++counts[player.modality];
    magnitudes[player.modality] += std::abs(player.value);
  }
}

std::vector<double> magnitudes_by_modality(const ExampleAttribution& example) {
  return ModalityPlayers(example).magnitudes;
}

FeatureColumns::FeatureColumns(std::span<const ExampleAttribution> solved, std::size_t modality_count,
                               std::span<const ShareDefinition> shares)
    : modality_count_(modality_count),
      share_count_(shares.size()),
      table_(2 + 2 * modality_count + shares.size() * (modality_count + 1) + modality_count * (modality_count + 1) / 2,
             solved.size()) {
  for (std::size_t example = 0; example < solved.size(); ++example) {
    table_(0, example) = solved[example].value_full;
    table_(1, example) = solved[example].value_empty;
    for (std::size_t modality = 0; modality < modality_count; ++modality) {
      table_(value(modality), example) = solved[example].modalities[modality];
      table_(magnitude(modality), example) = std::abs(solved[example].modalities[modality]);
    }
    // Players without an effect have values of rounding, and values that cancel leave such a sum: no shares of those.
    const double scale = std::max({std::abs(solved[example].value_full), std::abs(solved[example].value_empty),
                                   sum_of_player_magnitudes(solved[example])});
    for (std::size_t place = 0; place < shares.size(); ++place) {
      const std::vector<double> parts = shares[place].parts(solved[example]);
      const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
      const bool is_defined = sum > kAnswerRounding * scale;
      table_(defined(place), example) = is_defined ? 1.0 : 0.0;
      for (std::size_t modality = 0; modality < modality_count; ++modality) {
        table_(share(place, modality), example) = is_defined ? parts[modality] / sum : 0.0;
      }
    }
    if (!solved[example].player_interactions) continue;
    for (const PlayerInteraction& pair : solved[example].player_interactions->pairs) {
      // Players are in the order of their modalities.
      table_(interplay(solved[example].players[pair.first].modality, solved[example].players[pair.second].modality),
             example) += pair.value;
    }
  }
}

FeatureScores::FeatureScores(const Problem& problem, const FeatureColumns& columns, const Subset& subset,
                             std::uint32_t number, const Rng& rng, std::vector<Score>& rows)
    : problem_(problem),
      columns_(columns),
      subset_(subset),
      bootstrap_(columns.table(), subset.examples,
                 {.example_count = subset.examples.size(), .subset = number, .thread_count = problem.thread_count()},
                 rng),
      rows_(rows) {}

void FeatureScores::add_values(std::size_t modality, const ValueDefinitions& definitions,
                               std::optional<double> std_error) {
  const std::size_t modality_count = problem_.players().count();
  const std::string& name = problem_.players().modality_name(modality);
  add(name, definitions.mean, mean_of(columns_.value(modality)), std_error);
  add(name, definitions.mean_abs, mean_of(columns_.magnitude(modality)), std_error);
  add(name, definitions.share, bootstrap_.estimate([&](std::span<const double> means) {
    return ratio(means[columns_.magnitude(modality)],
                 sum_of_magnitudes(means.subspan(columns_.magnitude(0), modality_count)));
  }),
      std_error);
}

void FeatureScores::add_share(std::size_t modality, std::size_t place, const std::string& definition,
                              std::optional<double> std_error) {
  add(problem_.players().modality_name(modality), definition, bootstrap_.estimate([&](std::span<const double> means) {
    return ratio(means[columns_.share(place, modality)], means[columns_.defined(place)]);
  }),
      std_error);
}

void FeatureScores::add_interplay(std::size_t first, std::size_t second, const std::string& definition,
                                  std::optional<double> std_error) {
  const std::string& name = problem_.players().modality_name(first);
  add(first == second ? name : name + "|" + problem_.players().modality_name(second), definition,
      mean_of(columns_.interplay(first, second)), std_error);
}

void FeatureScores::add_ends(double largest_gap) {
  add("all", "shapley.full", mean_of(0), 0.0);
  add("all", "shapley.empty", mean_of(1), 0.0);
  add("all", "shapley.efficiency_gap", {largest_gap, {}}, 0.0);
}

Estimate FeatureScores::mean_of(std::size_t column) const {
  return bootstrap_.estimate([&](std::span<const double> means) { return std::optional(means[column]); });
}

void FeatureScores::add(const std::string& name, std::string definition, const Estimate& estimate,
                        std::optional<double> std_error) {
  rows_.push_back({.modality = name,
                   .definition = std::move(definition),
                   .group = subset_.group,
                   .value = estimate.value,
                   .std_error = estimate.value ? std_error : std::nullopt,
                   .ci95 = estimate.value ? estimate.interval() : std::nullopt,
                   .examples = subset_.examples.size(),
                   .p_value = std::nullopt});
}

}  // namespace modattr
