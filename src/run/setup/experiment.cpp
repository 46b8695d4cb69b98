#include "modattr/run/setup/experiment.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <future>
#include <numeric>
#include <sstream>
#include <thread>
#include <utility>

#include "class_names.h"
#include "column_names.h"
#include "example_selection.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/core/rng.h"
#include "modattr/data/array_tensor.h"
#include "modattr/engines/run_warnings.h"
#include "modattr/model/call_threads.h"
#include "modattr/model/torchscript_model.h"
#include "modattr/model/tree_model.h"
#include "modattr/report/number_format.h"
#include "modattr/stats/masked_logit.h"
#include "modattr/stats/metrics.h"
#include "modattr/value/batch_dependence.h"
#include "modattr/value/bind_inputs.h"
#include "modattr/value/not_finite.h"
#include "open_model.h"
#include "run/checks/modality_checks.h"
#include "run/checks/model_failure.h"
#include "run/raw/raw_data.h"

namespace modattr {
namespace {

/// The array of label tokens of a causal language model, which goes into the model; nullopt for other models.
std::optional<std::string> label_input(const Config& config) {
  if (config.model.kind != OutputKind::kCausalLm) return std::nullopt;
  return config.data.label.value_or("labels");
}

InputLayout make_layout(const Config& config) {
  std::vector<ModalityInputs> modalities;
  for (const ModalityConfig& modality : config.modalities) modalities.push_back({modality.name, modality.inputs});
  InputLayout layout = make_input_layout(modalities);
  if (const std::optional<std::string> label = label_input(config)) {
    if (std::ranges::find(layout.inputs, *label, &LayoutInput::name) != layout.inputs.end()) {
      throw ConfigError("data.label: expected an array of its own, got '" + *label + "', which is an input");
    }
    // Of no modality: labels are never removed.
    layout.inputs.push_back({*label, {}});
  }
  return layout;
}

std::vector<std::size_t> select_modalities(const Players& players, const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  for (const Players::Modality& modality : players.modalities()) names.push_back(modality.name);
  std::vector<std::size_t> selected;
  for (const std::string& name : names_of(wanted, names)) {
    const std::optional<std::size_t> modality = players.find_modality(name);
    if (!modality) throw ConfigError(option("modality") + ": unknown '" + name + "'" + suggestion(name, names));
    selected.push_back(*modality);
  }
  // Rows come in the order of the configuration, each modality once.
  std::ranges::sort(selected);
  selected.erase(std::unique(selected.begin(), selected.end()), selected.end());
  return selected;
}

/// Memory that the system could give without swapping.
std::size_t available_memory_bytes() {
  std::ifstream file("/proc/meminfo");
  for (std::string word; file >> word;) {
    std::size_t kibibytes = 0;
    if (word == "MemAvailable:" && file >> kibibytes) return kibibytes * 1024;
  }
  return std::size_t{1} << 30;
}

}  // namespace

Experiment::Experiment(const ExperimentOptions& options, const RunContext& context)
    : common_(options.common),
      metric_need_(options.metric_need),
      ids_use_(options.ids_use),
      config_(read_config(find_config_file(options.common.config))),
      shard_(options.shard),
      shard_use_(options.shard_use),
      use_(options.use) {
  if (options.common.model) config_.model.path = *options.common.model;
  if (options.common.data) config_.data.path = *options.common.data;
  if (options.common.seed) config_.seed = *options.common.seed;
  if (options.metric) config_.metric = *options.metric;
  const bool is_found_elsewhere = !options.common.config && config_.file.has_parent_path();
  (is_found_elsewhere ? context.notice : context.log)("configuration " + config_.file.string());
  if (config_.metric && std::ranges::find(metric_names(), *config_.metric) == metric_names().end()) {
    throw ConfigError((options.metric ? option("metric") : "metric") + ": unknown '" + *config_.metric + "'" +
                      suggestion(*config_.metric, metric_names()));
  }
  layout_ = make_layout(config_);
  modalities_ = select_modalities(layout_.modalities, options.common.modalities);
  thread_count_ = options.common.threads.value_or(std::max(1u, std::thread::hardware_concurrency()));
  // What labels are follows from trees; else both take tens of milliseconds, and an error of the model is told first.
  const bool is_model_first = config_.model.format != ModelFormat::kTorchScript;
  if (is_model_first) load_model(options, context);
  std::future<std::unique_ptr<Dataset>> dataset = std::async(std::launch::async, [&] { return open_dataset(options); });
  if (!is_model_first) load_model(options, context);
  dataset_ = dataset.get();
  take_raw_settings(*dataset_, config_);
  warn_of_broken_files();
  take_class_names(*dataset_, config_);
  check_columns(*dataset_, layout_);
  check_modalities(config_, *dataset_, layout_);
  check_column_names(config_, *dataset_);
  check_tree_columns(config_, *model_, *dataset_, layout_);
  context.log("data " + dataset_->path() + " opened: " + counted(dataset_->example_count(), "example"));
  select_examples(options.common);
  select_own_examples();
  warn_of_unused_data();
  fit_float_types();
  evaluator_ = std::make_unique<ModelEvaluator>(
      *model_, *dataset_, layout_,
      EvaluatorOptions{.rows_per_call = rows_per_call(),
                       .batch_size = options.common.batch_size,
                       .thread_count = thread_count_,
                       .sharing = options.common.no_split ? MixSharing::kNone : MixSharing::kEqualOnce,
                       .masked_logits = masked_logits(),
                       .example_count = run_example_count_,
                       .journal = options.journal});
  try {
    output_width_ = evaluator_->output_width();
    check_class_names(config_, *model_, output_width_);
    check_probabilities();
  } catch (const ModelError& error) {
    throw_with_hint(error);
  }
  make_metric();
  check_label_columns();
  choose_model_use(context);
}

MaskedLogits Experiment::masked_logits() const noexcept {
  const bool has_logits = config_.model.kind == OutputKind::kLogits || config_.model.kind == OutputKind::kMultilabel;
  return has_logits ? MaskedLogits::kAllowed : MaskedLogits::kRefused;
}

void Experiment::check_label_columns() {
  const auto* counts = std::get_if<AnswerCounts>(dataset_->labels().get());
  if (counts == nullptr || config_.metric == "vqa_accuracy" || counts->largest() > 1.0) return;
  warnings_.emplace_back(
      "labels [N, answers] with no number above 1 are taken as answer counts (VQA), whose score is then at most 1/3; "
      "for soft scores of 0 to 1 save 3 * label, for a multilabel model set model.kind to multilabel, for counts set "
      "metric to vqa_accuracy");
}

void Experiment::warn_of_broken_files() {
  const std::size_t count = dataset_->left_out_count();
  if (count == 0) return;
  warnings_.push_back(std::to_string(count) + (count == 1 ? " example was left out: its file cannot be read"
                                                          : " examples were left out: their files cannot be read"));
}

void Experiment::warn_of_unused_data() {
  std::vector<std::string> optional_arguments;
  for (const ModelArgument& argument : model_->arguments()) {
    if (argument.optional) optional_arguments.push_back(argument.name);
  }
  for (std::string& warning : unused_data(config_, *dataset_, layout_, optional_arguments)) {
    warnings_.push_back(std::move(warning));
  }
}

void Experiment::fit_float_types() {
  const std::vector<std::string> names =
      inputs_to_cast({.model = *model_, .dataset = *dataset_, .layout = layout_, .rows_per_call = rows_per_call()});
  if (names.empty()) return;
  cast_dtype_ = model_->float_dtype();
  dataset_->cast_floats(*cast_dtype_);
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "'" : ", '") + name + "'";
  warnings_.push_back("floats were turned into " + dtype_name(*cast_dtype_) + ", as the model's weights are: " + list);
}

