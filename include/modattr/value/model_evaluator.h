#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/core/coalition.h"
#include "modattr/core/problem.h"
#include "modattr/data/dataset.h"
#include "modattr/model/model.h"
#include "modattr/value/feature_store.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// All examples of the set, once, with the modalities outside `present` taken from example donors[i].
struct Mix {
  Coalition present;
  /// [examples]; borrowed.
  std::span<const std::uint32_t> donors;
};

struct EvaluatorOptions {
  /// Rows of every model call. Floating-point kernels give other last digits for other shapes, so each call has exactly
  /// this many (the last one repeats its last row), whatever the batch size and thread count.
  std::size_t rows_per_call = 64;
  /// Rows that a thread reads and gathers at a time; rounded up to whole calls.
  std::size_t batch_size = 256;
  std::size_t thread_count = 1;
};

/// Runs the model on mixes, in calls of one fixed size, on several threads.
class ModelEvaluator {
 public:
  /// Receives the model's output [outputs] for an example of a mix; called from many threads, once per (mix, example).
  using Receiver = std::function<void(std::size_t mix, std::size_t example, std::span<const double> output)>;

  /// Borrows everything for its lifetime. `layout.inputs` are the dataset's inputs, in order.
  ModelEvaluator(const Model& model, const Dataset& dataset, const InputLayout& layout, EvaluatorOptions options);

  /// Throws ModelError naming the example when an output is not finite, and whatever model, data and progress throw; of
  /// several failures the first in the order of the mixes.
  void evaluate(std::span<const Mix> mixes, const Receiver& receive, Progress& progress);

  /// Examples whose output on untouched data is finite.
  std::vector<std::uint32_t> finite_examples(Progress& progress);

  /// Numbers per output row, from one call on the first examples; later calls must agree.
  std::size_t output_width();
  /// Rows sent through the model, or through the fusion once it is cut, without padding.
  std::size_t evaluation_count() const noexcept { return evaluation_count_; }

  /// Cuts the model by modality, encodes every distinct row once, and from now on runs only the fusion. Returns the
  /// reason when the model cannot be cut; then every evaluation runs the whole model.
  std::string use_split(std::size_t cache_bytes, Progress& progress);
  /// Back to the whole model; needed when the dataset's examples change.
  void forget_split() noexcept { split_.reset(); }
  /// nullptr while the whole model runs.
  const SplitModel* split_model() const noexcept { return split_ ? split_->model.get() : nullptr; }
  const FeatureStore* feature_store() const noexcept { return split_ ? split_->features.get() : nullptr; }

 private:
  /// The example that each modality of each row of a call is taken from.
  struct MixedRows {
    std::vector<std::uint32_t> own;
    std::vector<std::vector<std::uint32_t>> by_modality;
  };
  struct Split {
    std::unique_ptr<SplitModel> model;
    std::unique_ptr<FeatureStore> features;
  };

  MixedRows mixed_rows(std::span<const Mix> mixes, std::size_t first, std::size_t row_count) const;
  at::Tensor run_split(const MixedRows& rows) const;
  std::vector<at::Tensor> gather_all(const MixedRows& rows) const;
  at::Tensor gather_input(std::size_t input, const MixedRows& rows) const;
  std::vector<at::Tensor> first_rows() const;
  std::vector<at::Tensor> spread_rows() const;
  std::vector<at::Tensor> gather_own(std::span<const std::uint32_t> examples) const;
  void run_batches(std::span<const Mix> mixes, const Receiver& receive, Progress& progress);
  void run_batch(std::span<const Mix> mixes, std::size_t first, std::size_t row_count, const Receiver& receive) const;
  [[noreturn]] void throw_not_finite(const Mix& mix, std::size_t example, std::span<const double> output) const;

  const Model& model_;
  const Dataset& dataset_;
  const InputLayout& layout_;
  std::vector<std::string> input_names_;
  EvaluatorOptions options_;
  std::unique_ptr<Split> split_;
  std::size_t output_width_ = 0;
  std::size_t evaluation_count_ = 0;
};

}  // namespace modattr
