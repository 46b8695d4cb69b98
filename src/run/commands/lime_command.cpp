#include <algorithm>
#include <chrono>
#include <utility>

#include "commands.h"
#include "modattr/core/error.h"
#include "modattr/engines/surrogate/local_surrogate.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/value/games/model_problem.h"
#include "result_table.h"
#include "run/setup/explained_examples.h"
#include "run/setup/explained_text.h"
#include "run/setup/removal_setup.h"

namespace modattr {
namespace {

/// lime's tables are compared by Euclidean distance, its texts and images by cosine.
Similarity default_similarity(const Experiment& experiment) {
  const std::vector<ModalityConfig>& modalities = experiment.config().modalities;
  for (std::size_t modality = 0; modality < modalities.size(); ++modality) {
    const std::vector<std::size_t>& asked = experiment.modalities();
    const bool plays = asked.empty() || std::ranges::find(asked, modality) != asked.end();
    if (plays && modalities[modality].kind != "columns") return Similarity::kCosine;
  }
  return Similarity::kEuclidean;
}

/// A tree that takes the players it has questions for.
bool chooses_itself(const LimeRequest& request) {
  return request.surrogate == "tree" && request.selection == "auto";
}

/// Throws ConfigError for an option that says nothing about the surrogate asked for.
void check_surrogate(const LimeRequest& request) {
  const bool is_tree = request.surrogate == "tree";
  if (is_tree && request.alpha) throw ConfigError("--alpha: expected --surrogate ridge or lasso, got tree");
  if (!is_tree && request.depth) {
    throw ConfigError("--depth: expected --surrogate tree, got " + request.surrogate);
  }
  if (request.top_k && chooses_itself(request)) {
    throw ConfigError(
        "--top-k: expected a --selection with --surrogate tree, which chooses players itself; --depth makes it "
        "smaller");
  }
}

LocalSurrogateOptions engine_options(const LimeRequest& request, const Experiment& experiment) {
  LocalSurrogateOptions options{
      .modalities = experiment.modalities(),
      .size = request.all_coalitions ? NeighbourhoodSize::kAll : NeighbourhoodSize::kSampled,
      .budget = request.budget,
      .similarity = request.similarity ? parse_similarity(*request.similarity) : default_similarity(experiment),
      .kernel_width = request.kernel_width,
      .surrogate = {.kind = parse_surrogate(request.surrogate),
                    .alpha = request.alpha,
                    .selection = parse_column_selection(request.selection),
                    .pairs = request.pairs ? PairSearch::kAcrossModalities : PairSearch::kNone},
      .breakdown = request.by};
  if (request.depth) options.surrogate.depth = *request.depth;
  if (request.top_k) options.surrogate.top_k = *request.top_k;
  for (const ModalityConfig& modality : experiment.config().modalities) {
    options.draws.push_back(modality.kind == "tokens" ? NeighbourDraw::kUniformCount : NeighbourDraw::kFairCoins);
  }
  return options;
}

/// In words, where it depends on the example's players.
Json width_by_default(Similarity similarity) {
  return similarity == Similarity::kEuclidean ? Json("0.75 sqrt(players)") : Json(default_kernel_width(similarity, 1));
}

Json options_in_force(const LimeRequest& request, const LocalSurrogateOptions& engine, const ExplainedTargets& targets,
                      const RemovalSetup& removal, const Config& config) {
  const auto or_null = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
  const bool is_tree = engine.surrogate.kind == SurrogateKind::kTree;
  Json options;
  options["budget"] = request.all_coalitions ? Json("all")
                      : request.budget       ? Json(*request.budget)
                                             : Json("512 coalitions");
  options["similarity"] = similarity_names()[static_cast<std::size_t>(engine.similarity)];
  options["kernel_width"] = request.kernel_width ? Json(*request.kernel_width) : width_by_default(engine.similarity);
  options["surrogate"] = request.surrogate;
  options["alpha"] = is_tree ? Json(nullptr) : Json(penalty(engine.surrogate));
  options["depth"] = is_tree ? Json(engine.surrogate.depth) : Json(nullptr);
  options["selection"] = request.selection;
  options["top_k"] = chooses_itself(request) ? Json(nullptr) : Json(engine.surrogate.top_k);
  options["pairs"] = request.pairs;
  options["target"] = target_in_force(config, targets, request.target);
  options["value"] = value_names()[static_cast<std::size_t>(targets.value)];
  options["background"] = or_null(removal.background_count());
  options["by"] = or_null(request.by);
  options["skip_invalid"] = request.skip_invalid;
  return options;
}

}  // namespace

ScoreTable run_lime(const LimeRequest& request, const RunContext& context) {
  const auto start = std::chrono::steady_clock::now();
  check_surrogate(request);
  Experiment experiment({.common = request.common,
                         .metric = request.metric,
                         .metric_need = MetricNeed::kWhereThereIsOne,
                         .column = request.by,
                         .column_option = "--by"},
                        context);
  const LocalSurrogateOptions options = engine_options(request, experiment);
  std::vector<std::string> warnings;
  if (request.skip_invalid) skip_invalid_examples(experiment, context, warnings);
  const ExplainedTargets targets = experiment.retry_on_split_failure(context, [&] {
    return make_targets(experiment, {.target = request.target, .value = request.value}, context.progress);
  });
  const RemovalSetup removal(experiment, request.background);
  if (removal.dropped_row_count() > 0) {
    warnings.push_back("rows of the background were left out as their output is not finite: " +
                       std::to_string(removal.dropped_row_count()));
  }
  const PlayersSetup players(experiment);
  const auto attribute = [&] {
    ModelProblem problem(experiment.dataset(), experiment.layout(), experiment.metric(), experiment.evaluator(),
                         context.progress);
    problem.set_removal(removal.rows(), targets.targets);
    problem.set_players(players.segmentations(), players.inputs());
    return LocalSurrogate(options).attribute(problem, Rng(experiment.seed()));
  };
  Attribution attribution =
      experiment.retry_on_split_failure(context, [&] { return removal.guard(experiment, attribute); });
  std::vector<ExampleRecord> records = example_records(experiment, targets, std::move(attribution.examples));
  Json in_force = options_in_force(request, options, targets, removal, experiment.config());
  ScoreTable table = make_result_table(experiment, request.common,
                                       {.command = "lime",
                                        .options = std::move(in_force),
                                        .attribution = std::move(attribution),
                                        .warnings = std::move(warnings),
                                        .start = start});
  const Json target = target_in_force(experiment.config(), targets, request.target);
  table.explained = explained_text(
      experiment, targets, removal,
      {.target = target.is_string() ? target.get<std::string>() : target.dump(), .method = request.surrogate}, records);
  table.examples = std::move(records);
  return table;
}

}  // namespace modattr
