#include "run_costs.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/engines/registry.h"
#include "modattr/stats/target.h"
#include "modattr/value/mixes/pair_grid.h"
#include "run/setup/players_setup.h"

namespace modattr {
namespace {

/// An experiment as the costs of engines see it. Different mixes count once unless nothing is shared.
class ExperimentFacts final : public CostFacts {
 public:
  explicit ExperimentFacts(Experiment& experiment) : experiment_(experiment), evaluator_(experiment.evaluator()) {}

  std::size_t example_count() const override { return experiment_.dataset().example_count(); }
  std::size_t modality_count() const override { return experiment_.layout().modalities.count(); }
  bool has_mean_metric() const override { return experiment_.metric().is_mean(); }

  double distinct_mixes(double asked) override {
    if (!shares()) return asked;
    double possible = 1.0;
    for (std::size_t modality = 0; modality < modality_count(); ++modality) {
      possible *= static_cast<double>(rows().modality(modality).example_of.size());
    }
    if (rows().kept_columns() != nullptr) possible *= static_cast<double>(rows().kept_columns()->example_of.size());
    return std::min(asked, possible);
  }

  double distinct_pairs(std::size_t modality) override {
    std::vector<std::uint32_t> examples(example_count());
    std::iota(examples.begin(), examples.end(), 0u);
    const std::vector<Stratum> strata{{"all", examples}};
    double count = grid_size(Coalition::full(modality_count()).without(modality), strata);
    // Columns of no modality stay the example's own: then the modality's pairs are not those of the rest.
    if (rows().kept_columns() != nullptr) count += grid_size(Coalition::single(modality_count(), modality), strata);
    return count;
  }

  double background_rows() const override {
    for (const ModalityConfig& modality : experiment_.config().modalities) {
      if (modality.removal.type != RemovalType::kBackground) continue;
      const std::size_t row_count = experiment_.dataset().row_count();
      const std::size_t rows = modality.removal.rows.value_or(kDefaultBackgroundRows);
      return static_cast<double>(rows == 0 ? row_count : std::min(rows, row_count));
    }
    return 1.0;
  }

  bool uses_background(std::size_t modality) const override {
    return experiment_.config().modalities[modality].removal.type == RemovalType::kBackground;
  }

  bool is_value_linear() const override {
    const std::optional<std::string>& value = experiment_.config().value;
    return is_linear(experiment_.config().model.kind, value ? parse_value_kind(*value) : ValueKind::kProbability);
  }

  /// Over some examples of the set.
  std::vector<double> player_counts() override {
    if (!player_counts_.empty()) return player_counts_;
    constexpr std::size_t kMostExamples = 64;
    const PlayersSetup players(experiment_);
    const std::size_t count = std::min(example_count(), kMostExamples);
    std::vector<double> means;
    for (const auto& segmentation : players.segmentations()) {
      double sum = 0.0;
      for (std::size_t place = 0; place < count; ++place) {
        sum += static_cast<double>(segmentation->layout(place * example_count() / count)->labels.size());
      }
      means.push_back(sum / static_cast<double>(count));
    }
    player_counts_ = means;
    return means;
  }

 private:
  const ModalityRows& rows() { return evaluator_.modality_rows(); }
  bool shares() const { return evaluator_.sharing() == MixSharing::kEqualOnce; }

  double grid_size(const Coalition& own, std::span<const Stratum> strata) {
    const PairGrid grid = shares() ? PairGrid(rows(), own, strata, example_count()) : PairGrid(strata, example_count());
    return static_cast<double>(grid.place_count());
  }

  Experiment& experiment_;
  ModelEvaluator& evaluator_;
  std::vector<double> player_counts_;
};

RunCost in_seconds(const Experiment& experiment, EngineCost cost, double rows_per_second) {
  RunCost result{
      .run = std::move(cost.run), .evaluations = cost.evaluations, .seconds = cost.evaluations / rows_per_second};
  const EncodingCache* encodings = experiment.evaluator().encoding_cache();
  if (encodings == nullptr) return result;
  if (cost.encoder_rows.empty()) {
    result.encoder_rows = static_cast<double>(encodings->encoded_row_count());
    result.seconds += encodings->fill_seconds();
    return result;
  }
  result.encoder_rows = 0.0;
  for (std::size_t modality = 0; modality < cost.encoder_rows.size(); ++modality) {
    if (encodings->distinct_row_count(modality) == 0) continue;
    *result.encoder_rows += cost.encoder_rows[modality];
    result.seconds += cost.encoder_rows[modality] * encodings->measure_encoder(modality) /
                      static_cast<double>(experiment.thread_count());
  }
  return result;
}

}  // namespace

std::vector<RunCost> run_costs(Experiment& experiment, double rows_per_second, std::vector<std::string>& warnings) {
  ExperimentFacts facts(experiment);
  std::vector<RunCost> costs;
  for (const Engine& engine : engine_registry()) {
    try {
      engine.costs(facts,
                   [&](EngineCost cost) { costs.push_back(in_seconds(experiment, std::move(cost), rows_per_second)); });
    } catch (const Error& error) {
      const std::string warning = std::string("features cannot be explained: ") + error.what();
      if (std::ranges::find(warnings, warning) == warnings.end()) warnings.push_back(warning);
    }
  }
  return costs;
}

}  // namespace modattr
