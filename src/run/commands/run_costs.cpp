#include "run_costs.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/shapley/solved_games.h"
#include "modattr/value/mixes/pair_grid.h"
#include "run/setup/removal_setup.h"

namespace modattr {
namespace {

double background_rows(const Experiment& experiment) {
  for (const ModalityConfig& modality : experiment.config().modalities) {
    if (modality.removal.type != RemovalType::kBackground) continue;
    const std::size_t example_count = experiment.dataset().row_count();
    const std::size_t rows = modality.removal.rows.value_or(kDefaultBackgroundRows);
    return static_cast<double>(rows == 0 ? example_count : std::min(rows, example_count));
  }
  return 1.0;
}

/// Evaluations of `permute` for all modalities, each different mix once unless nothing is shared.
class AskedEvaluations {
 public:
  explicit AskedEvaluations(Experiment& experiment)
      : evaluator_(experiment.evaluator()),
        modality_count_(experiment.layout().modalities.count()),
        example_count_(experiment.dataset().example_count()) {}

  double of_repeats(double repeats) {
    // With two modalities, "all but one" and "only the other" are the same coalition; one alone is the full one.
    const auto modalities = static_cast<double>(modality_count_);
    const double coalitions = modality_count_ <= 2 ? modalities : 2.0 * modalities;
    return at_most_possible(static_cast<double>(example_count_) * (1.0 + repeats * coalitions));
  }

  /// Every coalition of modalities, with the configured removal.
  double of_coalitions(const Experiment& experiment) {
    const Config& config = experiment.config();
    const double rows_of_background = background_rows(experiment);
    double evaluations = 0.0;
    for (std::size_t mask = 0; mask < std::size_t{1} << modality_count_; ++mask) {
      bool takes_background = false;
      for (std::size_t modality = 0; modality < modality_count_; ++modality) {
        const bool is_absent = (mask >> modality & 1U) == 0;
        takes_background |= is_absent && config.modalities[modality].removal.type == RemovalType::kBackground;
      }
      evaluations += static_cast<double>(example_count_) * (takes_background ? rows_of_background : 1.0);
    }
    return evaluations;
  }

  double of_all_pairs() {
    std::vector<std::uint32_t> examples(example_count_);
    std::iota(examples.begin(), examples.end(), 0u);
    const std::vector<Stratum> strata{{"all", examples}};
    const Coalition full = Coalition::full(modality_count_);
    double count = at_most_possible(static_cast<double>(example_count_));
    // The pairs of one of two modalities are those of the other.
    for (std::size_t modality = 0; modality < (modality_count_ == 2 ? 1 : modality_count_); ++modality) {
      count += grid_size(full.without(modality), strata);
      if (rows().kept_columns() != nullptr) {
        count += grid_size(Coalition::single(modality_count_, modality), strata);
      }
    }
    return count;
  }

 private:
  const ModalityRows& rows() { return evaluator_.modality_rows(); }
  bool shares() const { return evaluator_.sharing() == MixSharing::kEqualOnce; }

  double grid_size(const Coalition& own, std::span<const Stratum> strata) {
    const PairGrid grid = shares() ? PairGrid(rows(), own, strata, example_count_) : PairGrid(strata, example_count_);
    return static_cast<double>(grid.place_count());
  }

  double at_most_possible(double asked) {
    if (!shares()) return asked;
    double possible = 1.0;
    for (std::size_t modality = 0; modality < modality_count_; ++modality) {
      possible *= static_cast<double>(rows().modality(modality).example_of.size());
    }
    if (rows().kept_columns() != nullptr) possible *= static_cast<double>(rows().kept_columns()->example_of.size());
    return std::min(asked, possible);
  }

