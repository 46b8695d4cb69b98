#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/core/error.h"

namespace modattr {

/// What becomes of flags that a model reads from a whole batch of one modality, such as `if isnan(image).any()`.
enum class BatchPredicates {
  /// Answered for good where all rows of the probe give the same answer; encoders throw SplitAssumptionError at a row
  /// that
  /// gives another one.
  kAnswered,
  /// Asked of every batch that is put together: what depends on them is not encoded.
  kAsked
};

/// Rows are otherwise than a cut takes for granted: the model must be cut with kAsked or, if it was, run whole.
class SplitAssumptionError final : public ModelError {
 public:
  using ModelError::ModelError;
};

/// An input of forward() and the modality that it belongs to; nullopt when several modalities share it.
struct ModelInput {
  std::string name;
  std::optional<std::size_t> modality;
};

/// How large a part of a model is.
struct PartSize {
  /// Top-level operations, constants not counted.
  std::size_t operation_count = 0;
  /// Numbers in the tensors that the part holds: weights, and buffers where they are not folded into weights.
  std::size_t parameter_count = 0;
};

/// A model cut by modality: one encoder per modality, and a fusion that turns their features into the output. Const and
/// safe to call from many threads.
class SplitModel {
 public:
  virtual ~SplitModel() = default;
  /// Features of one modality, each [rows, ...]. `inputs`: the tensors of that modality, in the order of ModelInputs.
  /// Throws SplitAssumptionError, also when the encoder fails.
  virtual std::vector<at::Tensor> encode(std::size_t modality, std::span<const at::Tensor> inputs) const = 0;
  /// Number of feature tensors of a modality; 0 when the fusion takes its inputs raw, or not at all.
  virtual std::size_t feature_count(std::size_t modality) const = 0;
  /// One row of each feature of a modality, each [1, ...], for their shapes and types.
  virtual std::vector<at::Tensor> feature_row(std::size_t modality) const = 0;
  /// Indices of the ModelInputs that the fusion takes raw.
  virtual const std::vector<std::size_t>& raw_inputs() const noexcept = 0;
  /// Returns the output as float64[rows, outputs] on the CPU. `features`: those of modality 0, of modality 1, ...;
  /// `raw_inputs`: in the order of raw_inputs().
  virtual at::Tensor fuse(std::span<const at::Tensor> features, std::span<const at::Tensor> raw_inputs) const = 0;

  /// What a modality's encoder, and the fusion, are made of.
  virtual const PartSize& encoder_size(std::size_t modality) const = 0;
  virtual const PartSize& fusion_size() const noexcept = 0;
};

/// A cut, or the reason why there is none.
struct SplitResult {
  std::unique_ptr<SplitModel> model;
  /// One line; empty when there is a model.
  std::string reason;
  /// The operation that the fusion begins with, e.g. "aten::cat"; empty when it has none.
  std::string meeting = {};
  /// Whether questions about a batch were answered for good, which may be what stands against the cut.
  bool specialises_predicates = false;
  /// Whether every row of the answer is known to follow from the same row of the inputs, by what the model's operations
  /// do.
  bool is_row_by_row = false;
  /// Proves that the parts answer like the whole; throws ModelError with the reason when they do not. Until then
  /// nothing that the model says may be used. Borrows the model.
  std::function<void()> prove = {};
};

}  // namespace modattr
