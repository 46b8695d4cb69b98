#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/core/progress.h"
#include "modattr/data/dataset.h"
#include "modattr/model/model.h"
#include "modattr/value/encoded_rows.h"
#include "modattr/value/encodings/encoding_cache.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/journal/call_journal.h"
#include "modattr/value/mixes/mix.h"
#include "modattr/value/mixes/mix_table.h"
#include "modattr/value/mixes/mixed_rows.h"
#include "modattr/value/mixes/modality_rows.h"
#include "modattr/value/mixes/synthetic_rows.h"

namespace modattr {

/// Whether a logit of -inf, beside finite ones, is an output like others: the model rules a class out.
enum class MaskedLogits { kRefused, kAllowed };

struct EvaluatorOptions {
  /// Rows of a call of the whole model or an encoder. Floating-point kernels round otherwise for other shapes, so each
  /// call has exactly this many (the last one repeats its last row), whatever the thread count.
  std::size_t rows_per_call = 32;
  /// Rows per call of what runs most, the fusion or else the whole model; used where that changes no byte. nullopt =
  /// the fastest such number, looked for in long runs.
  std::optional<std::size_t> batch_size = std::nullopt;
  /// Calls at the same time; where a processor is idle, one more reads ahead.
  std::size_t thread_count = 1;
  MixSharing sharing = MixSharing::kEqualOnce;
  MaskedLogits masked_logits = MaskedLogits::kRefused;
  /// Examples of the whole run, where the set holds some of them only: what rounding depends on follows from all.
  std::optional<std::size_t> example_count = std::nullopt;
  /// Keeps the outputs of all rows, and knows those of an interrupted run; nullptr = none. Borrowed.
  CallJournal* journal = nullptr;
};

/// Runs the model on mixes, each different one once unless told otherwise, in calls of one fixed size, on several
/// threads. Once the model is split, its encoders have run already and a mix is a gather over their encodings and a run
/// of the fusion. Rows that no example has come with the call that needs them; between calls nothing is kept of them.
class ModelEvaluator {
 public:
  /// Receives the model's output [outputs] for an example of a mix, by its place in the list of examples; called from
  /// many threads, once per (mix, example).
  using Receiver = std::function<void(std::size_t mix, std::size_t example, std::span<const double> output)>;
  /// Writes row `index` of the work to row `row` of a call.
  using RowWriter = std::function<void(std::size_t index, MixedRows& rows, std::size_t row)>;
  /// Receives the output of row `index`; called from many threads, once per row.
  using RowReceiver = std::function<void(std::size_t index, std::span<const double> output)>;

  /// Borrows everything for its lifetime. `layout.inputs` are the dataset's inputs, in order.
  ModelEvaluator(const Model& model, const Dataset& dataset, const InputLayout& layout, EvaluatorOptions options);

  /// Makes synthetic rows ready for calls; where the model is split, they are encoded at once. Borrows `rows`, which
  /// may not change while the result is used. `known`: made ready before; its rows are the first ones of each modality
  /// and are not encoded again. `encoded` as in EncodingCache::encode_synthetic_rows().
  EncodedRows encode(const SyntheticRows& rows, const EncodedRows* known = nullptr,
                     const EncodingCache::EncodedListener& encoded = {});

  /// Makes rows ready for the next evaluate_rows() alone, of `row_count` rows. Where the journal knows all its outputs
  /// nothing is encoded, but counted as if it were, so that a run that goes on tells the same counts.
  EncodedRows encode_for_next(const SyntheticRows& rows, const EncodedRows* known, std::size_t row_count,
                              const EncodingCache::EncodedListener& encoded);

  /// Evaluates mixes of examples. Throws NotFiniteError naming the example when an output is not finite, and whatever
  /// model, data and progress throw; of several failures the first in the order of the mixes. A MaskedLogitError of the
  /// receiver is thrown again with the name of the example.
  void evaluate(const MixList& list, const Receiver& receive, Progress& progress);
  /// The same for mixes of examples and of `rows`. An output that is known since an earlier call with the same `rows`
  /// is not computed again.
  void evaluate(const MixList& list, EncodedRows& rows, const Receiver& receive, Progress& progress);
  /// The same two for all examples of the set.
  void evaluate(std::span<const Mix> mixes, const Receiver& receive, Progress& progress);
  void evaluate(std::span<const Mix> mixes, EncodedRows& rows, const Receiver& receive, Progress& progress);

  struct RowWork {
    std::size_t row_count = 0;
    const RowWriter& write;
    const RowReceiver& receive;
    /// nullptr where all rows are examples.
    const EncodedRows* rows = nullptr;
  };
  /// The same for a list of rows of any kind; all of them are run.
  void evaluate_rows(const RowWork& work, Progress& progress);

  /// Encodings of a modality for the listed rows, examples or synthetic ones, each [rows, ...]; only where the model is
  /// split.
  std::vector<at::Tensor> encodings(std::size_t modality, std::span<const std::uint32_t> numbers,
                                    const EncodedRows& rows) const;

  /// Whether an output of an example can be used; called from many threads.
  using OutputTest = std::function<bool(std::size_t example, std::span<const double> output)>;
  /// Examples whose output on untouched data is finite (or masked, where that is allowed) and passes the test.
  std::vector<std::uint32_t> finite_examples(Progress& progress, const OutputTest& test = {});