void Experiment::throw_with_hint(const ModelError& error) const {
  // These say what is wrong themselves.
  if (dynamic_cast<const NotFiniteError*>(&error) != nullptr) throw;
  throw ModelError(
      error.what() +
      hint_at_failure({.model = *model_, .dataset = *dataset_, .layout = layout_, .rows_per_call = rows_per_call()},
                      error.what()));
}

void Experiment::choose_model_use(const RunContext& context) {
  if (model_->trees() != nullptr) {
    split_reason_ = "trees have no encoders that could be run once";
    return;
  }
  // The few rows of the trial run beside the encoders, where the split does not tell.
  std::future<BatchDependence> behaviour;
  const auto try_rows = [&](bool is_row_by_row) {
    if (is_row_by_row || rows_are_tried_) return;
    rows_are_tried_ = true;
    behaviour = std::async(std::launch::async,
                           [this] { return probe_batch_dependence(*model_, *dataset_, layout_, rows_per_call()); });
  };
  if (!common_.no_split && use_ == ExperimentUse::kEvaluate) split_model(context.progress, try_rows);
  if (evaluator_->split_model() == nullptr) try_rows(false);
  if (behaviour.valid()) apply_batch_dependence(behaviour.get());
  if (!common_.no_split && use_ == ExperimentUse::kEvaluate) log_model_use(context);
}

