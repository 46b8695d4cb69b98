#include "engine_run.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine_setting.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/data/file_digest.h"
#include "modattr/data/raw/broken_file.h"
#include "modattr/engines/budget_error.h"
#include "modattr/engines/registry.h"
#include "modattr/graph_engines/graph_contributions.h"
#include "modattr/graph_engines/tree_contributions.h"
#include "modattr/model/tree_model.h"
#include "modattr/report/number_format.h"
#include "modattr/value/games/model_problem.h"
#include "modattr/value/not_finite.h"
#include "result_table.h"
#include "run/checks/modality_checks.h"
#include "run/setup/cases_setup.h"
#include "run/setup/explained_examples.h"
#include "run/setup/explained_text.h"
#include "run/setup/players_setup.h"
#include "run/setup/removal_setup.h"
#include "run/setup/targets.h"

namespace modattr {
namespace {

/// Rows of a background that stand for removed features while errors are traced, unless somebody chose their number.
constexpr std::size_t kCaseBackgroundRows = 10;

/// What stands for removed data, and what is explained; only where the engine's game removes modalities.
struct Explanation {
  ExplainedTargets targets;
  RemovalSetup removal;
  /// Only where features play.
  std::optional<PlayersSetup> players = std::nullopt;
};

class EngineRun {
 public:
  /// `known`: what was evaluated before; nullptr where the model is to be asked.
  EngineRun(Experiment& experiment, const CommandRequest& request, const RunContext& context, RunStart start,
            const ShardPart* known = nullptr)
      : start_(start),
        known_(known),
        request_(request),
        context_(context),
        engine_(known_engine(request.engine)),
        needs_(engine_.needs(request.options)),
        experiment_(experiment),
        setting_(setting_of(experiment_, request.options)),
        attributor_(engine_.make(request.options, setting_)) {
    expect_model(request.expected_model_sha256);
  }

  CommandResult result() {
    skip_invalid();
    warn_of_one_example();
    std::optional<Explanation> explanation = explain_where_needed();
    Attribution attribution = known_ != nullptr ? summarise_known() : attribute_within_budget(explanation);
    CommandResult result{.table = make_table(explanation, std::move(attribution)), .files = engine_.files};
    if (result.table->examples.empty()) {
      std::erase_if(result.files, [](const std::string& file) { return file.ends_with(".jsonl"); });
    }
    return result;
  }

  ShardPart part(const std::string& name) {
    ShardPart part{.name = name};
    const bool has_examples = experiment_.own_examples().count > 0;
    // What the others leave out is left out of the data that stands for removed data, too.
    if (has_examples) skip_invalid();
    if (has_examples && experiment_.own_examples().count > 0) {
      const std::optional<Explanation> explanation = explain_where_needed();
      ask(explanation, [&](ModelProblem& problem) {
        part.evaluated = attributor_->evaluate(problem, Rng(experiment_.seed()));
        return Attribution{};
      });
      for (std::uint32_t example = 0; explanation && example < explanation->targets.predicted.size(); ++example) {
        part.predicted.emplace_back(experiment_.dataset().row(example), explanation->targets.predicted[example]);
      }
    }
    part.dropped_rows = experiment_.dropped_rows();
    part.evaluations = evaluations_since(experiment_, start_.evaluations);
    part.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_.time).count();
    part.model_use = experiment_.evaluator().split_model() != nullptr ? "split" : "whole";
    return part;
  }

 private:
  void skip_invalid() {
    if (!request_.options.flag("skip_invalid")) return;
    // Of several runs on one experiment, the first one leaves them out.
    if (experiment_.drops_invalid_examples()) return;
    if (known_ != nullptr) experiment_.drop_rows(known_->dropped_rows);
    skip_invalid_examples(experiment_, context_, warnings_);
  }

  std::optional<Explanation> explain_where_needed() {
    std::optional<Explanation> explanation;
    const bool removes_data = needs_.game == GameKind::kModalities || needs_.game == GameKind::kFeatures;
    if (removes_data) {
      explanation.emplace(explain());
    } else if (known_ == nullptr) {
      RemovalSetup::check(experiment_);
    }
    if (needs_.game == GameKind::kErrors) make_cases();
    return explanation;
  }

