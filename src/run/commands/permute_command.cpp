#include <chrono>
#include <utility>

#include "commands.h"
#include "modattr/engines/permutation/permutation.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/value/games/model_problem.h"
#include "result_table.h"

namespace modattr {
namespace {

Json options_in_force(const PermuteRequest& request) {
  Json options;
  options["repeats"] = request.exact ? Json(nullptr) : Json(request.repeats);
  options["exact"] = request.exact;
  options["within"] = request.within ? Json(*request.within) : Json(nullptr);
  options["skip_invalid"] = request.skip_invalid;
  return options;
}

}  // namespace

ScoreTable run_permute(const PermuteRequest& request, const RunContext& context) {
  const auto start = std::chrono::steady_clock::now();
  Experiment experiment({.common = request.common, .metric = request.metric, .column = request.within}, context);
  std::vector<std::string> warnings;
  if (request.skip_invalid) skip_invalid_examples(experiment, context, warnings);
  const PermutationImportance engine({.modalities = experiment.modalities(),
                                      .repeats = request.repeats,
                                      .draws = request.exact ? PermutationDraws::kAllPairs : PermutationDraws::kRandom,
                                      .within = request.within});
  Attribution attribution = experiment.retry_on_split_failure(context, [&] {
    ModelProblem problem(experiment.dataset(), experiment.layout(), experiment.metric(), experiment.evaluator(),
                         context.progress);
    return engine.attribute(problem, Rng(experiment.seed()));
  });
  ScoreTable table = make_result_table(experiment, request.common,
                                       {.command = "permute",
                                        .options = options_in_force(request),
                                        .attribution = std::move(attribution),
                                        .warnings = std::move(warnings),
                                        .start = start});
  if (!request.exact) table.repeat_count = request.repeats;
  return table;
}

}  // namespace modattr