void Experiment::weaken_split_assumptions(const SplitAssumptionError& error, const RunContext& context) {
  if (split_assumptions_ == SplitAssumptions::kNone) throw error;
  split_assumptions_ =
      split_assumptions_ == SplitAssumptions::kSameAnswers ? SplitAssumptions::kSameShapes : SplitAssumptions::kNone;
  context.log(std::string("a row violates an assumption made when the model was split: ") + error.what() +
              "; splitting again");
  // Before the next split, as its encodings need the memory.
  evaluator_->forget_split();
  choose_model_use(context);
}

void Experiment::apply_batch_dependence(BatchDependence behaviour) {
  if (behaviour == BatchDependence::kIndependent) return;
  evaluator_->share_nothing();
  if (behaviour == BatchDependence::kRandom) {
    split_reason_ = "it draws random numbers";
    warnings_.emplace_back(
        "the model gives other answers to the same rows: results change from run to run; save it in eval() mode");
  } else {
    split_reason_ = "its answer for a row depends on the other rows of the batch";
    warnings_.emplace_back(
        "the model's answer for a row depends on the other rows of its batch: results depend on how rows are "
        "batched; save it in eval() mode, or without operations over the batch, of which dynamic quantisation is one");
  }
}

void Experiment::split_model(Progress& progress, const std::function<void(bool is_row_by_row)>& when_split) {
  if (evaluator_->sharing() == MixSharing::kNone) return;
  if (split_assumptions_ == SplitAssumptions::kNone) {
    split_reason_ = "its parts do not take every row that is asked for";
    return;
  }
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  // A device has memory of its own.
  const std::size_t usual_bytes = model().runs_on_cpu() ? available_memory_bytes() / 4 : 1024 * kMebibyte;
  const std::size_t cache_bytes = common_.cache_mb ? *common_.cache_mb * kMebibyte : usual_bytes;
  const BatchPredicates predicates = split_assumptions_ == SplitAssumptions::kSameAnswers
                                         ? BatchPredicates::kSpecialised
                                         : BatchPredicates::kEvaluated;
  split_reason_ = evaluator_->use_split(cache_bytes, progress, predicates, when_split);
}

void Experiment::log_model_use(const RunContext& context) {
  if (const SplitModel* split = evaluator_->split_model()) {
    const std::size_t operation_count = split->fusion_size().operation_count;
    context.log("model split by modality: " + counted(evaluator_->encoding_cache()->encoded_row_count(), "row") +
                " encoded once, a fusion of " + counted(operation_count, "operation") +
                (operation_count == 0 ? "" : " from " + evaluator_->meeting() + " on") + " in calls of " +
                counted(evaluator_->rows_per_call(), "row"));
  } else {
    context.log("model runs whole: " + split_reason_);
  }
}

std::size_t Experiment::rows_per_call() const {
  // Depends on the data and the kind of device alone, as results may not depend on anything else.
  constexpr std::size_t kMostBytesPerCall = std::size_t{1} << 30;
  // What a picture's layers hold leaves a processor's caches with more rows; a device of its own needs many to be busy.
  constexpr std::size_t kRowsOnCpu = 32;
  constexpr std::size_t kRowsOnDevice = 64;
  constexpr std::size_t kRowsOfTrees = 1024;
  const std::size_t usual = model_->runs_on_cpu() ? kRowsOnCpu : kRowsOnDevice;
  const std::size_t wanted = config_.model.rows_per_call.value_or(model_->trees() != nullptr ? kRowsOfTrees : usual);
  std::size_t example_bytes = 1;
  for (std::size_t input = 0; input < dataset_->input_count(); ++input)
    example_bytes += dataset_->input(input).row_bytes();
  return std::clamp<std::size_t>(kMostBytesPerCall / example_bytes, 1, wanted);
}