  /// Of all examples, from what the shards found; nullopt where nothing was predicted.
  std::optional<std::vector<std::uint32_t>> known_predictions() const {
    if (known_ == nullptr) return std::nullopt;
    const std::unordered_map<std::uint32_t, std::uint32_t> classes(known_->predicted.begin(), known_->predicted.end());
    std::vector<std::uint32_t> predicted;
    for (std::size_t example = 0; example < experiment_.dataset().example_count(); ++example) {
      const auto found = classes.find(experiment_.dataset().row(example));
      predicted.push_back(found == classes.end() ? 0 : found->second);
    }
    return predicted;
  }

  Attribution summarise_known() {
    if (!known_->evaluated) throw DataError("shards: expected some that evaluated examples, got none");
    const ModelProblem problem(experiment_.dataset(), experiment_.layout(), experiment_.metric(),
                               experiment_.evaluator(), context_.progress);
    return attributor_->summarise(*known_->evaluated, problem, Rng(experiment_.seed()));
  }

  void expect_model(const std::string& sha256) const {
    if (sha256.empty() || sha256 == sha256_of_file(experiment_.config().model.path)) return;
    throw ConfigError(option("out") + ": expected a folder without results of another model than " +
                      experiment_.model().path() + ", got such results; choose another folder, or replace them with " +
                      option("force"));
  }

  void warn_of_one_example() {
    if (experiment_.dataset().example_count() != 1 || !request_.common.ids.empty()) return;
    const bool is_permuted = needs_.game == GameKind::kPermutation;
    warnings_.push_back(warning_of_one_example(experiment_.config(), experiment_.dataset(), is_permuted));
  }

  Explanation explain() {
    const TargetChoices choices{.target = request_.options.text("target"),
                                .value = needs_.value ? needs_.value : request_.options.text("value")};
    const std::optional<std::vector<std::uint32_t>> known = known_predictions();
    ExplainedTargets targets = experiment_.retry_on_split_failure(
        context_, [&] { return make_targets(experiment_, choices, context_.progress, known ? &*known : nullptr); });
    if (targets.warning) warnings_.push_back(*targets.warning);
    RemovalSetup removal(experiment_, request_.options.count("background"));
    if (removal.dropped_row_count() > 0) {
      warnings_.push_back("rows of the background were left out as their output is not finite: " +
                          std::to_string(removal.dropped_row_count()));
    }
    Explanation explanation{.targets = std::move(targets), .removal = std::move(removal)};
    if (needs_.game == GameKind::kFeatures) explanation.players.emplace(experiment_, &explanation.removal.rows());
    return explanation;
  }

  void make_cases() {
    cases_.emplace(experiment_.retry_on_split_failure(
        context_, [&] { return CasesSetup(experiment_, text_of(request_.options, "wrong_if"), context_.progress); }));
    // Features are looked at in single answers only.
    if (experiment_.asked_examples().empty() || known_ != nullptr) return;
    case_removal_.emplace(experiment_, std::nullopt);
    if (!case_removal_->rows_are_chosen()) case_removal_.emplace(experiment_, std::nullopt, kCaseBackgroundRows);
    case_players_.emplace(experiment_, &case_removal_->rows());
  }

  /// Where nobody chose the rows of the background and they are too many for the budget, takes fewer.
  Attribution attribute_within_budget(std::optional<Explanation>& explanation) {
    try {
      return attribute(explanation);
    } catch (const BudgetError& error) {
      const std::size_t rows = error.need().fitting_rows();
      if (!explanation || explanation->removal.rows_are_chosen() || rows == 0) throw;
      const std::optional<std::size_t> usual = explanation->removal.background_count();
      if (!usual || *usual <= rows) throw;
      explanation->removal = RemovalSetup(experiment_, std::nullopt, rows);
      warnings_.push_back("removed data comes from " + counted(rows, "background row") + ", not " +
                          std::to_string(*usual) + ", as " + option("budget") + " " +
                          std::to_string(error.need().budget) + " allows no more; " + option("background") +
                          " chooses their number");
      return attribute(explanation);
    }
  }