  /// Numbers per output row, from one call on the first examples; later calls must agree.
  std::size_t output_width();
  /// Which examples hold equal data; reads the set when first asked. Stays until forget_examples().
  const ModalityRows& modality_rows();
  /// Rows of a call of what runs most.
  std::size_t rows_per_call();
  /// Rows of a call of the whole model, whatever the batch size.
  std::size_t rows_per_model_call() const noexcept { return options_.rows_per_call; }
  std::size_t thread_count() const noexcept { return options_.thread_count; }
  MixSharing sharing() const noexcept { return options_.sharing; }
  /// Runs what runs most a few times, on one thread; seconds per row.
  double measure_row();
  /// Rows sent through the model, or through the fusion once it is split, without padding.
  std::size_t evaluation_count() const noexcept { return evaluation_count_; }
  /// Counts rows that were run by other means.
  void count_evaluations(std::size_t row_count) noexcept { evaluation_count_ += row_count; }
  /// Takes back evaluations, down to an earlier count: what they were for has failed and is done again.
  void take_back_evaluations(std::size_t earlier_count) noexcept { evaluation_count_ = earlier_count; }

  /// From now on every mix is a run of the whole model, as for a model whose rows are not independent.
  void share_nothing();
  /// Splits the model by modality, encodes every distinct row once, and from now on runs only the fusion. Returns the
  /// reason when the model cannot be split; then every evaluation runs the whole model. `when_split` is called before
  /// the encoders run, where there is a split, and hears whether rows are known not to depend on each other. A split
  /// that there was is forgotten first.
  std::string use_split(std::size_t cache_bytes, Progress& progress,
                        BatchPredicates predicates = BatchPredicates::kSpecialised,
                        const std::function<void(bool is_row_by_row)>& when_split = {});
  /// From now on the whole model runs, and encoded rows cannot be used any more.
  void forget_split();
  /// The same, and forgets what is known about the examples. Needed when the dataset's examples change.
  void forget_examples();
  /// nullptr while the whole model runs.
  const SplitModel* split_model() const noexcept { return split_ ? split_->model.get() : nullptr; }
  /// The operation that the fusion of a split model begins with; empty when it has none.
  std::string meeting() const { return split_ ? split_->meeting : std::string(); }
  const EncodingCache* encoding_cache() const noexcept { return split_ ? split_->encodings.get() : nullptr; }

 private:
  enum class NotFinite { kThrow, kPass };
  struct Split {
    std::unique_ptr<SplitModel> model;
    std::unique_ptr<EncodingCache> encodings;
    std::string meeting;
  };
  /// What a call takes: encodings and raw inputs of the fusion, or the inputs of the whole model.
  struct CallInput {
    std::vector<at::Tensor> encodings;
    std::vector<at::Tensor> inputs;
  };
  /// Hears that rows first ... first + count - 1 have been received; called from many threads, one at a time.
  using CallListener = std::function<void(std::size_t first, std::size_t count)>;

  void evaluate(const MixList& list, EncodedRows* rows, const Receiver& receive, Progress& progress,
                NotFinite not_finite);
  void run_rows(const RowWork& work, const CallListener& done, NotFinite not_finite = NotFinite::kThrow);
  void deliver_known(const MixPlan& plan, MixTable& table, std::span<const std::uint32_t> examples,
                     const Receiver& receive);
  /// Of mixes of `rows`, or of examples only.
  MixTable& mix_table(EncodedRows* rows);
  /// Throws std::logic_error where rows were made ready by another evaluator or for another split.
  void check(const EncodedRows& rows) const;
  std::vector<std::uint32_t> all_examples() const;
  CallInput gather(const MixedRows& rows, const EncodedRows* encoded) const;
  /// Of the whole model.
  std::vector<at::Tensor> gather_inputs(const MixedRows& rows, const EncodedRows* encoded) const;
  std::vector<at::Tensor> gather_own(std::span<const std::uint32_t> examples) const;
  at::Tensor run(const CallInput& input) const;
  at::Tensor run_probe_rows(std::size_t first, std::size_t count) const;
  MixedRows probe_rows(std::size_t first, std::size_t count) const;

  struct SplitAttempt {
    /// Why there is no split; empty when there is one.
    std::string reason;
    bool specialises_predicates = false;
  };
  SplitAttempt try_split(std::size_t cache_bytes, Progress& progress, BatchPredicates predicates,
                         const std::function<void(bool is_row_by_row)>& when_split);
  /// Compares the split model with the whole one in calls as they will be made; the reason when there is no split left.
  std::string check_split();

  /// Bytes that a row of a call takes and gives.
  std::size_t call_row_bytes();
  std::size_t fusion_reference_rows();
  std::size_t most_rows_per_call();
  /// Looks for a faster number of rows per call once many rows are to be run.
  void speed_calls_up(std::size_t row_count);

  const Model& model_;
  const Dataset& dataset_;
  const InputLayout& layout_;
  std::vector<std::string> input_names_;
  EvaluatorOptions options_;
  std::unique_ptr<ModalityRows> modality_rows_;
  /// Of mixes of examples.
  std::unique_ptr<MixTable> mix_table_;
  std::unique_ptr<Split> split_;
  /// Counts the splits, and what has ended them: encoded rows belong to one of them.
  std::uint64_t split_number_ = 0;
  /// 0 = not chosen yet.
  std::size_t rows_per_call_ = 0;
  bool tried_sizes_ = false;
  std::size_t output_width_ = 0;
  std::size_t evaluation_count_ = 0;
};

}  // namespace modattr