void Experiment::load_model(const ExperimentOptions& options, const RunContext& context) {
  use_one_thread_per_call(thread_count_);
  model_ = open_model(config_.model, options.common.device, label_input(config_));
  if (model_->trees() != nullptr) config_.model.kind = output_kind_of(*model_->trees());
  check_arguments(*model_, layout_);
  context.log("model " + model_->path() + " loaded");
}

std::unique_ptr<Dataset> Experiment::open_dataset(const ExperimentOptions& options) const {
  const DataConfig& data = config_.data;
  DatasetOptions wanted{
      .path = data.path,
      .inputs = layout_.input_names(),
      .label = label_input(config_) ? label_input(config_) : data.label,
      .id = data.id,
      .group = data.group,
      .column = options.column,
      .column_option = option(options.column_option),
      .metadata = data.metadata,
      .class_names = data.classes,
      .output_kind = config_.model.kind,
      .answer_columns = config_.metric == "vqa_accuracy" ? AnswerColumns::kCounts : AnswerColumns::kByContent};
  use_manifest(wanted, config_, {.broken = options.broken_files, .thread_count = thread_count_});
  return std::make_unique<Dataset>(wanted);
}

void Experiment::check_probabilities() {
  const bool is_multilabel = config_.model.kind == OutputKind::kMultilabelProbabilities;
  if (config_.model.kind != OutputKind::kProbabilities && !is_multilabel) return;
  std::vector<std::uint32_t> examples(rows_per_call());
  for (std::size_t row = 0; row < examples.size(); ++row) {
    examples[row] = static_cast<std::uint32_t>(row % dataset_->example_count());
  }
  std::vector<at::Tensor> inputs;
  for (std::size_t input = 0; input < layout_.inputs.size(); ++input) {
    inputs.push_back(dataset_->gather(input, examples));
  }
  const at::Tensor outputs = model_->run(layout_.input_names(), inputs);
  const std::span<const double> numbers(outputs.data_ptr<double>(), static_cast<std::size_t>(outputs.numel()));
  constexpr double kRounding = 1e-3;
  for (const double number : numbers) {
    if (number >= -kRounding && number <= 1.0 + kRounding) continue;
    // What is not finite is met, and named, by the run.
    if (!std::isfinite(number)) return;
    throw ConfigError("model.kind: expected probabilities from " + model_->path() + ", got " + short_number(number) +
                      "; is it of kind \"" + (is_multilabel ? "multilabel" : "logits") + "\"?");
  }
  for (std::size_t first = 0; !is_multilabel && output_width_ > 1 && first < numbers.size(); first += output_width_) {
    const std::span<const double> row = numbers.subspan(first, output_width_);
    const double sum = std::accumulate(row.begin(), row.end(), 0.0);
    if (std::abs(sum - 1.0) <= kRounding) continue;
    warnings_.push_back("the probabilities of an example sum to " + short_number(sum) +
                        ", not 1: losses and log probabilities take them as they are");
    return;
  }
}

void Experiment::make_metric() {
  const bool is_regression = config_.model.kind == OutputKind::kRegression;
  const auto* values = std::get_if<ValueLabels>(dataset_->labels().get());
  const bool has_default = is_regression ? output_width_ == 1 || (values && values->column_count == output_width_)
                                         : !std::holds_alternative<NoLabels>(*dataset_->labels());
  if (metric_need_ == MetricNeed::kWhereThereIsOne && !config_.metric && !has_default) {
    metric_ = make_no_metric();
    return;
  }
  const std::string name = config_.metric.value_or(default_metric_name(config_.model.kind, *dataset_->labels()));
  try {
    metric_ = modattr::make_metric(name, {.kind = config_.model.kind,
                                          .output_width = output_width_,
                                          .labels = dataset_->labels(),
                                          .class_names = config_.data.classes});
  } catch (const DataError& error) {
    throw DataError(dataset_->path() + ": " + error.what());
  } catch (const ModelError& error) {
    throw ModelError(model_->path() + ": " + error.what());
  }
}

}  // namespace modattr
