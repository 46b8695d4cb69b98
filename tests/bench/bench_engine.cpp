// What modattr adds to the model's own work, in one process and in turns: a run once its files are read against bare
// loops over the same encoder and fusion calls. Prints rows of a table of docs/measurements.md.
//   modattr_bench_engine CONFIG NAME [exact] [whole]
//   modattr_bench_engine CONFIG NAME features
//   modattr_bench_engine CONFIG NAME traces

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <ATen/Parallel.h>

#include "modattr/core/rng.h"
#include "modattr/engines/permutation/permutation.h"
#include "modattr/engines/shapley/estimators/shapley_methods.h"
#include "modattr/engines/shapley/feature_shapley.h"
#include "modattr/engines/surrogate/local_surrogate.h"
#include "modattr/engines/trace/trace.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/value/games/model_problem.h"
#include "modattr/value/parallel_calls.h"
#include "run/setup/cases_setup.h"
#include "run/setup/players_setup.h"
#include "run/setup/removal_setup.h"
#include "run/setup/targets.h"

namespace {

using Clock = std::chrono::steady_clock;
using modattr::Experiment;
using Calls = std::vector<std::vector<at::Tensor>>;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// How the calls of a bare loop are run.
enum class Loop {
  /// One after the other, as a loop is written, each on libtorch's threads.
  kPlain,
  /// As modattr does: some at a time, each on one thread.
  kParallel
};

/// Seconds of work(0) ... work(count - 1).
template <typename Work>
double time_calls(Loop loop, std::size_t count, std::size_t thread_count, const Work& work) {
  // OpenBLAS stays on one thread: its own make small products several times slower.
  if (loop == Loop::kPlain) at::set_num_threads(static_cast<int>(thread_count));
  const Clock::time_point start = Clock::now();
  if (loop == Loop::kPlain) {
    for (std::size_t call = 0; call < count; ++call) work(call);
  } else {
    modattr::parallel_model_calls(count, thread_count, work);
  }
  const double seconds = seconds_since(start);
  at::set_num_threads(1);
  return seconds;
}

/// Inputs of all calls of an encoder.
Calls encoder_calls(Experiment& experiment, std::size_t modality, std::size_t call_size) {
  Calls calls;
  const std::vector<std::uint32_t>& examples = experiment.evaluator().modality_rows().modality(modality).example_of;
  for (std::size_t first = 0; first < examples.size(); first += call_size) {
    std::vector<std::uint32_t> rows;
    for (std::size_t row = 0; row < call_size; ++row)
      rows.push_back(examples[std::min(first + row, examples.size() - 1)]);
    calls.emplace_back();
    for (std::size_t input = 0; input < experiment.layout().inputs.size(); ++input) {
      if (experiment.layout().inputs[input].parts.front().modality == modality) {
        calls.back().push_back(experiment.dataset().gather(input, rows));
      }
    }
  }
  return calls;
}

/// Gathered encodings of a few calls of the fusion.
Calls fusion_calls(Experiment& experiment, std::size_t call_size) {
  constexpr std::size_t kCallCount = 16;
  Calls calls(kCallCount);
  for (std::size_t call = 0; call < kCallCount; ++call) {
    std::vector<std::uint32_t> examples(call_size);
    for (std::size_t modality = 0; modality < experiment.layout().modalities.count(); ++modality) {
      for (std::size_t row = 0; row < call_size; ++row) {
        examples[row] = static_cast<std::uint32_t>((call * call_size + row) * (modality + 1) %
                                                   experiment.dataset().example_count());
      }
      for (at::Tensor& feature : experiment.evaluator().encoding_cache()->gather(modality, examples)) {
        calls[call].push_back(std::move(feature));
      }
    }
  }
  return calls;
}

/// The encoder and fusion calls of a run, and nothing else.
struct BareLoop {
  double encoder_seconds = 0.0;
  double fusion_seconds = 0.0;
  double seconds() const { return encoder_seconds + fusion_seconds; }
};

double run_bare_fusion(Experiment& experiment, std::size_t row_count, Loop loop) {
  const std::size_t call_size = experiment.evaluator().rows_per_call();
  const Calls calls = fusion_calls(experiment, call_size);
  const modattr::SplitModel& split = *experiment.evaluator().split_model();
  return time_calls(loop, (row_count + call_size - 1) / call_size, experiment.thread_count(),
                    [&](std::size_t call) { split.fuse(calls[call % calls.size()], {}); });
}

BareLoop run_bare_loop(Experiment& experiment, Loop loop) {
  BareLoop times;
  modattr::ModelEvaluator& evaluator = experiment.evaluator();
  if (evaluator.split_model() == nullptr || !evaluator.split_model()->raw_inputs().empty()) {
    throw std::runtime_error("bench: expected a model of which every input can be encoded");
  }
  const modattr::SplitModel& split = *evaluator.split_model();
  for (std::size_t modality = 0; modality < experiment.layout().modalities.count(); ++modality) {
    const Calls calls = encoder_calls(experiment, modality, experiment.rows_per_call());
    times.encoder_seconds += time_calls(loop, calls.size(), experiment.thread_count(),
                                        [&](std::size_t call) { split.encode(modality, calls[call]); });
  }
  times.fusion_seconds = run_bare_fusion(experiment, evaluator.evaluation_count(), loop);
  return times;
}

/// The whole model's calls of a run, and nothing else.
double run_bare_whole_loop(Experiment& experiment, Loop loop) {
  constexpr std::size_t kCallCount = 16;
  const std::size_t call_size = experiment.evaluator().rows_per_call();
  const std::vector<std::string> names = experiment.layout().input_names();
  Calls calls(kCallCount);
  std::vector<std::uint32_t> examples(call_size);
  for (std::size_t call = 0; call < kCallCount; ++call) {
    for (std::size_t row = 0; row < call_size; ++row) {
      examples[row] = static_cast<std::uint32_t>((call * call_size + row) % experiment.dataset().example_count());
    }
    for (std::size_t input = 0; input < names.size(); ++input) {
      calls[call].push_back(experiment.dataset().gather(input, examples));
    }
  }
  return time_calls(loop, (experiment.evaluator().evaluation_count() + call_size - 1) / call_size,
                    experiment.thread_count(),
                    [&](std::size_t call) { experiment.model().run(names, calls[call % calls.size()]); });
}

/// Times of one run, from the moment its files are read.
struct RunTimes {
  double until_encoded = 0.0;
  double seconds = 0.0;
  std::size_t evaluation_count = 0;
  BareLoop plain;
  BareLoop parallel;
  double whole_plain = 0.0;
  double whole_parallel = 0.0;
};

enum class ModelUse { kCut, kWhole };

RunTimes run(const std::string& config, const modattr::PermutationOptions& permutation, ModelUse use) {
  modattr::Progress progress;
  Clock::time_point files_read;
  const modattr::RunContext context{.progress = progress, .log = [&](std::string_view line) {
                                      if (line.starts_with("data ")) files_read = Clock::now();
                                    }};
  modattr::ExperimentOptions options;
  options.common.config = config;
  options.common.no_split = use == ModelUse::kWhole;
  Experiment experiment(options, context);
  RunTimes times;
  times.until_encoded = seconds_since(files_read);
  modattr::ModelProblem problem(experiment.dataset(), experiment.layout(), experiment.metric(), experiment.evaluator(),
                                progress);
  modattr::PermutationImportance(permutation).attribute(problem, modattr::Rng(0));
  times.seconds = seconds_since(files_read);
  times.evaluation_count = experiment.evaluator().evaluation_count();
  if (use == ModelUse::kCut) {
    times.plain = run_bare_loop(experiment, Loop::kPlain);
    times.parallel = run_bare_loop(experiment, Loop::kParallel);
  } else {
    times.whole_plain = run_bare_whole_loop(experiment, Loop::kPlain);
    times.whole_parallel = run_bare_whole_loop(experiment, Loop::kParallel);
  }
  return times;
}

/// Medians over runs of modattr and of the bare loops, in turns; returns modattr's seconds.
double compare_with_bare_loops(const std::string& config, const std::string& name,
                               const modattr::PermutationOptions& permutation) {
  constexpr int kRoundCount = 7;
  std::vector<double> encoded;
  std::vector<double> seconds;
  std::vector<double> encoders;
  std::vector<double> fusion;
  std::vector<double> over_plain;
  std::vector<double> over_parallel;
  std::size_t fusion_rows = 0;
  for (int round = 0; round < kRoundCount; ++round) {
    const RunTimes times = run(config, permutation, ModelUse::kCut);
    encoded.push_back(times.until_encoded);
    seconds.push_back(times.seconds);
    encoders.push_back(times.plain.encoder_seconds);
    fusion.push_back(times.plain.fusion_seconds);
    over_plain.push_back(times.seconds / times.plain.seconds());
    over_parallel.push_back(times.seconds / times.parallel.seconds());
    fusion_rows = times.evaluation_count;
  }
  std::printf("| %s, plain loop: encoders; fusion, %zu rows | %.3f s; %.3f s |\n", name.c_str(), fusion_rows,
              median(encoders), median(fusion));
  std::printf(
      "| %s, modattr once files are read; of it until all is encoded, with split and proof | %.3f s; %.3f s |\n",
      name.c_str(), median(seconds), median(encoded));
  std::printf("| %s, modattr over the plain loop; over the parallel loop | %.2f; %.2f |\n", name.c_str(),
              median(over_plain), median(over_parallel));
  return median(seconds);
}

/// So many rows of every encoder, [modalities], and of the fusion.
BareLoop run_bare_rows(Experiment& experiment, std::span<const std::size_t> encoder_rows, std::size_t fusion_rows,
                       Loop loop) {
  BareLoop times;
  const modattr::SplitModel& split = *experiment.evaluator().split_model();
  const std::size_t call_size = experiment.rows_per_call();
  for (std::size_t modality = 0; modality < encoder_rows.size(); ++modality) {
    const Calls calls = encoder_calls(experiment, modality, call_size);
    times.encoder_seconds +=
        time_calls(loop, (encoder_rows[modality] + call_size - 1) / call_size, experiment.thread_count(),
                   [&](std::size_t call) { split.encode(modality, calls[call % calls.size()]); });
  }
  times.fusion_seconds = run_bare_fusion(experiment, fusion_rows, loop);
  return times;
}

/// Gives a problem what an engine needs of it; what it returns has to outlive the problem.
using Preparation = std::function<std::shared_ptr<void>(Experiment&, modattr::ModelProblem&, modattr::Progress&)>;

/// A run of an engine against the encoder and fusion calls that it needs. `example_count`: 0 = all.
void compare_engine(const std::string& config, const std::string& name, std::size_t example_count,
                    const Preparation& prepare, const modattr::Attributor& engine) {
  constexpr int kRoundCount = 4;
  std::vector<double> seconds;
  std::vector<double> encoders;
  std::vector<double> fusion;
  std::vector<double> over_encoders;
  std::vector<double> over_plain;
  std::vector<double> over_parallel;
  std::vector<std::size_t> encoder_rows;
  std::size_t fusion_rows = 0;
  // A processor's speed drifts: half of each bare loop is run before modattr's round and half of it after. The first
  // round tells how many rows there are.
  for (int round = 0; round <= kRoundCount; ++round) {
    modattr::Progress progress;
    Clock::time_point files_read;
    const modattr::RunContext context{.progress = progress, .log = [&](std::string_view line) {
                                        if (line.starts_with("data ")) files_read = Clock::now();
                                      }};
    modattr::ExperimentOptions options;
    options.common.config = config;
    if (example_count > 0) options.common.examples = example_count;
    Experiment experiment(options, context);
    modattr::ModelProblem problem(experiment.dataset(), experiment.layout(), experiment.metric(),
                                  experiment.evaluator(), progress);
    const std::shared_ptr<void> prepared = prepare(experiment, problem, progress);
    double run_seconds = seconds_since(files_read);
    std::vector<std::size_t> half;
    for (const std::size_t rows : encoder_rows) half.push_back(rows / 2);
    const BareLoop plain_before = run_bare_rows(experiment, half, fusion_rows / 2, Loop::kPlain);
    const BareLoop parallel_before = run_bare_rows(experiment, half, fusion_rows / 2, Loop::kParallel);
    const Clock::time_point start = Clock::now();
    engine.attribute(problem, modattr::Rng(0));
    run_seconds += seconds_since(start);
    if (round > 0) {
      const BareLoop parallel_after = run_bare_rows(experiment, half, fusion_rows / 2, Loop::kParallel);
      const BareLoop plain_after = run_bare_rows(experiment, half, fusion_rows / 2, Loop::kPlain);
      seconds.push_back(run_seconds);
      encoders.push_back(plain_before.encoder_seconds + plain_after.encoder_seconds);
      fusion.push_back(plain_before.fusion_seconds + plain_after.fusion_seconds);
      over_encoders.push_back(run_seconds / encoders.back());
      over_plain.push_back(run_seconds / (encoders.back() + fusion.back()));
      over_parallel.push_back(run_seconds / (parallel_before.seconds() + parallel_after.seconds()));
    }
    encoder_rows.clear();
    for (std::size_t modality = 0; modality < experiment.layout().modalities.count(); ++modality) {
      encoder_rows.push_back(experiment.evaluator().encoding_cache()->encoded_row_count(modality));
    }
    fusion_rows = experiment.evaluator().evaluation_count();
  }
  const std::size_t row_count = std::accumulate(encoder_rows.begin(), encoder_rows.end(), std::size_t{0});
  std::printf("| %s once files are read; plain loop: %zu encoder rows; %zu fusion rows | %.2f s; %.2f s; %.2f s |\n",
              name.c_str(), row_count, fusion_rows, median(seconds), median(encoders), median(fusion));
  std::printf(
      "| %s, modattr over the plain loop; over its encoder rows alone; over the parallel loop | %.2f; %.2f; "
      "%.2f |\n",
      name.c_str(), median(over_plain), median(over_encoders), median(over_parallel));
}

/// Words and patches play.
std::shared_ptr<void> prepare_features(Experiment& experiment, modattr::ModelProblem& problem,
                                       modattr::Progress& progress) {
  struct Prepared {
    modattr::ExplainedTargets targets;
    modattr::RemovalSetup removal;
    modattr::PlayersSetup players;
  };
  auto prepared = std::make_shared<Prepared>(Prepared{.targets = modattr::make_targets(experiment, {}, progress),
                                                      .removal = modattr::RemovalSetup(experiment, std::nullopt),
                                                      .players = modattr::PlayersSetup(experiment)});
  problem.set_removal(prepared->removal.rows(), prepared->targets.targets);
  problem.set_players(prepared->players.segmentations(), prepared->players.inputs());
  return prepared;
}

/// Wrong answers are traced.
std::shared_ptr<void> prepare_cases(Experiment& experiment, modattr::ModelProblem& problem,
                                    modattr::Progress& progress) {
  auto cases = std::make_shared<modattr::CasesSetup>(experiment, std::nullopt, progress);
  problem.set_cases(cases->modalities(), cases->judge());
  return cases;
}

void compare_explanations(const std::string& config, const std::string& name) {
  for (const char* method : {"leverage", "auto"}) {
    compare_engine(config, name + ", `shap --level feature --examples 20 --budget 2048 --method " + method + "`", 20,
                   prepare_features,
                   modattr::FeatureShapley({.estimator = modattr::make_shapley_estimator(method), .budget = 2048}));
  }
  for (const char* surrogate : {"ridge", "tree"}) {
    modattr::LocalSurrogateOptions options{.budget = 512};
    options.draws = {modattr::NeighbourDraw::kFairCoins, modattr::NeighbourDraw::kUniformCount};
    options.surrogate.kind = modattr::parse_surrogate(surrogate);
    compare_engine(config, name + ", `lime --examples 200 --budget 512 --surrogate " + surrogate + "`", 200,
                   prepare_features, modattr::LocalSurrogate(options));
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 3) return 2;
  const std::string config = arguments[1];
  const std::string name = arguments[2];
  const std::vector<std::string> comparisons(arguments + 3, arguments + argument_count);
  const auto is_asked = [&](const char* word) { return std::ranges::find(comparisons, word) != comparisons.end(); };
  if (is_asked("features")) {
    compare_explanations(config, name);
    return 0;
  }
  if (is_asked("traces")) {
    compare_engine(config, name + ", `trace`", 0, prepare_cases, modattr::Trace({}));
    compare_engine(config, name + ", `trace --all --examples 1000 --donors 200`", 1000, prepare_cases,
                   modattr::Trace({.donor_count = 200, .answers = modattr::TracedAnswers::kAll}));
    return 0;
  }
  const modattr::PermutationOptions ten_repeats{.repeats = 10};
  const double split = compare_with_bare_loops(config, name + ", `permute --repeats 10`", ten_repeats);
  if (is_asked("exact")) {
    compare_with_bare_loops(config, name + ", `permute --exact`", {.draws = modattr::PermutationDraws::kAllPairs});
  }
  if (is_asked("whole")) {
    const RunTimes whole = run(config, ten_repeats, ModelUse::kWhole);
    std::printf(
        "| %s, `permute --repeats 10` once files are read: `--no-split`; times faster when split | %.1f s; %.0f |\n",
        name.c_str(), whole.seconds, whole.seconds / split);
    std::printf(
        "| %s, `--no-split`: plain loop over the whole model; modattr over it; over the parallel loop | %.1f s; "
        "%.2f; %.2f |\n",
        name.c_str(), whole.whole_plain, whole.seconds / whole.whole_plain, whole.seconds / whole.whole_parallel);
  }
}