  void show_trees(const Explanation& explanation, ModelProblem& problem) const {
    TreeContributions::Parts parts{.ensemble = *experiment_.model().trees(),
                                   .dataset = experiment_.dataset(),
                                   .layout = experiment_.layout(),
                                   .removal = explanation.removal.rows(),
                                   .target = explanation.targets.targets.front(),
                                   .value = explanation.targets.value,
                                   .kind = experiment_.config().model.kind,
                                   .thread_count = experiment_.thread_count()};
    if (explanation.players) {
      parts.segmentations = explanation.players->segmentations();
      parts.inputs = explanation.players->inputs();
    }
    problem.set_contributions([parts](const ContributionRequest& request, const Rng&) {
      return std::make_unique<TreeContributions>(parts, request);
    });
  }

  Attribution attribute(const std::optional<Explanation>& explanation) {
    return ask(explanation,
               [&](ModelProblem& problem) { return attributor_->attribute(problem, Rng(experiment_.seed())); });
  }

  /// Sets a problem up for the engine.
  Attribution ask(const std::optional<Explanation>& explanation,
                  const std::function<Attribution(ModelProblem&)>& engine) {
    // The problem's games are made anew where the stage is repeated.
    const auto evaluate = [&] {
      ModelProblem problem(experiment_.dataset(), experiment_.layout(), experiment_.metric(), experiment_.evaluator(),
                           context_.progress);
      if (experiment_.holds_own_examples_only()) {
        problem.set_first_place(experiment_.own_examples().first);
      } else if (request_.shard) {
        problem.set_evaluated(experiment_.own_examples());
      }
      if (explanation) problem.set_removal(explanation->removal.rows(), explanation->targets.targets);
      if (explanation && explanation->players) {
        problem.set_players(explanation->players->segmentations(), explanation->players->inputs());
      }
      if (explanation && experiment_.model().trees() != nullptr) {
        show_trees(*explanation, problem);
      } else if (explanation && !needs_.looks_inside) {
        problem.set_contributions([](const ContributionRequest&, const Rng&) -> std::unique_ptr<Contributions> {
          throw ConfigError(option("method") +
                            " tree: expected a model of trees (model.kind xgboost or lightgbm), got "
                            "a TorchScript model; " +
                            option("method") + " auto serves every model");
        });
      } else if (explanation) {
        problem.set_contributions([&](const ContributionRequest& request, const Rng& rng) {
          return std::make_unique<GraphContributions>(
              GraphContributions::Parts{.model = experiment_.model(),
                                        .dataset = experiment_.dataset(),
                                        .layout = experiment_.layout(),
                                        .removal = explanation->removal.rows(),
                                        .segmentations = explanation->players->segmentations(),
                                        .inputs = explanation->players->inputs(),
                                        .target = explanation->targets.targets.front(),
                                        .evaluator = experiment_.evaluator(),
                                        .progress = context_.progress},
              request, rng);
        });
      }
      if (cases_) problem.set_cases(cases_->modalities(), cases_->judge());
      if (case_removal_) {
        problem.set_removal(case_removal_->rows(), cases_->targets());
        problem.set_players(case_players_->segmentations(), case_players_->inputs());
      }
      return engine(problem);
    };
    return experiment_.retry_on_split_failure(context_, [&] {
      const RemovalSetup* removal = explanation ? &explanation->removal : case_removal_ ? &*case_removal_ : nullptr;
      return removal != nullptr ? removal->guard(experiment_, evaluate) : evaluate();
    });
  }

