// Every engine that the configuration's "runs" list, on one experiment wherever they use the same examples: the model
// is loaded and split once, every row is encoded once, and mixes of examples are evaluated once.

#include <algorithm>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine_run.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/report/number_format.h"
#include "modattr/value/journal/call_journal.h"
#include "result_table.h"
#include "run/raw/raw_data.h"
#include "run/shards/open_shard.h"
#include "run/shards/run_identity.h"
#include "run_list.h"
#include "run_table.h"

namespace modattr {
namespace {

/// An entry of "runs", as a command of its own would run it.
struct PlannedRun {
  std::string name;
  CommandRequest request;
  EngineNeeds needs;
};

/// The engine's name, with a number where an earlier run has it.
std::string name_of(const std::string& engine, std::span<const PlannedRun> earlier) {
  const auto count = std::ranges::count(earlier, engine, [](const PlannedRun& run) { return run.request.engine; });
  return count == 0 ? engine : engine + "-" + std::to_string(count + 1);
}

std::vector<PlannedRun> plan_runs(const CommandRequest& request, const Config& config) {
  if (config.runs.empty()) {
    throw ConfigError(config.file.string() +
                      R"(: runs: expected engines to run, got none; for instance "runs": [{"engine": "permute"}, )"
                      R"({"engine": "shap"}])");
  }
  std::vector<PlannedRun> runs;
  for (const RunConfig& entry : config.runs) {
    PlannedRun run{.name = name_of(entry.engine, runs),
                   .request = {.common = request.common,
                               .expected_model_sha256 = request.expected_model_sha256,
                               .shard = request.shard,
                               .engine = entry.engine,
                               .options = entry.options},
                   .needs = {}};
    // What the command line says holds for all runs.
    CommonOptions& common = run.request.common;
    if (!common.examples) common.examples = entry.examples;
    if (common.ids.empty()) common.ids = entry.ids;
    if (common.modalities.empty()) common.modalities = entry.modalities;
    run.needs = checked_needs(run.request);
    runs.push_back(std::move(run));
  }
  return runs;
}

std::unique_ptr<CallJournal> open_journal(const CommandRequest& request, const Config& config,
                                          const RunContext& context) {
  if (!request.journal) return nullptr;
  const JournalOpening opening = request.resume    ? JournalOpening::kResume
                                 : request.replace ? JournalOpening::kReplace
                                                   : JournalOpening::kNew;
  RunIdentity identity = identity_of(request, config);
  if (request.shard) identity.emplace_back(option("shard"), request.shard->text());
  auto journal = std::make_unique<CallJournal>(*request.journal, identity, opening);
  if (request.resume) {
    context.notice(journal->known_row_count() == 0
                       ? "there is no interrupted run to go on with: begins anew"
                       : "goes on with an interrupted run: " + counted(journal->known_row_count(), "evaluation") +
                             " are known");
  }
  return journal;
}

/// Experiments of the runs, each made when it is first needed and shared by all runs that use the same examples and
/// metric.
class Experiments {
 public:
  Experiments(std::span<const PlannedRun> runs, CallJournal* journal, ExperimentUse use = ExperimentUse::kEvaluate)
      : runs_(runs), journal_(journal), use_(use) {}

  Experiment& of(const PlannedRun& run, const RunContext& context) {
    const ExperimentOptions wanted = options_of(run);
    for (Made& made : made_) {
      if (are_same(made.options, wanted) && made.skips_invalid == skips_invalid(run)) return *made.experiment;
    }
    made_.push_back({.options = wanted,
                     .skips_invalid = skips_invalid(run),
                     .experiment = std::make_unique<Experiment>(wanted, context)});
    return *made_.back().experiment;
  }

 private:
  struct Made {
    ExperimentOptions options;
    bool skips_invalid;
    std::unique_ptr<Experiment> experiment;
  };

  static bool skips_invalid(const PlannedRun& run) { return run.request.options.flag("skip_invalid"); }

  static bool are_same(const ExperimentOptions& one, const ExperimentOptions& other) {
    return one.common.examples == other.common.examples && one.common.ids == other.common.ids &&
           one.common.modalities == other.common.modalities && one.metric == other.metric &&
           one.metric_need == other.metric_need && one.column == other.column && one.ids_use == other.ids_use &&
           (!one.shard || one.shard_use == other.shard_use);
  }

  ExperimentOptions options_of(const PlannedRun& run) const {
    ExperimentOptions options = experiment_options(run.request, run.needs);
    // Without ids all examples are looked at either way, and all runs can share their order in the file.
    if (options.common.ids.empty()) options.ids_use = IdsUse::kOnlyThese;
    const bool any_needs_metric = std::ranges::any_of(runs_, [](const PlannedRun& other) {
      return experiment_options(other.request, other.needs).metric_need == MetricNeed::kRequired;
    });
    if (any_needs_metric) options.metric_need = MetricNeed::kRequired;
    options.journal = journal_;
    options.use = use_;
    return options;
  }

