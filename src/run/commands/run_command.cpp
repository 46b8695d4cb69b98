// Every engine that the configuration's "runs" list, on one experiment wherever they use the same examples: the model
// is loaded and split once, every row is encoded once, and mixes of examples are evaluated once.

#include <algorithm>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine_run.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/core/version.h"
#include "modattr/data/file_digest.h"
#include "modattr/report/number_format.h"
#include "modattr/value/journal/call_journal.h"
#include "result_table.h"
#include "run/config/json_object.h"
#include "run/raw/raw_data.h"
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

/// Everything that the outputs of the model depend on, and which outputs are asked for.
JournalIdentity identity_of(const CommandRequest& request, const Config& config) {
  JournalIdentity identity = {{"version", std::string(version())}};
  const auto add_file = [&](const std::string& name, const std::filesystem::path& file) {
    identity.emplace_back(name, sha256_of_file(file));
  };
  const CommonOptions& common = request.common;
  add_file("model file", common.model.value_or(config.model.path));
  identity.emplace_back("data file", digest_of_data(common.data.value_or(config.data.path), config));
  if (config.data.metadata) add_file("metadata file", *config.data.metadata);
  for (const ModalityConfig& modality : config.modalities) {
    if (modality.vocab) add_file("vocab of " + modality.name, *modality.vocab);
    if (modality.removal.path) add_file("removal.path of " + modality.name, *modality.removal.path);
  }
  const Json document = Json::parse(config.document);
  for (const auto& [key, value] : document.items()) identity.emplace_back(key, value.dump());
  const auto text_of = [](const auto& number) { return number ? std::to_string(*number) : std::string("none"); };
  identity.emplace_back(option("examples"), text_of(common.examples));
  identity.emplace_back(option("seed"), text_of(common.seed));
  identity.emplace_back(option("ids"), Json(common.ids).dump());
  identity.emplace_back(option("modality"), Json(common.modalities).dump());
  identity.emplace_back(option("device"), common.device);
  identity.emplace_back(option("no_split"), common.no_split ? "yes" : "no");
  return identity;
}

std::unique_ptr<CallJournal> open_journal(const CommandRequest& request, const Config& config,
                                          const RunContext& context) {
  if (!request.journal) return nullptr;
  const JournalOpening opening = request.resume    ? JournalOpening::kResume
                                 : request.replace ? JournalOpening::kReplace
                                                   : JournalOpening::kNew;
  auto journal = std::make_unique<CallJournal>(*request.journal, identity_of(request, config), opening);
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
  Experiments(std::span<const PlannedRun> runs, CallJournal* journal) : runs_(runs), journal_(journal) {}

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
           one.metric_need == other.metric_need && one.column == other.column && one.ids_use == other.ids_use;
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
    return options;
  }

  std::span<const PlannedRun> runs_;
  CallJournal* journal_;
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

CommandResult run_all(const CommandRequest& request, const RunContext& context) {
  return with_hint_at_skipping([&] {
    const Config config = read_config(find_config_file(request.common.config));
    const std::vector<PlannedRun> runs = plan_runs(request, config);
    const std::unique_ptr<CallJournal> journal = open_journal(request, config, context);
    Experiments experiments(runs, journal.get());
    std::vector<NamedTable> tables;
    CommandResult result;
    for (const PlannedRun& run : runs) {
      context.log("run " + run.name);
      RunStart start;
      Experiment& experiment = experiments.of(run, context);
      const bool is_first =
          std::ranges::none_of(tables, [&](const NamedTable& other) { return other.experiment == &experiment; });
      // The encodings that all runs share are the first one's.
      if (!is_first) start.evaluations = evaluations_of(experiment);
      CommandResult one = run_engine(experiment, with_examples(run.request, experiment), context, start);
      for (const std::string& file : one.files) {
        if (std::ranges::find(result.files, file) == result.files.end()) result.files.push_back(file);
      }
      tables.push_back({.name = run.name, .table = std::move(*one.table), .experiment = &experiment});
    }
    result.table = joined_table(tables);
    result.document = run_document(tables);
    for (NamedTable& each : tables) result.tables.push_back(std::move(each.table));
    return result;
  });
}

}  // namespace

MODATTR_COMMAND(run, run_all)

}  // namespace modattr
