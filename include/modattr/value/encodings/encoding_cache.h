#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/core/progress.h"
#include "modattr/data/dataset.h"
#include "modattr/split/split_model.h"
#include "modattr/value/mixes/modality_rows.h"
#include "modattr/value/mixes/synthetic_rows.h"

namespace modattr {

struct EncodingCacheOptions {
  std::size_t rows_per_call = 32;
  std::size_t thread_count = 1;
  /// Memory for encodings of all modalities; rows beyond it are encoded again whenever they are asked for.
  std::size_t budget_bytes = 0;
};

/// What the encoders make of synthetic rows: per modality the outputs of its encoder, each [synthetic rows, ...]; none
/// for a modality without an encoder or without such rows. Empty where the model runs whole.
using SyntheticEncodings = std::vector<std::vector<at::Tensor>>;

/// What the encoders of a split model make of the distinct rows of a set, computed once per row.
class EncodingCache {
 public:
  /// `modality_inputs`: the dataset's inputs of each modality. Borrows model, dataset and rows.
  EncodingCache(const SplitModel& model, const Dataset& dataset, std::vector<std::vector<std::size_t>> modality_inputs,
                const ModalityRows& rows, const EncodingCacheOptions& options);

  /// Encodes every distinct row that the budget has room for, and does other work of the caller's on one of the
  /// threads.
  void fill(Progress& progress, const std::function<void()>& meanwhile = {});
  /// Hears of rows that have been encoded, from many threads, one at a time; what it throws ends the work.
  using EncodedListener = std::function<void(std::size_t row_count)>;
  /// Encodes synthetic rows, at once and beside the budget. `known`: encodings of the first rows of each modality,
  /// which are copied; nullptr = none.
  SyntheticEncodings encode_synthetic_rows(const SyntheticRows& rows, const SyntheticEncodings* known = nullptr,
                                           const EncodedListener& encoded = {}) const;
  /// Counts what encode_synthetic_rows() would encode.
  void count_synthetic_rows(const SyntheticRows& rows, const SyntheticEncodings* known) const;
  /// Encodings of a modality for the listed rows, examples or synthetic ones, each [rows, ...]. Safe to call from many
  /// threads.
  std::vector<at::Tensor> gather(std::size_t modality, std::span<const std::uint32_t> rows,
                                 const SyntheticEncodings* synthetic = nullptr) const;

  /// Distinct rows of a modality; 0 when it has no encoder.
  std::size_t distinct_row_count(std::size_t modality) const {
    const DistinctRows* rows = modalities_.at(modality).rows;
    return rows == nullptr ? 0 : rows->example_of.size();
  }
  /// Whether every row's encodings are kept; known after fill().
  bool is_complete() const noexcept;
  /// Bytes of the encodings of one row; known after fill().
  std::size_t row_bytes(std::size_t modality) const { return modalities_.at(modality).row_bytes; }
  /// Time that fill() took.
  double fill_seconds() const noexcept { return fill_seconds_; }
  /// Runs a modality's encoder a few times; seconds per row on one thread. 0 when it has no encoder.
  double measure_encoder(std::size_t modality) const;
  /// Rows sent through encoders so far, without padding.
  std::size_t encoded_row_count() const noexcept;
  std::size_t encoded_row_count(std::size_t modality) const { return encoded_row_counts_.at(modality); }

 private:
  struct ModalityEncodings {
    std::vector<std::size_t> inputs;
    /// nullptr when the modality has no encoder.
    const DistinctRows* rows = nullptr;
    /// Encodings of the first `kept_count` distinct rows, each [kept_count, ...].
    std::vector<at::Tensor> kept;
    std::size_t kept_count = 0;
    std::size_t row_bytes = 0;
  };

  /// Inputs of one call: the examples, the last one repeated.
  std::vector<at::Tensor> read_inputs(std::size_t modality, std::span<const std::uint32_t> examples) const;
  std::vector<at::Tensor> encode(std::size_t modality, std::span<const std::uint32_t> examples) const;
  std::vector<at::Tensor> gather_examples(std::size_t modality, std::span<const std::uint32_t> examples) const;
  void plan_memory();

  const SplitModel& model_;
  const Dataset& dataset_;
  EncodingCacheOptions options_;
  std::vector<ModalityEncodings> modalities_;
  double fill_seconds_ = 0.0;
  mutable std::vector<std::atomic<std::size_t>> encoded_row_counts_;
};

}  // namespace modattr