  std::span<const PlannedRun> runs_;
  CallJournal* journal_;
  ExperimentUse use_;
  std::list<Made> made_;
};

/// Also with what an engine knows of single examples, unless the configuration says: comparisons of results need it.
CommandRequest with_examples(CommandRequest request, const Experiment& experiment) {
  constexpr std::string_view kPerExample = "per_example";
  const auto schema = request.options.schema();
  const bool has_option = std::ranges::find(schema, kPerExample, &OptionSchema::name) != schema.end();
  if (has_option && !request.options.is_given(kPerExample) && experiment.metric().is_mean()) {
    request.options.set(kPerExample, true);
  }
  return request;
}

/// The tables of all runs in one result. `run_one`: runs one of them on its experiment.
CommandResult join_runs(
    std::span<const PlannedRun> runs, Experiments& experiments, const RunContext& context,
    const std::function<CommandResult(std::size_t run, Experiment&, const CommandRequest&, const RunStart&)>& run_one) {
  std::vector<NamedTable> tables;
  CommandResult result;
  for (std::size_t place = 0; place < runs.size(); ++place) {
    const PlannedRun& run = runs[place];
    context.log("run " + run.name);
    RunStart start;
    Experiment& experiment = experiments.of(run, context);
    const bool is_first =
        std::ranges::none_of(tables, [&](const NamedTable& other) { return other.experiment == &experiment; });
    // The encodings that all runs share are the first one's.
    if (!is_first) start.evaluations = evaluations_of(experiment);
    CommandResult one = run_one(place, experiment, with_examples(run.request, experiment), start);
    for (const std::string& file : one.files) {
      if (std::ranges::find(result.files, file) == result.files.end()) result.files.push_back(file);
    }
    tables.push_back({.name = run.name, .table = std::move(*one.table), .experiment = &experiment});
  }
  result.table = joined_table(tables);
  result.document = run_document(tables);
  for (NamedTable& each : tables) result.tables.push_back(std::move(each.table));
  return result;
}

/// What the shard of a request leaves of every run.
CommandResult shard_of_runs(const CommandRequest& request, const RunContext& context, std::span<const PlannedRun> runs,
                            CallJournal* journal) {
  const OpenShard shard(request, context);
  Experiments experiments(runs, journal);
  std::set<const Experiment*> known;
  std::vector<ShardPart> parts;
  for (const PlannedRun& run : runs) {
    context.log("run " + run.name);
    RunStart start;
    if (run.needs.shards == ShardUse::kFirstShard && request.shard->index > 0) {
      parts.push_back({.name = run.name});
      continue;
    }
    Experiment& experiment = experiments.of(run, context);
    if (!known.insert(&experiment).second) start.evaluations = evaluations_of(experiment);
    parts.push_back(run_shard(experiment, with_examples(run.request, experiment), context, start));
    parts.back().name = run.name;
  }
  return shard.close(std::move(parts));
}

CommandResult run_all(const CommandRequest& request, const RunContext& context) {
  return with_hint_at_skipping([&] {
    const Config config = read_config(find_config_file(request.common.config));
    const std::vector<PlannedRun> runs = plan_runs(request, config);
    const std::unique_ptr<CallJournal> journal = open_journal(request, config, context);
    if (request.shard) return shard_of_runs(request, context, runs, journal.get());
    Experiments experiments(runs, journal.get());
    return join_runs(runs, experiments, context,
                     [&](std::size_t, Experiment& experiment, const CommandRequest& one, const RunStart& start) {
                       return run_engine(experiment, one, context, start);
                     });
  });
}

}  // namespace

CommandResult merged_runs(const CommandRequest& request, const RunContext& context, std::span<const ShardPart> parts) {
  const Config config = read_config(find_config_file(request.common.config));
  const std::vector<PlannedRun> runs = plan_runs(request, config);
  if (runs.size() != parts.size()) {
    throw ConfigError("shards: expected " + std::to_string(runs.size()) + " runs, got " + std::to_string(parts.size()));
  }
  Experiments experiments(runs, nullptr, ExperimentUse::kSummarise);
  return join_runs(runs, experiments, context,
                   [&](std::size_t run, Experiment& experiment, const CommandRequest& one, const RunStart&) {
                     return run_merged(experiment, one, context, parts[run]);
                   });
}

MODATTR_COMMAND(run, run_all)

}  // namespace modattr
