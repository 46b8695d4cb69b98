#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace modattr {

struct TorchScriptProgram;

/// An argument of the model's forward().
struct ModelArgument {
  std::string name;
  /// As the model's language writes it, e.g. "Tensor".
  std::string type;
  /// Has a default value and may be left out.
  bool optional = false;
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
  /// Whether it runs on the processor, not on a device of its own.
  virtual bool runs_on_cpu() const noexcept { return true; }
  /// Runs the model on `inputs` (first dimension = rows; in the order of `input_names`) and returns its output as
  /// float64[rows, outputs] on the CPU. The inputs stay as they are. Throws ModelError, one line, when the model fails
  /// or its output has another shape.
  virtual at::Tensor run(std::span<const std::string> input_names, std::span<const at::Tensor> inputs) const = 0;
  /// The graph and weights of a TorchScript model, for those who analyse them (src/graph/torchscript_program.h);
  /// nullptr for models of other kinds. Lives as long as the model.
  virtual const TorchScriptProgram* program() const noexcept { return nullptr; }
};

}  // namespace modattr
