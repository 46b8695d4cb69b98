#include "result_table.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "modattr/core/version.h"
#include "modattr/data/file_digest.h"
#include "modattr/engines/definitions.h"
#include "run/raw/raw_data.h"

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

/// The configuration file with everything that the command line changed or added; paths are relative to the working
/// folder, as the command line's own are.
std::string config_in_force(const Experiment& experiment, const CommonOptions& common, const ResultParts& parts) {
  Json document = Json::parse(experiment.config().document);
  const Config& config = experiment.config();
  document["model"]["path"] = config.model.path.string();
  document["model"]["rows_per_call"] = experiment.rows_per_call();
  document["data"]["path"] = config.data.path.string();
  if (config.data.metadata) document["data"]["metadata"] = config.data.metadata->string();
  if (config.data.classes_file) document["data"]["classes"] = config.data.classes_file->string();
  for (std::size_t place = 0; place < config.modalities.size(); ++place) {
    const ModalityConfig& modality = config.modalities[place];
    Json& entry = document["modalities"][place];
    if (modality.vocab) entry["vocab"] = modality.vocab->string();
    if (modality.raw.tokenizer) entry["tokenizer"] = modality.raw.tokenizer->string();
    if (modality.raw.preprocessing_file) entry["preprocessing"] = modality.raw.preprocessing_file->string();
    if (modality.columns_file) entry["columns"] = modality.columns_file->string();
    if (modality.players.boxes.file) entry["players"]["file"] = modality.players.boxes.file->string();
    if (modality.removal.path) entry["removal"]["path"] = modality.removal.path->string();
  }
  document["metric"] = experiment.metric().name();
  document["seed"] = config.seed;
  Json options = parts.options;
  options["examples"] = common.examples ? Json(*common.examples) : Json(nullptr);
  options["ids"] = experiment.ids();
  options["modalities"] = Json::array();
  for (const std::size_t modality : experiment.modalities()) {
    options["modalities"].push_back(config.modalities[modality].name);
  }
  options["device"] = common.device;
  options["no_split"] = common.no_split;
  document[parts.command] = options;
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

EvaluationCounts evaluations_of(const Experiment& experiment) {
  const ModelEvaluator& evaluator = experiment.evaluator();
  const EncodingCache* const encodings = evaluator.encoding_cache();
  if (encodings == nullptr) return {.model = evaluator.evaluation_count(), .encoder = 0, .fusion = 0};
  return {.model = 0, .encoder = encodings->encoded_row_count(), .fusion = evaluator.evaluation_count()};
}

EvaluationCounts evaluations_since(const Experiment& experiment, const EvaluationCounts& before) {
  EvaluationCounts counts = evaluations_of(experiment);
  counts.model -= std::min(counts.model, before.model);
  counts.encoder -= std::min(counts.encoder, before.encoder);
  counts.fusion -= std::min(counts.fusion, before.fusion);
  return counts;
}

ScoreTable make_result_table(const Experiment& experiment, const CommonOptions& common, ResultParts parts) {
  ScoreTable table;
  table.version = version();
  table.command = parts.command;
  table.created = utc_now();
  table.model = {experiment.model().path(), sha256_of_file(experiment.config().model.path)};
  table.data = {experiment.dataset().path(), digest_of_data(experiment.config().data.path, experiment.config())};
  table.example_count = experiment.dataset().example_count();
  table.config = config_in_force(experiment, common, parts);
  table.metric = experiment.metric().name();
  table.orientation = experiment.metric().orientation();
  table.score = parts.attribution.score;
  table.score_ci95 = parts.attribution.score_ci95;
  table.evaluations = evaluations_since(experiment, parts.evaluations_before);
  table.rows = std::move(parts.attribution.rows);
  const std::span<const DefinitionLegend> legends = definition_legends();
  table.legends.assign(legends.begin(), legends.end());
  for (const Players::Modality& modality : experiment.layout().modalities.modalities()) {
    table.modalities.push_back(modality.name);
  }
  table.asked_modalities = experiment.modalities();
  table.examples_are_chosen = !common.ids.empty();
  table.warnings = experiment.warnings();
  for (std::string& warning : parts.warnings) table.warnings.push_back(std::move(warning));
  for (std::string& warning : parts.attribution.warnings) table.warnings.push_back(std::move(warning));
  table.seed = experiment.seed();
  table.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - parts.start).count();
  return table;
}

void skip_invalid_examples(Experiment& experiment, const RunContext& context, std::vector<std::string>& warnings) {
  const std::size_t dropped =
      experiment.evaluates() ? experiment.drop_invalid_examples(context) : experiment.dropped_rows().size();
  if (dropped == 0) return;
  warnings.push_back(std::to_string(dropped) + (dropped == 1 ? " example was left out: its output is not finite"
                                                             : " examples were left out: their output is not finite"));
}

}  // namespace modattr
