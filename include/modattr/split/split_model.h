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

class Model;

/// What becomes of batch predicates: flags that a model reads from a whole batch of one modality, such as
/// `if isnan(image).any()`.
enum class BatchPredicates {
  /// Specialised to constants where each row of the probe gives the same flag by itself; encoders throw
  /// SplitAssumptionError at a row that gives another one.
  kSpecialised,
  /// Evaluated on every batch that is put together: what depends on them is not encoded.
  kEvaluated
};

/// A row violates an assumption made when the model was split: split it with kEvaluated or, if it was, run it whole.
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

/// A model split by modality: one encoder per modality, and a fusion that turns their outputs, the *encodings*, into
/// the model's output. Const and safe to call from many threads.
class SplitModel {
 public:
  virtual ~SplitModel() = default;
  /// Encodings of one modality, each [rows, ...]. `inputs`: the tensors of that modality, in the order of ModelInputs.
  /// Throws SplitAssumptionError, also when the encoder fails.
  virtual std::vector<at::Tensor> encode(std::size_t modality, std::span<const at::Tensor> inputs) const = 0;
  /// Number of a modality's encodings; 0 when the fusion takes its inputs raw, or not at all.
  virtual std::size_t encoding_count(std::size_t modality) const = 0;
  /// One row of each encoding of a modality, each [1, ...], for their shapes and types.
  virtual std::vector<at::Tensor> encoding_row(std::size_t modality) const = 0;
  /// Indices of the ModelInputs that the fusion takes raw.
  virtual const std::vector<std::size_t>& raw_inputs() const noexcept = 0;
  /// Returns the output as float64[rows, outputs] on the CPU. `encodings`: those of modality 0, of modality 1, ...;
  /// `raw_inputs`: in the order of raw_inputs(). Throws ModelError.
  virtual at::Tensor fuse(std::span<const at::Tensor> encodings, std::span<const at::Tensor> raw_inputs) const = 0;

  /// What a modality's encoder, and the fusion, are made of.
  virtual const PartSize& encoder_size(std::size_t modality) const = 0;
  virtual const PartSize& fusion_size() const noexcept = 0;
};

struct SplitOptions {
  /// The inputs of forward(), in any order.
  std::vector<ModelInput> inputs = {};
  /// More than every modality of the inputs.
  std::size_t modality_count = 0;
  BatchPredicates predicates = BatchPredicates::kSpecialised;
};

/// A split model, or the reason why there is none.
struct SplitResult {
  std::unique_ptr<SplitModel> model;
  /// One line; empty when there is a model.
  std::string reason;
  /// The operation that the fusion begins with, e.g. "aten::cat"; empty when it has none.
  std::string meeting = {};
  /// Whether batch predicates were specialised to constants; without a model, kEvaluated may then give one.
  bool specialises_predicates = false;
  /// Whether every row of the output is known to follow from the same row of the inputs, by what the model's operations
  /// do.
  bool is_row_by_row = false;
  /// Proves that the parts give the results of the whole model; throws ModelError with the reason when they do not.
  /// Until then nothing that the split model returns may be used. Borrows the model.
  std::function<void()> prove = {};
};

/// Splits a model by modality, where its kind and its graph allow that (see src/split/README.md). `probe`: rows of the
/// data, at least one, one tensor per input, which show what shapes and predicates do; the proof runs on them. The
/// model must outlive the result.
SplitResult split_model(const Model& model, const SplitOptions& options, std::span<const at::Tensor> probe);

}  // namespace modattr
