#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numeric>

#include "modattr/core/option_name.h"
#include "modattr/data/array_tensor.h"
#include "modattr/data/file_digest.h"
#include "modattr/report/number_format.h"
#include "modattr/run/command.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/stats/masked_logit.h"
#include "modattr/trees/tree_ensemble.h"
#include "modattr/value/games/model_problem.h"
#include "modattr/value/not_finite.h"
#include "run/checks/model_failure.h"
#include "run/config/json_object.h"
#include "run/raw/raw_data.h"
#include "run/setup/removal_setup.h"
#include "run_costs.h"

namespace modattr {
namespace {

/// The score on untouched data, and how fast the model answered.
struct BaselineScore {
  std::optional<double> score;
  double rows_per_second = 0.0;
  /// Why there is no score; empty where there is one, or where it is not defined.
  std::string failure = {};
};

BaselineScore measure_baseline(Experiment& experiment, const RunContext& context) {
  ModelProblem problem(experiment.dataset(), experiment.layout(), experiment.metric(), experiment.evaluator(),
                       context.progress);
  RowMap own(problem.example_count());
  std::iota(own.begin(), own.end(), 0u);
  const Coalition full = Coalition::full(problem.players().count());
  // What is done once is no part of the speed.
  experiment.evaluator().modality_rows();
  experiment.evaluator().rows_per_call();
  const std::size_t evaluated_before = experiment.evaluator().evaluation_count();
  context.progress.begin("baseline", problem.example_count());
  const auto start = std::chrono::steady_clock::now();
  Matrix outcomes;
  try {
    outcomes = problem.permuted_game(own)->evaluate(std::span(&full, 1));
  } catch (const ModelError& error) {
    const bool is_about_numbers = dynamic_cast<const NotFiniteError*>(&error) != nullptr ||
                                  dynamic_cast<const MaskedLogitError*>(&error) != nullptr;
    if (!is_about_numbers) throw;
    context.progress.finish();
    const double row_seconds = experiment.evaluator().measure_row();
    return {.score = std::nullopt,
            .rows_per_second = static_cast<double>(experiment.thread_count()) / std::max(row_seconds, 1e-9),
            .failure = spell_options(error.what(), context.spell)};
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  context.progress.finish();
  const std::vector<std::uint32_t> once(own.size(), 1);
  return {experiment.metric().scorer(outcomes.row(0), own)->score(once),
          static_cast<double>(experiment.evaluator().evaluation_count() - evaluated_before) / std::max(seconds, 1e-9)};
}

std::string number(double value, const char* format = "%.4g") {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string duration_text(double seconds) {
  if (seconds < 1.0) return number(seconds * 1000.0, "%.0f ms");
  if (seconds < 120.0) return number(seconds, "%.1f s");
  if (seconds < 7200.0) return number(seconds / 60.0, "%.0f min");
  return number(seconds / 3600.0, "%.1f h");
}

std::string kind_word(OutputKind kind) {
  if (kind == OutputKind::kProbabilities) return "probabilities";
  if (kind == OutputKind::kCausalLm) return "log probabilities of label tokens";
  if (kind == OutputKind::kMultilabel) return "logits of labels";
  if (kind == OutputKind::kMultilabelProbabilities) return "probabilities of labels";
  return kind == OutputKind::kRegression ? "regression" : "logits";
}

std::string label_text(const Experiment& experiment) {
  const Labels& labels = *experiment.dataset().labels();
  if (const auto* classes = std::get_if<ClassLabels>(&labels)) {
    std::vector<std::int64_t> distinct = classes->classes;
    std::ranges::sort(distinct);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    return std::to_string(distinct.size()) + " classes occur";
  }
  if (const auto* values = std::get_if<ValueLabels>(&labels)) {
    return values->column_count == 1 ? "one number per example"
                                     : std::to_string(values->column_count) + " numbers per example";
  }
  if (const auto* indicators = std::get_if<IndicatorLabels>(&labels)) {
    const auto true_count = std::ranges::count(indicators->flags, std::uint8_t{1});
    return counted(indicators->label_count, "label") + ", " +
           number(static_cast<double>(true_count) / static_cast<double>(experiment.dataset().example_count())) +
           " true per example";
  }
  if (std::holds_alternative<TokenLabels>(labels)) return "tokens";
  if (const auto* counts = std::get_if<AnswerCounts>(&labels)) {
    return "counts of " + std::to_string(counts->answer_count()) + " answers";
  }
  return "none";
}

std::string signature(const Model& model) {
  if (const TreeEnsemble* trees = model.trees()) {
    return counted(trees->column_count, "column") + ", by " + counted(trees->trees.size(), "tree") + " of objective " +
           trees->objective;
  }
  if (model.takes_dictionary()) return "forward(Dict[str, Tensor])";
  std::string text;
  for (const ModelArgument& argument : model.arguments()) {
    text += (text.empty() ? "" : ", ") + argument.name + ": " + argument.type;
  }
  return "forward(" + text + ")";
}

std::string use_of(const Experiment& experiment, const Array& array) {
  const DataConfig& data = experiment.config().data;
  for (const LayoutInput& input : experiment.layout().inputs) {
    if (array.name == input.name + "__rows") return "rows of " + input.name;
    if (array.name == input.name + "__columns" && array.text) return "columns of " + input.name;
    if (array.name != input.name) continue;
    std::string modalities;
    for (const InputPart& part : input.parts) {
      modalities += (modalities.empty() ? "" : ", ") + experiment.layout().modalities.modality_name(part.modality);
    }
    return modalities.empty() ? "label (" + label_text(experiment) + ")" : modalities;
  }
  if (array.name == data.label.value_or("label")) return "label (" + label_text(experiment) + ")";
  if (array.name == data.classes_array) return "classes";
  if (array.name == data.id.value_or("id")) return "id";
  if (array.name == data.group) return "group";
  return "-";
}

InspectionSection arrays_section(const Experiment& experiment, Json& document) {
  InspectionSection section{"arrays", {{"array", "type", "used as"}}};
  document = Json::array();
  for (const Array& array : experiment.dataset().arrays()) {
    section.rows.push_back({array.name, describe(array), use_of(experiment, array)});
    const std::vector<std::string>& cells = section.rows.back();
    document.push_back({{"array", cells[0]}, {"type", cells[1]}, {"used_as", cells[2]}});
  }
  return section;
}

std::string columns_text(const InputReference& reference) {
  if (reference.columns.empty()) return reference.input;
  std::string text;
  for (const ColumnRange& range : reference.columns) {
    text += (text.empty() ? "" : ",") + std::to_string(range.first);
    if (range.end != range.first + 1) text += ":" + std::to_string(range.end);
  }
  return reference.input + "[" + text + "]";
}

InspectionSection modalities_section(const Experiment& experiment, Json& document) {
  InspectionSection section{"modalities", {{"modality", "kind", "inputs"}}};
  document = Json::array();
  for (const ModalityConfig& modality : experiment.config().modalities) {
    std::string inputs;
    Json names = Json::array();
    for (const InputReference& reference : modality.inputs) {
      names.push_back(columns_text(reference));
      inputs += (inputs.empty() ? "" : ", ") + columns_text(reference);
    }
    if (modality.raw.column) inputs += " of column '" + *modality.raw.column + "'";
    section.rows.push_back({modality.name, modality.kind, inputs});
    document.push_back({{"modality", modality.name}, {"kind", modality.kind}, {"inputs", names}});
  }
  return section;
}

std::string percent(double share) {
  return number(100.0 * share, share < 0.0995 ? "%.1f %%" : "%.0f %%");
}

/// How the model is split, or why it is not.
InspectionSection split_section(Experiment& experiment, const RunContext& context, Json& document) {
  document = Json::array();
  ModelEvaluator& evaluator = experiment.evaluator();
  const SplitModel* split = evaluator.split_model();
  if (split == nullptr) {
    const std::string& reason = experiment.split_reason();
    const std::size_t parameter_count = experiment.model().parameter_count();
    const std::string why = reason.empty() ? context.spell("no_split") : "not split: " + reason;
    document.push_back({{"part", "whole model"}, {"parameters", parameter_count}, {"why", why}});
    return {"split", {{"part", "parameters", "why"}, {"whole model", std::to_string(parameter_count), why}}};
  }
  const EncodingCache& encodings = *evaluator.encoding_cache();
  const std::size_t modality_count = experiment.layout().modalities.count();
  const double fusion_seconds = evaluator.measure_row();
  std::vector<double> encoder_seconds;
  double total = fusion_seconds;
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    encoder_seconds.push_back(encodings.measure_encoder(modality));
    total += encoder_seconds.back();
  }
  InspectionSection section{"split",
                            {{"part", "operations", "parameters", "time", "distinct rows", "encoding per row"}}};
  const auto add = [&](const std::string& part, const PartSize& size, double seconds, const std::string& rows,
                       const std::string& encoding_bytes) {
    document.push_back({{"part", part},
                        {"operations", size.operation_count},
                        {"parameters", size.parameter_count},
                        {"share_of_time", seconds / total}});
    section.rows.push_back({part, std::to_string(size.operation_count), std::to_string(size.parameter_count),
                            percent(seconds / total), rows, encoding_bytes});
  };
  for (std::size_t modality = 0; modality < modality_count; ++modality) {
    const std::string& name = experiment.layout().modalities.modality_name(modality);
    if (split->encoding_count(modality) == 0) {
      section.rows.push_back({name, "0", "0", "-", "-", "goes into the fusion as it is"});
      document.push_back({{"part", name}, {"operations", 0}, {"parameters", 0}});
      continue;
    }
    add(name + " encoder", split->encoder_size(modality), encoder_seconds[modality],
        std::to_string(encodings.distinct_row_count(modality)),
        std::to_string(encodings.row_bytes(modality)) + " bytes");
    document.back()["distinct_rows"] = encodings.distinct_row_count(modality);
    document.back()["encoding_bytes_per_row"] = encodings.row_bytes(modality);
  }
  const std::string meeting = evaluator.meeting();
  add("fusion", split->fusion_size(), fusion_seconds, "-", meeting.empty() ? "-" : "from " + meeting + " on");
  document.back()["from"] = meeting.empty() ? Json(nullptr) : Json(meeting);
  return section;
}

/// A count as a whole number, where it is not too large for one.
Json rounded(double count) {
  return count < 9e15 ? Json(static_cast<std::uint64_t>(std::llround(count))) : Json(count);
}

InspectionSection costs_section(Experiment& experiment, const BaselineScore& baseline,
                                std::vector<std::string>& warnings, Json& document) {
  document = Json::array();
  InspectionSection section{"cost", {{"engine", "encoder rows", "evaluations", "about"}}};
  for (const RunCost& cost : run_costs(experiment, baseline.rows_per_second, warnings)) {
    section.rows.push_back({cost.run, cost.encoder_rows ? number(*cost.encoder_rows, "%.0f") : "-",
                            number(cost.evaluations, "%.0f"), duration_text(cost.seconds)});
    document.push_back({{"engine", cost.run},
                        {"encoder_rows", cost.encoder_rows ? rounded(*cost.encoder_rows) : Json(nullptr)},
                        {"evaluations", rounded(cost.evaluations)},
                        {"about_seconds", cost.seconds}});
  }
  return section;
}

InspectionSection model_section(const Experiment& experiment, Json& document) {
  const Config& config = experiment.config();
  const std::string sha256 = sha256_of_file(config.model.path);
  document = {{"path", experiment.model().path()},      {"sha256", sha256},
              {"takes", signature(experiment.model())}, {"parameters", experiment.model().parameter_count()},
              {"gives", kind_word(config.model.kind)},  {"outputs_per_row", experiment.output_width()}};
  return {"model",
          {{"path", experiment.model().path()},
           {"sha256", sha256},
           {"takes", signature(experiment.model())},
           {"parameters", std::to_string(experiment.model().parameter_count())},
           {"gives", kind_word(config.model.kind) + ", " + std::to_string(experiment.output_width()) + " per row"}}};
}

InspectionSection data_section(const Experiment& experiment, Json& document) {
  const Dataset& dataset = experiment.dataset();
  const std::string sha256 = digest_of_data(experiment.config().data.path, experiment.config());
  document = {{"path", dataset.path()}, {"sha256", sha256}, {"examples", dataset.example_count()}};
  InspectionSection section{
      "data", {{"path", dataset.path()}, {"sha256", sha256}, {"examples", std::to_string(dataset.example_count())}}};
  if (const auto& group = dataset.group_column()) {
    std::string groups;
    document["group"] = *group;
    document["examples_by_group"] = Json::object();
    for (const Stratum& stratum : dataset.strata(*group)) {
      groups += (groups.empty() ? "" : ", ") + stratum.name + " (" + std::to_string(stratum.examples.size()) + ")";
      document["examples_by_group"][stratum.name] = stratum.examples.size();
    }
    section.rows.push_back({"groups", *group + ": " + groups});
  }
  const std::vector<std::string>& classes = experiment.config().data.classes;
  if (!classes.empty()) {
    std::string names;
    for (const std::string& name : classes) names += (names.empty() ? "" : ", ") + name;
    section.rows.push_back({"classes", names});
    document["classes"] = classes;
  }
  return section;
}

InspectionSection baseline_section(Experiment& experiment, const BaselineScore& baseline, Json& document) {
  const std::string metric(experiment.metric().name());
  const std::size_t rows_per_call = experiment.evaluator().rows_per_call();
  document = {{"metric", metric},
              {"score", baseline.score ? Json(*baseline.score) : Json(nullptr)},
              {"rows_per_second", baseline.rows_per_second},
              {"threads", experiment.thread_count()},
              {"rows_per_call", rows_per_call}};
  if (!baseline.failure.empty()) document["why"] = baseline.failure;
  const std::string no_score =
      metric == "none" ? "no labels" : "not defined" + (baseline.failure.empty() ? "" : ": " + baseline.failure);
  return {
      "baseline",
      {{metric, baseline.score ? number(*baseline.score, "%.6g") : no_score},
       {"speed", number(baseline.rows_per_second, "%.0f") + " rows/s on " + std::to_string(experiment.thread_count()) +
                     " threads, " + std::to_string(rows_per_call) + " rows per call"}}};
}

/// Throws Error where runs would fail on other rows than those of the set: on removed data, or on other neighbours.
void check_runs(Experiment& experiment) {
  check_single_examples({.model = experiment.model(),
                         .dataset = experiment.dataset(),
                         .layout = experiment.layout(),
                         .rows_per_call = experiment.rows_per_call()});
  RemovalSetup(experiment, std::nullopt).check_numbers(experiment, experiment.rows_per_call());
}

/// Everything but opening the experiment.
CommandResult inspect(Experiment& experiment, const RunContext& context) {
  const BaselineScore baseline = measure_baseline(experiment, context);
  check_runs(experiment);
  CommandResult inspection;
  inspection.warnings = experiment.warnings();
  if (experiment.metric().name() == "none") {
    inspection.warnings.emplace_back("there is no score without labels: permute needs them, shap and lime do not");
  }
  Json document;
  std::vector<InspectionSection>& sections = inspection.sections;
  sections.push_back(model_section(experiment, document["model"]));
  sections.push_back(data_section(experiment, document["data"]));
  sections.push_back(arrays_section(experiment, document["arrays"]));
  sections.push_back(modalities_section(experiment, document["modalities"]));
  sections.push_back(split_section(experiment, context, document["split"]));
  sections.push_back(baseline_section(experiment, baseline, document["baseline"]));
  sections.push_back(costs_section(experiment, baseline, inspection.warnings, document["cost"]));
  document["warnings"] = inspection.warnings;
  inspection.document = document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return inspection;
}

CommandResult run_inspect(const CommandRequest& request, const RunContext& context) {
  Experiment experiment(
      {.common = request.common, .metric = request.options.text("metric"), .metric_need = MetricNeed::kWhereThereIsOne},
      context);
  return experiment.retry_on_split_failure(context, [&] { return inspect(experiment, context); });
}

}  // namespace

MODATTR_COMMAND(inspect, run_inspect)

}  // namespace modattr
