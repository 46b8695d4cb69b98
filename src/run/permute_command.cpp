#include <chrono>
#include <ctime>

#include "commands.h"
#include "json_object.h"
#include "modattr/core/error.h"
#include "modattr/core/version.h"
#include "modattr/data/file_digest.h"
#include "modattr/engines/permutation.h"
#include "modattr/run/experiment.h"
#include "modattr/value/model_problem.h"

namespace modattr {
namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[sizeof "2000-01-01T00:00:00Z"];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

/// The configuration file with everything that the command line changed or added.
std::string config_in_force(const Experiment& experiment, const PermuteRequest& request) {
  Json document = Json::parse(experiment.config().document);
  const Config& config = experiment.config();
  document["model"]["path"] = config.model.path.string();
  document["model"]["rows_per_call"] = config.model.rows_per_call;
  document["data"]["path"] = config.data.path.string();
  document["metric"] = experiment.metric().name();
  document["seed"] = config.seed;
  Json options;
  options["repeats"] = request.exact ? Json(nullptr) : Json(request.repeats);
  options["exact"] = request.exact;
  options["within"] = request.within ? Json(*request.within) : Json(nullptr);
  options["skip_invalid"] = request.skip_invalid;
  options["examples"] = request.common.examples ? Json(*request.common.examples) : Json(nullptr);
  options["ids"] = request.common.ids;
  options["modalities"] = request.common.modalities;
  options["device"] = request.common.device;
  options["no_split"] = request.common.no_split;
  document["permute"] = options;
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

ScoreTable run_permute(const PermuteRequest& request, const RunContext& context) {
  const auto start = std::chrono::steady_clock::now();
  Experiment experiment({.common = request.common, .metric = request.metric, .within = request.within}, context);
  std::vector<std::string> warnings = experiment.warnings();
  if (request.skip_invalid) {
    if (const std::size_t dropped = experiment.drop_invalid_examples(context); dropped > 0) {
      warnings.push_back(std::to_string(dropped) + (dropped == 1
                                                        ? " example was left out: its output is not finite"
                                                        : " examples were left out: their output is not finite"));
    }
  }
  ModelProblem problem(experiment.dataset(), experiment.layout(), experiment.metric(), experiment.evaluator(),
                       context.progress);
  const PermutationImportance engine({.modalities = experiment.modalities(),
                                      .repeats = request.repeats,
                                      .draws = request.exact ? PermutationDraws::kAllPairs : PermutationDraws::kRandom,
                                      .within = request.within});
  Attribution attribution = engine.attribute(problem, Rng(experiment.seed()));
  warnings.insert(warnings.end(), attribution.warnings.begin(), attribution.warnings.end());

  ScoreTable table;
  table.version = version();
  table.command = "permute";
  table.created = utc_now();
  table.model = {experiment.model().path(), sha256_of_file(experiment.config().model.path)};
  table.data = {experiment.dataset().path(), sha256_of_file(experiment.config().data.path)};
  table.example_count = experiment.dataset().example_count();
  table.config = config_in_force(experiment, request);
  table.metric = experiment.metric().name();
  table.orientation = experiment.metric().orientation();
  table.score = attribution.score;
  table.score_ci95 = attribution.score_ci95;
  if (const FeatureStore* features = experiment.evaluator().feature_store()) {
    table.evaluations.encoder = features->encoded_row_count();
    table.evaluations.fusion = experiment.evaluator().evaluation_count();
  } else {
    table.evaluations.model = experiment.evaluator().evaluation_count();
  }
  table.rows = std::move(attribution.rows);
  table.warnings = std::move(warnings);
  table.seed = experiment.seed();
  if (!request.exact) table.repeat_count = request.repeats;
  table.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return table;
}

}  // namespace modattr
