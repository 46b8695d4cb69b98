#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/core/shards/shard.h"
#include "modattr/data/dataset.h"
#include "modattr/data/raw/named_files.h"
#include "modattr/engines/engine.h"
#include "modattr/model/model.h"
#include "modattr/run/command.h"
#include "modattr/run/config/config.h"
#include "modattr/split/split_model.h"
#include "modattr/value/batch_dependence.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/model_evaluator.h"

namespace modattr {

/// What is assumed, when the model is split, of rows that the split has not been tried on.
enum class SplitAssumptions {
  /// A row answers questions about its batch, such as whether a number is missing, like the rows that were tried.
  kSameAnswers,
  /// Encoders take every row, and their outputs have the same shape.
  kSameShapes,
  /// Nothing: the model is not split.
  kNone
};

/// Whether a command can do without a score of the model.
enum class MetricNeed { kRequired, kWhereThereIsOne };

/// Whether examples that are asked for by id are the set, or are looked at among all others; then the examples are put
/// into an order that follows from their ids, so that nothing depends on their order in the file.
enum class IdsUse { kOnlyThese, kAmongAll };

/// What an experiment is made for.
enum class ExperimentUse {
  /// Engines ask the model.
  kEvaluate,
  /// What they asked is known: nothing is split or encoded, and examples are not checked one by one.
  kSummarise
};

/// What an experiment adds to the configuration.
struct ExperimentOptions {
  CommonOptions common;
  std::optional<std::string> metric;
  /// Without labels, or with several numbers per example in a regression, no metric is the default.
  MetricNeed metric_need = MetricNeed::kRequired;
  /// Further column to cut the examples by, and the option that names it.
  std::optional<std::string> column = std::nullopt;
  std::string column_option = {};
  IdsUse ids_use = IdsUse::kOnlyThese;
  /// Whether examples are left out whose file in a manifest cannot be read.
  BrokenFiles broken_files = BrokenFiles::kError;
  /// One of several processes that share the examples, and what it has to know of them.
  std::optional<Shard> shard = std::nullopt;
  ShardUse shard_use = ShardUse::kOwnExamples;
  ExperimentUse use = ExperimentUse::kEvaluate;
  /// Keeps the model's outputs; nullptr = nothing does. Borrowed.
  CallJournal* journal = nullptr;
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
  /// Places of these examples where they are looked at among all others; empty = all.
  std::vector<std::uint32_t> asked_examples() const;

  /// Whether the model is asked, or all answers are known.
  bool evaluates() const noexcept { return use_ == ExperimentUse::kEvaluate; }
  /// Of a shard: its examples among those of the data set here, where it knows all, or among those of the run. Empty
  /// where the shard has none; then the data set holds one example that is not the shard's.
  ExampleRange own_examples() const;
  /// Whether the data set holds the examples of a shard only.
  bool holds_own_examples_only() const noexcept { return run_example_count_.has_value(); }

  /// Runs a stage of a command and returns what it returns. Where a row violates an assumption made when the model was
  /// split (SplitAssumptionError), splits it again under weaker assumptions, or goes over to the whole model, and runs
  /// the stage again. Rows that were encoded before (EncodedRows) cannot be used after that: a stage makes its own, and
  /// so does a ModelProblem with a removal. modality_rows() stay.
  /// An error of the model itself is told with what it has to do with the data.
  template <typename Stage>
  std::invoke_result_t<const Stage&> retry_on_split_failure(const RunContext& context, const Stage& stage) {
    for (;;) {
      const std::size_t evaluation_count = evaluator_->evaluation_count();
      try {
        return stage();
      } catch (const SplitAssumptionError& error) {
        weaken_split_assumptions(error, context);
        evaluator_->take_back_evaluations(evaluation_count);
      } catch (const ModelError& error) {
        throw_with_hint(error);
      }
    }
  }

  /// Why the model is not split by modality; empty when it is, or was not to be.
  const std::string& split_reason() const noexcept { return split_reason_; }
  /// About the model; one sentence each. A stage may add some.
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }

  /// Rows of every call of an encoder or of the whole model: the configured number or the device's own, less when so
  /// many rows would not fit into a GiB.
  std::size_t rows_per_call() const;

  /// Whether a logit of -inf is an answer of this kind of model.
  MaskedLogits masked_logits() const noexcept;

  /// Leaves out examples whose output is not finite, or cannot be scored for want of a finite logit; returns how many.
  /// Retries by itself.
  std::size_t drop_invalid_examples(const RunContext& context);
  /// Leaves out examples that other processes found to be such, by their rows of the file.
  void drop_rows(std::span<const std::uint32_t> rows);
  /// Rows of the file of the examples that were left out, ascending.
  const std::vector<std::uint32_t>& dropped_rows() const noexcept { return dropped_rows_; }
  /// Whether such examples were to be left out.
  bool drops_invalid_examples() const noexcept { return drops_invalid_examples_; }

  /// The type that inputs of floats were given, as the model's weights have it; nullopt where they are as in the file.
  std::optional<c10::ScalarType> cast_dtype() const noexcept { return cast_dtype_; }

 private:
  void load_model(const ExperimentOptions& options, const RunContext& context);
  std::unique_ptr<Dataset> open_dataset(const ExperimentOptions& options) const;
  /// Gives inputs of floats the type of the model's weights where the model does not take them otherwise.
  void fit_float_types();
  void warn_of_broken_files();
  void warn_of_unused_data();
  /// Throws the error with what it has to do with the data.
  [[noreturn]] void throw_with_hint(const ModelError& error) const;
  void select_examples(const CommonOptions& common);
  /// Of a shard that needs no others: keeps its own examples.
  void select_own_examples();
  /// Throws ConfigError where a model of probabilities gives other numbers.
  void check_probabilities();
  void make_metric();
  void keep_examples(std::span<const std::uint32_t> examples);
  /// Warns where labels may have been taken for something else than they are.
  void check_label_columns();
  void apply_batch_dependence(BatchDependence behaviour);
  void log_model_use(const RunContext& context);
  /// Splits the model where that is possible, and tries what its answers for a row depend on where the split does not
  /// tell.
  void choose_model_use(const RunContext& context);
  void split_model(Progress& progress, const std::function<void(bool is_row_by_row)>& when_split);
  /// Throws the error where nothing is assumed any more.
  void weaken_split_assumptions(const SplitAssumptionError& error, const RunContext& context);

  CommonOptions common_;
  MetricNeed metric_need_;
  IdsUse ids_use_;
  Config config_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Dataset> dataset_;
  InputLayout layout_;
  std::unique_ptr<ModelEvaluator> evaluator_;
  std::unique_ptr<Metric> metric_;
  std::size_t output_width_ = 0;
  std::optional<c10::ScalarType> cast_dtype_;
  std::size_t thread_count_ = 1;
  bool drops_invalid_examples_ = false;
  std::vector<std::uint32_t> dropped_rows_;
  std::optional<Shard> shard_;
  ShardUse shard_use_ = ShardUse::kOwnExamples;
  ExperimentUse use_ = ExperimentUse::kEvaluate;
  /// Of a data set that holds a shard's own examples: those of the run, and which of them are the shard's.
  std::optional<std::size_t> run_example_count_;
  ExampleRange own_range_;
  SplitAssumptions split_assumptions_ = SplitAssumptions::kSameAnswers;
  /// Whether what an answer for a row depends on has been tried; a split may tell.
  bool rows_are_tried_ = false;
  std::vector<std::size_t> modalities_;
  std::vector<std::string> ids_;
  std::string split_reason_;
  std::vector<std::string> warnings_;
};

}  // namespace modattr
