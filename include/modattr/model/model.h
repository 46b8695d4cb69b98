#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/split/split_model.h"

namespace modattr {

/// An argument of the model's forward().
struct ModelArgument {
  std::string name;
  /// As the model's language writes it, e.g. "Tensor".
  std::string type;
  /// Has a default value and may be left out.
  bool optional = false;
};

/// A model that answers batches. Const and safe to call from many threads.
class Model {
 public:
  virtual ~Model() = default;
  virtual const std::string& path() const noexcept = 0;
  /// forward()'s arguments in order; empty when it takes one dictionary of tensors by name.
  virtual const std::vector<ModelArgument>& arguments() const noexcept = 0;
  virtual bool takes_dictionary() const noexcept = 0;
  /// Numbers in its weights.
  virtual std::size_t parameter_count() const noexcept = 0;
  /// Whether it runs on the processor, not on a device of its own.
  virtual bool runs_on_cpu() const noexcept { return true; }
  /// Runs the model on `inputs` (first dimension = rows; in the order of `input_names`) and returns its output as
  /// float64[rows, outputs] on the CPU. The inputs stay as they are. Throws ModelError, one line, when the model fails
  /// or its output has another shape.
  virtual at::Tensor run(std::span<const std::string> input_names, std::span<const at::Tensor> inputs) const = 0;
  /// Cuts the model by modality, where its kind allows that; the proof runs on `probe` (one tensor of rows per input).
  /// The model must outlive the result.
  virtual SplitResult split(std::span<const ModelInput> inputs, std::size_t modality_count, BatchPredicates questions,
                            std::span<const at::Tensor> probe) const;
};

}  // namespace modattr
