#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "commands.h"
#include "modattr/core/error.h"
#include "modattr/engines/sage/sage.h"
#include "modattr/engines/shapley/estimators/shapley_methods.h"
#include "modattr/engines/shapley/feature_shapley.h"
#include "modattr/engines/shapley/modality_shapley.h"
#include "modattr/engines/shapley/solved_games.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/value/games/model_problem.h"
#include "result_table.h"
#include "run/setup/explained_examples.h"
#include "run/setup/explained_text.h"
#include "run/setup/removal_setup.h"

namespace modattr {
namespace {

constexpr const char* kDefaultIndex = "owen";

bool is_feature(const ShapRequest& request) {
  return request.level == ShapLevel::kFeature;
}

/// In words, where it depends on the example's players; null where every coalition of modalities is asked.
Json default_budget(const ShapRequest& request) {
  if (request.sage) return "512 coalitions per player";
  return is_feature(request) ? Json("32 coalitions per player") : Json(nullptr);
}

/// In words, where it depends on the values; null where nothing stops before the budget.
Json default_tolerance(const ShapRequest& request) {
  return request.sage && request.method != "exact" ? Json("0.025 of the range of the values") : Json(nullptr);
}

Json options_in_force(const ShapRequest& request, const ExplainedTargets& targets, const RemovalSetup& removal,
                      const Config& config) {
  Json options;
  options["level"] = is_feature(request) ? "feature" : "modality";
  // Modalities play one game of all of them.
  options["index"] = is_feature(request) ? request.index.value_or(kDefaultIndex) : "shapley";
  options["method"] = request.method;
  options["budget"] = request.budget ? Json(*request.budget) : default_budget(request);
  options["tolerance"] = request.tolerance ? Json(*request.tolerance) : default_tolerance(request);
  options["target"] = target_in_force(config, targets, request.target);
  options["value"] = value_names()[static_cast<std::size_t>(targets.value)];
  options["background"] = removal.background_count() ? Json(*removal.background_count()) : Json(nullptr);
  options["interactions"] = request.interactions;
  options["sage"] = request.sage;
  options["by"] = request.by ? Json(*request.by) : Json(nullptr);
  options["skip_invalid"] = request.skip_invalid;
  return options;
}

/// Throws ConfigError for an option that says nothing at the level asked for.
void check_level(const ShapRequest& request) {
  const bool features_play = request.level == ShapLevel::kFeature;
  const auto refuse = [&](const std::string& option) {
    throw ConfigError(option + ": expected --level " + (features_play ? "modality" : "feature") + ", got --level " +
                      (features_play ? "feature" : "modality"));
  };
  if (features_play && request.interactions) refuse("--interactions");
  if (!features_play && request.index) refuse("--index");
  if (request.method == "exact" && request.tolerance) {
    throw ConfigError("--tolerance: expected a method with errors, got --method exact");
  }
  if (request.sage) return;
  if (!features_play && request.budget) refuse("--budget");
  if (!features_play && request.tolerance) refuse("--tolerance");
}

/// Throws ConfigError for an estimator where every coalition of modalities is asked anyway.
void check_method(const ShapRequest& request, std::size_t modality_count) {
  if (request.level == ShapLevel::kFeature || request.sage || modality_count > kMostEnumeratedModalities) return;
  if (request.method == "auto" || request.method == "exact") return;
  throw ConfigError("--method: expected auto or exact, as up to " + std::to_string(kMostEnumeratedModalities) +
                    " modalities are enumerated, got '" + request.method + "'; --level feature takes the others");
}

ShapleyIndex index_of(const ShapRequest& request) {
  return request.index == "shapley" ? ShapleyIndex::kShapley : ShapleyIndex::kOwen;
}

/// The loss is that of the label; throws ConfigError when another behaviour was asked for.
TargetChoices target_choices(const ShapRequest& request) {
  if (!request.sage) return {.target = request.target, .value = request.value};
  if (request.interactions) throw ConfigError("--sage: expected no --interactions, got both");
  if (request.value && *request.value != "loss") {
    throw ConfigError("--value: expected loss with --sage, got '" + *request.value + "'");
  }
  return {.target = request.target, .value = "loss"};
}

std::unique_ptr<Attributor> make_engine(const ShapRequest& request, const Experiment& experiment) {
  std::shared_ptr<const ShapleyEstimator> estimator = make_shapley_estimator(request.method);
  if (request.sage) {
    return std::make_unique<Sage>(
        SageOptions{.players = request.level == ShapLevel::kFeature ? SagePlayers::kFeatures : SagePlayers::kModalities,
                    .modalities = experiment.modalities(),
                    .index = index_of(request),
                    .estimator = std::move(estimator),
                    .budget = request.budget,
                    .tolerance = request.tolerance,
                    .breakdown = request.by});
  }
  if (request.level == ShapLevel::kFeature) {
    return std::make_unique<FeatureShapley>(FeatureShapleyOptions{.modalities = experiment.modalities(),
                                                                  .index = index_of(request),
                                                                  .estimator = std::move(estimator),
                                                                  .budget = request.budget,
                                                                  .tolerance = request.tolerance,
                                                                  .breakdown = request.by});
  }
  return std::make_unique<ModalityShapley>(ModalityShapleyOptions{
      .modalities = experiment.modalities(),
      .projection = request.interactions ? AdditiveProjection::kComputed : AdditiveProjection::kLeftOut,
      .breakdown = request.by,
      .estimator = std::move(estimator)});
}

}  // namespace

ScoreTable run_shap(const ShapRequest& request, const RunContext& context) {
  const auto start = std::chrono::steady_clock::now();
  check_level(request);
  Experiment experiment({.common = request.common,
                         .metric = request.metric,
                         .metric_need = MetricNeed::kWhereThereIsOne,
                         .column = request.by,
                         .column_option = "--by"},
                        context);
  check_method(request, experiment.layout().modalities.count());
  std::vector<std::string> warnings;
  if (request.skip_invalid) skip_invalid_examples(experiment, context, warnings);
  const ExplainedTargets targets = experiment.retry_on_split_failure(
      context, [&] { return make_targets(experiment, target_choices(request), context.progress); });
  const RemovalSetup removal(experiment, request.background);
  if (removal.dropped_row_count() > 0) {
    warnings.push_back("rows of the background were left out as their output is not finite: " +
                       std::to_string(removal.dropped_row_count()));
  }
  std::optional<PlayersSetup> players;
  if (request.level == ShapLevel::kFeature) players.emplace(experiment);
  const auto attribute = [&] {
    ModelProblem problem(experiment.dataset(), experiment.layout(), experiment.metric(), experiment.evaluator(),
                         context.progress);
    problem.set_removal(removal.rows(), targets.targets);
    if (players) problem.set_players(players->segmentations(), players->inputs());
    return make_engine(request, experiment)->attribute(problem, Rng(experiment.seed()));
  };
  Attribution attribution =
      experiment.retry_on_split_failure(context, [&] { return removal.guard(experiment, attribute); });
  std::vector<ExampleRecord> records = example_records(experiment, targets, std::move(attribution.examples));
  if (attribution.whole_set) {
    records.push_back({.id = std::nullopt,
                       .label = std::nullopt,
                       .predicted = std::nullopt,
                       .target = std::nullopt,
                       .attribution = std::move(*attribution.whole_set)});
  }
  ScoreTable table = make_result_table(experiment, request.common,
                                       {.command = "shap",
                                        .options = options_in_force(request, targets, removal, experiment.config()),
                                        .attribution = std::move(attribution),
                                        .warnings = std::move(warnings),
                                        .start = start});
  const Json target = target_in_force(experiment.config(), targets, request.target);
  table.explained = explained_text(experiment, targets, removal,
                                   {.target = target.is_string() ? target.get<std::string>() : target.dump(),
                                    .is_whole_set = request.sage,
                                    .index = is_feature(request) ? request.index.value_or(kDefaultIndex) : "",
                                    .method = request.method},
                                   records);
  table.examples = std::move(records);
  return table;
}

}  // namespace modattr
