#include "modattr/model/torchscript_model.h"

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include "forward_failure.h"
#include "graph/module_loader.h"
#include "graph/torchscript_program.h"
#include "graph/written_inputs.h"
#include "label_probabilities.h"
#include "modattr/core/error.h"
#include "modattr/graph/device.h"
#include "modattr/graph/torch_warnings.h"
#include "output_reader.h"

namespace modattr {
namespace {

TorchScriptProgram load_program(const TorchScriptOptions& options) {
  const std::string path = options.path.string();
  const at::Device device = find_device(options.device);
  use_reproducible_kernels(device);
  torch::jit::Module module = load_module(options.path, device);
  if (!options.label_input) return {path, module, options.output, device};
  return {path, with_label_probabilities(module, options.output, *options.label_input, path), OutputSelector(), device};
}

class TorchScriptModel final : public Model {
 public:
  explicit TorchScriptModel(const TorchScriptOptions& options)
      : program_(load_program(options)), output_(program_.path, program_.output) {
    // Freezing turns them into constants.
    for (const at::Tensor& parameter : program_.module.parameters()) {
      parameter_count_ += static_cast<std::size_t>(parameter.numel());
      if (parameter.is_floating_point()) float_dtypes_.insert(parameter.scalar_type());
    }
    program_.module = ready_to_run(program_.module);
    writes_to_inputs_ = writes_to_inputs(forward().graph());
    read_arguments();
  }

  const std::string& path() const noexcept override { return program_.path; }
  const std::vector<ModelArgument>& arguments() const noexcept override { return arguments_; }
  bool takes_dictionary() const noexcept override { return takes_dictionary_; }
  std::size_t parameter_count() const noexcept override { return parameter_count_; }
  bool runs_on_cpu() const noexcept override { return program_.device.is_cpu(); }
  std::optional<c10::ScalarType> float_dtype() const noexcept override {
    return float_dtypes_.size() == 1 ? std::optional(*float_dtypes_.begin()) : std::nullopt;
  }
  const TorchScriptProgram* program() const noexcept override { return &program_; }

  at::Tensor run(std::span<const std::string> input_names, std::span<const at::Tensor> inputs) const override {
    return call(input_names, inputs, [&](const torch::jit::IValue& result) {
      output_.check_selector(result);
      return output_.read(result, inputs.front().size(0));
    });
  }

  std::vector<ModelOutput> outputs(std::span<const std::string> input_names,
                                   std::span<const at::Tensor> inputs) const override {
    return call(input_names, inputs, tensors_of);
  }

 private:
  /// Runs forward() and returns what `read` makes of its result.
  template <typename Read>
  std::invoke_result_t<const Read&, const torch::jit::IValue&> call(std::span<const std::string> input_names,
                                                                    std::span<const at::Tensor> inputs,
                                                                    const Read& read) const {
    const c10::InferenceMode inference_mode;
    drop_deprecation_warnings();
    // The profiling executor rewrites the graph after the first calls, which may change their rounding.
    const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
    try {
      return read(forward()(make_stack(input_names, inputs)));
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      throw_forward_failed(path(), input_names, inputs, error);
    }
  }

  torch::jit::Method forward() const { return program_.module.get_method("forward"); }

  void read_arguments() {
    const auto& schema = forward().function().getSchema();
    for (std::size_t index = 1; index < schema.arguments().size(); ++index) {
      const c10::Argument& argument = schema.arguments()[index];
      const bool is_tensor = argument.type()->isSubtypeOf(*c10::OptionalType::ofTensor());
      const bool has_default = argument.default_value().has_value();
      const auto dictionary = argument.type()->cast<c10::DictType>();
      if (dictionary && schema.arguments().size() == 2 &&
          dictionary->getKeyType()->kind() == c10::TypeKind::StringType &&
          dictionary->getValueType()->isSubtypeOf(*c10::TensorType::get())) {
        takes_dictionary_ = true;
        return;
      }
      if (!is_tensor && !has_default) {
        throw ModelError(path() + ": forward() argument '" + argument.name() +
                         "': expected a Tensor (or one Dict[str, Tensor]), got " + argument.type()->repr_str() +
                         "; script a module around it whose forward() takes tensors only");
      }
      // Only tensors can come from a data file; the rest keeps its default.
      if (is_tensor) arguments_.push_back({argument.name(), argument.type()->repr_str(), has_default});
    }
    if (arguments_.empty()) throw ModelError(path() + ": expected forward() to take tensors, got no such argument");
  }

  /// The input on the device; a copy where forward() writes to its inputs, as the caller's stay as they are.
  at::Tensor own(const at::Tensor& input) const {
    const at::Tensor placed = to_device(input, program_.device);
    return writes_to_inputs_ && placed.is_same(input) ? input.clone() : placed;
  }

  std::vector<torch::jit::IValue> make_stack(std::span<const std::string> names,
                                             std::span<const at::Tensor> inputs) const {
    std::vector<torch::jit::IValue> stack;
    if (takes_dictionary_) {
      c10::Dict<std::string, at::Tensor> dictionary;
      for (std::size_t input = 0; input < inputs.size(); ++input) {
        dictionary.insert(names[input], own(inputs[input]));
      }
      stack.emplace_back(std::move(dictionary));
      return stack;
    }
    const auto& schema = forward().function().getSchema();
    for (std::size_t index = 1; index < schema.arguments().size(); ++index) {
      const c10::Argument& argument = schema.arguments()[index];
      const auto found = std::ranges::find(names, argument.name());
      if (found != names.end()) {
        stack.emplace_back(own(inputs[static_cast<std::size_t>(found - names.begin())]));
      } else {
        stack.push_back(argument.default_value().value());
      }
    }
    return stack;
  }

  TorchScriptProgram program_;
  OutputReader output_;
  std::vector<ModelArgument> arguments_;
  bool takes_dictionary_ = false;
  bool writes_to_inputs_ = false;
  std::size_t parameter_count_ = 0;
  std::set<c10::ScalarType> float_dtypes_;
};

}  // namespace

std::unique_ptr<Model> load_torchscript_model(const TorchScriptOptions& options) {
  return std::make_unique<TorchScriptModel>(options);
}

}  // namespace modattr