  ScoreTable make_table(const std::optional<Explanation>& explanation, Attribution attribution) {
    const EngineDescription description = engine_.describe(request_.options, setting_);
    Json options = Json::object();
    for (const auto& [name, value] : description.in_force) options[name] = to_json(value);
    std::vector<ExampleRecord> records;
    std::vector<std::string> explained;
    if (explanation) {
      const ExplainedTargets& targets = explanation->targets;
      const RemovalSetup& removal = explanation->removal;
      const Json target = target_in_force(experiment_.config(), targets, request_.options.text("target"));
      options["target"] = target;
      options["value"] = value_names()[static_cast<std::size_t>(targets.value)];
      const bool has_background = removal.background_count() && description.removal.empty();
      options["background"] = has_background ? Json(*removal.background_count()) : Json(nullptr);
      records = example_records(experiment_, targets, std::exchange(attribution.examples, {}));
      if (attribution.whole_set) records.push_back(whole_set_record(std::move(*attribution.whole_set)));
      if (explanation->players) add_places(experiment_, *explanation->players, records);
      explained = explained_text(experiment_, targets, removal,
                                 {.target = target.is_string() ? target.get<std::string>() : target.dump(),
                                  .is_whole_set = needs_.is_whole_set,
                                  .index = description.index,
                                  .method = description.method,
                                  .removal = description.removal},
                                 records);
    }
    if (needs_.game == GameKind::kPermutation) {
      records = plain_records(experiment_, std::exchange(attribution.examples, {}));
    }
    if (cases_) {
      records = plain_records(experiment_, std::exchange(attribution.examples, {}));
      explained = traced_text(*cases_);
    }
    ScoreTable table = make_result_table(experiment_, request_.common,
                                         {.command = request_.engine,
                                          .options = std::move(options),
                                          .attribution = std::move(attribution),
                                          .warnings = std::move(warnings_),
                                          .start = start_.time,
                                          .evaluations_before = start_.evaluations});
    for (std::string& warning : table.warnings) warning = spell_options(warning, context_.spell);
    if (known_ != nullptr) {
      table.evaluations = known_->evaluations;
      table.seconds = known_->seconds;
    }
    table.repeat_count = description.repeat_count;
    table.examples = std::move(records);
    table.explained = std::move(explained);
    return table;
  }

  RunStart start_;
  const ShardPart* known_;
  const CommandRequest& request_;
  const RunContext& context_;
  const Engine& engine_;
  EngineNeeds needs_;
  Experiment& experiment_;
  EngineSetting setting_;
  std::unique_ptr<Attributor> attributor_;
  /// Where errors are traced.
  std::optional<CasesSetup> cases_;
  /// Only where single answers were asked for.
  std::optional<RemovalSetup> case_removal_;
  std::optional<PlayersSetup> case_players_;
  std::vector<std::string> warnings_;
};

}  // namespace

const Engine& known_engine(const std::string& name) {
  const Engine* engine = find_engine(name);
  if (engine == nullptr) throw ConfigError("unknown engine '" + name + "'");
  return *engine;
}

EngineNeeds checked_needs(const CommandRequest& request) {
  const Engine& engine = known_engine(request.engine);
  engine.check(request.options);
  return engine.needs(request.options);
}

ExperimentOptions experiment_options(const CommandRequest& request, const EngineNeeds& needs) {
  return {.common = request.common,
          .metric = text_of(request.options, "metric"),
          .metric_need = needs.game == GameKind::kPermutation ? MetricNeed::kRequired : MetricNeed::kWhereThereIsOne,
          .column = needs.column_option.empty() ? std::nullopt : text_of(request.options, needs.column_option),
          .column_option = needs.column_option,
          .ids_use = needs.game == GameKind::kErrors ? IdsUse::kAmongAll : IdsUse::kOnlyThese,
          .broken_files = request.options.flag("skip_invalid") ? BrokenFiles::kLeftOut : BrokenFiles::kError,
          .shard = request.shard,
          .shard_use = needs.shards};
}

CommandResult run_engine(Experiment& experiment, const CommandRequest& request, const RunContext& context,
                         const RunStart& start) {
  return EngineRun(experiment, request, context, start).result();
}

ShardPart run_shard(Experiment& experiment, const CommandRequest& request, const RunContext& context,
                    const RunStart& start) {
  return EngineRun(experiment, request, context, start).part(request.engine);
}

CommandResult run_merged(Experiment& experiment, const CommandRequest& request, const RunContext& context,
                         const ShardPart& merged) {
  return EngineRun(experiment, request, context, {}, &merged).result();
}

CommandResult with_hint_at_skipping(const std::function<CommandResult()>& run) {
  try {
    return run();
  } catch (const BrokenFileError& error) {
    throw DataError(std::string(error.what()) + "; " + option("skip_invalid") + " leaves such examples out");
  } catch (const NotFiniteError& error) {
    const std::string message = error.what();
    // Of mixed rows the message names what came from elsewhere.
    const bool is_untouched = error.removed().empty() && message.find(" with ") == std::string::npos;
    if (!is_untouched || message.find(option("skip_invalid")) != std::string::npos) throw;
    throw ModelError(message + "; " + option("skip_invalid") + " leaves such examples out");
  }
}

}  // namespace modattr
