#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "modattr/data/dataset.h"
#include "modattr/model/model.h"
#include "modattr/run/command.h"
#include "modattr/run/config/config.h"
#include "modattr/value/batch_dependence.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/model_evaluator.h"

namespace modattr {

/// Whether a command can do without a score of the model.
enum class MetricNeed { kRequired, kWhereThereIsOne };

/// What an experiment adds to the configuration.
struct ExperimentOptions {
  CommonOptions common;
  std::optional<std::string> metric;
  /// Without labels, or with several numbers per example in a regression, no metric is the default.
  MetricNeed metric_need = MetricNeed::kRequired;
  /// Further column to cut the examples by, and the option that names it.
  std::optional<std::string> column = std::nullopt;
  std::string column_option = {};
};

/// A configuration brought to life: model, validation set, and how they bind. Owns what engines borrow.
class Experiment {
 public:
  /// Throws the Error that says which file or key is wrong.
  Experiment(const ExperimentOptions& options, const RunContext& context);

  const Config& config() const noexcept { return config_; }
  const Model& model() const noexcept { return *model_; }
  const Dataset& dataset() const noexcept { return *dataset_; }
  const InputLayout& layout() const noexcept { return layout_; }
  const Metric& metric() const noexcept { return *metric_; }
  ModelEvaluator& evaluator() noexcept { return *evaluator_; }
  const ModelEvaluator& evaluator() const noexcept { return *evaluator_; }
  std::size_t output_width() const noexcept { return output_width_; }
  std::size_t thread_count() const noexcept { return thread_count_; }
  std::uint64_t seed() const noexcept { return config_.seed; }
  /// The modalities that were asked for, as indices; empty = all.
  const std::vector<std::size_t>& modalities() const noexcept { return modalities_; }

  /// The ids that were asked for; empty = all.
  const std::vector<std::string>& ids() const noexcept { return ids_; }

  /// Why the model is not cut by modality; empty when it is, or was not to be.
  const std::string& split_reason() const noexcept { return split_reason_; }
  /// About the model; one sentence each.
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }

  /// Rows of every call of an encoder or of the whole model: the configured number or the device's own, less when so
  /// many rows would not fit into a GiB.
  std::size_t rows_per_call() const;

  /// Leaves out examples whose output is not finite; returns how many.
  std::size_t drop_invalid_examples(const RunContext& context);
  /// Whether such examples were to be left out.
  bool drops_invalid_examples() const noexcept { return drops_invalid_examples_; }

 private:
  void load_model(const ExperimentOptions& options, const RunContext& context);
  std::unique_ptr<Dataset> open_dataset(const ExperimentOptions& options) const;
  void select_examples(const CommonOptions& common);
  /// Throws ConfigError where a model of probabilities gives other numbers.
  void check_probabilities();
  void make_metric();
  void heed_row_behaviour(BatchDependence behaviour);
  void log_model_use(const RunContext& context);
  void split_model(Progress& progress, const std::function<void(bool is_row_by_row)>& when_cut = {});

  CommonOptions common_;
  MetricNeed metric_need_;
  Config config_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Dataset> dataset_;
  InputLayout layout_;
  std::unique_ptr<ModelEvaluator> evaluator_;
  std::unique_ptr<Metric> metric_;
  std::size_t output_width_ = 0;
  std::size_t thread_count_ = 1;
  bool drops_invalid_examples_ = false;
  /// Whether what an answer for a row depends on has been tried; a cut may tell.
  bool rows_are_tried_ = false;
  std::vector<std::size_t> modalities_;
  std::vector<std::string> ids_;
  std::string split_reason_;
  std::vector<std::string> warnings_;
};

}  // namespace modattr
