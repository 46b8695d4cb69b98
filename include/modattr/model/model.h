#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/graph/output_selector.h"

namespace modattr {

struct TorchScriptProgram;
struct TreeEnsemble;

/// An argument of the model's forward().
struct ModelArgument {
  std::string name;
  /// As the model's language writes it, e.g. "Tensor".
  std::string type;
  /// Has a default value and may be left out.
  bool optional = false;
};

/// A tensor that forward() returns.
struct ModelOutput {
  /// Index or key of it; nullopt where forward() returns the tensor itself.
  std::optional<OutputSelector> selector;
  /// On the CPU, of any shape.
  at::Tensor tensor;
};

/// A model that runs on batches of rows. Const and safe to call from many threads.
class Model {
 public:
  virtual ~Model() = default;
  virtual const std::string& path() const noexcept = 0;
  /// forward()'s arguments in order; empty when it takes one dictionary of tensors by name.
  virtual const std::vector<ModelArgument>& arguments() const noexcept = 0;
  virtual bool takes_dictionary() const noexcept = 0;
  /// Numbers in its weights.
  virtual std::size_t parameter_count() const noexcept = 0;
  /// The floating type of its weights; nullopt where it has none, or several.
  virtual std::optional<c10::ScalarType> float_dtype() const noexcept { return std::nullopt; }
  /// Whether it runs on the processor, not on a device of its own.
  virtual bool runs_on_cpu() const noexcept { return true; }
  /// Runs the model on `inputs` (first dimension = rows; in the order of `input_names`) and returns its output as
  /// float64[rows, outputs] on the CPU. The inputs stay as they are. Throws ModelError, one line, when the model fails
  /// or its output has another shape.
  virtual at::Tensor run(std::span<const std::string> input_names, std::span<const at::Tensor> inputs) const = 0;
  /// Runs the model like run() and returns every tensor of its result as it is, in its order; throws ModelError when
  /// the model fails.
  virtual std::vector<ModelOutput> outputs(std::span<const std::string> input_names,
                                           std::span<const at::Tensor> inputs) const {
    return {{std::nullopt, run(input_names, inputs)}};
  }
  /// The graph and weights of a TorchScript model, for those who analyse them (src/graph/torchscript_program.h);
  /// nullptr for models of other kinds. Lives as long as the model.
  virtual const TorchScriptProgram* program() const noexcept { return nullptr; }
  /// The decision trees of a model that consists of them; nullptr for models of other kinds. Lives as long as the
  /// model.
  virtual const TreeEnsemble* trees() const noexcept { return nullptr; }
};

}  // namespace modattr