  ModelEvaluator& evaluator_;
  std::size_t modality_count_;
  std::size_t example_count_;
};

/// Players of each modality in an example, the mean over some examples of the set.
std::vector<double> mean_player_counts(const Experiment& experiment) {
  constexpr std::size_t kMostExamples = 64;
  const PlayersSetup players(experiment);
  const std::size_t example_count = experiment.dataset().example_count();
  const std::size_t count = std::min(example_count, kMostExamples);
  std::vector<double> means;
  for (const auto& segmentation : players.segmentations()) {
    double sum = 0.0;
    for (std::size_t place = 0; place < count; ++place) {
      sum += static_cast<double>(segmentation->layout(place * example_count / count)->labels.size());
    }
    means.push_back(sum / static_cast<double>(count));
  }
  return means;
}

/// One example's Owen values with the usual budget, 32 coalitions per player: every coalition of a modality's players
/// is one more row for its encoder, and meets all sets of the other modalities. And its local surrogate with 512
/// coalitions of all players, each of which is one more row for every encoder.
std::vector<RunCost> feature_costs(Experiment& experiment, double rows_per_second) {
  constexpr double kCoalitionsPerPlayer = 32.0;
  constexpr double kNeighbours = 512.0;
  const std::vector<double> counts = mean_player_counts(experiment);
  const EncodingCache* features = experiment.evaluator().encoding_cache();
  const double surroundings = std::exp2(static_cast<double>(counts.size()) - 1.0);
  const double background = background_rows(experiment);
  const double all_coalitions = std::exp2(std::accumulate(counts.begin(), counts.end(), 0.0));
  RunCost shap{.engine = "shap --level feature, one example"};
  RunCost lime{.engine = "lime, one example", .evaluations = std::min(kNeighbours, all_coalitions) * background};
  if (features != nullptr) shap.encoder_rows = lime.encoder_rows = 0.0;
  const auto add_rows = [&](RunCost& cost, std::size_t modality, double rows) {
    if (features == nullptr || features->distinct_row_count(modality) == 0) return;
    *cost.encoder_rows += rows;
    cost.seconds += rows * features->measure_encoder(modality) / static_cast<double>(experiment.thread_count());
  };
  for (std::size_t modality = 0; modality < counts.size(); ++modality) {
    // Few players have fewer coalitions.
    const double possible = std::exp2(counts[modality]);
    const double coalitions = std::min(kCoalitionsPerPlayer * counts[modality], possible);
    shap.evaluations += coalitions * background * surroundings;
    add_rows(shap, modality, coalitions * background);
    add_rows(lime, modality, std::min(kNeighbours, possible) * background);
  }
  for (RunCost* cost : {&shap, &lime}) cost->seconds += cost->evaluations / rows_per_second;
  return {shap, lime};
}

}  // namespace

std::vector<RunCost> run_costs(Experiment& experiment, double rows_per_second, std::vector<std::string>& warnings) {
  const EncodingCache* features = experiment.evaluator().encoding_cache();
  std::vector<RunCost> costs;
  const auto add = [&](std::string engine, double evaluations) {
    RunCost cost{.engine = std::move(engine), .evaluations = evaluations, .seconds = evaluations / rows_per_second};
    if (features != nullptr) {
      cost.encoder_rows = static_cast<double>(features->encoded_row_count());
      cost.seconds += features->fill_seconds();
    }
    costs.push_back(std::move(cost));
  };
  AskedEvaluations counts(experiment);
  add("permute --repeats 10", counts.of_repeats(10.0));
  if (experiment.metric().is_mean() && experiment.dataset().example_count() > 1) {
    add("permute --exact", counts.of_all_pairs());
  }
  if (experiment.layout().modalities.count() > kMostEnumeratedModalities) return costs;
  add("shap", counts.of_coalitions(experiment));
  try {
    std::ranges::copy(feature_costs(experiment, rows_per_second), std::back_inserter(costs));
  } catch (const Error& error) {
    warnings.push_back("features cannot be explained: " + spell_options(error.what(), command_line_option));
  }
  return costs;
}

}  // namespace modattr
