#include "modattr/model/torchscript_model.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <dlfcn.h>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/passes/canonicalize_graph_fuser_ops.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include "graph/block_order.h"
#include "graph/written_inputs.h"
#include "label_probabilities.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/data/array_tensor.h"
#include "modattr/data/zip_archive.h"
#include "modattr/graph/torch_errors.h"
#include "output_reader.h"
#include "split/torch_split_model.h"

namespace modattr {
namespace {

at::Device parse_device(const std::string& name) {
  const auto gpu_count = at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  if (name == "auto") return gpu_count > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  std::optional<at::Device> device;
  try {
    device = at::Device(name);
  } catch (const std::exception&) {
    // Reported below.
  }
  if (!device || !(device->is_cpu() || device->is_cuda())) {
    throw ConfigError("--device: expected cpu, cuda, cuda:0 ... or auto, got '" + name + "'");
  }
  if (device->is_cuda() && std::max<int>(device->index(), 0) >= gpu_count) {
    throw ConfigError("--device: expected a device that libtorch has (CUDA devices: " + std::to_string(gpu_count) +
                      "), got '" + name + "'; use --device cpu");
  }
  return *device;
}

torch::jit::Module load_module(const std::filesystem::path& path, at::Device device) {
  // libtorch does not check the archive's checksums: a flipped bit would go unnoticed, or crash its reader.
  try {
    verify_zip(path);
  } catch (const DataError& error) {
    throw ModelError(error.what());
  }
  try {
    torch::jit::Module module = torch::jit::load(path.string(), device);
    module.eval();
    return module;
  } catch (const std::exception& error) {
    std::string reason = one_line_reason(error);
    std::string hint;
    if (reason.find("constants.pkl") != std::string::npos) hint = "; save it with torch.jit.script(model).save(path)";
    throw ModelError(path.string() + ": expected a TorchScript model, got: " + reason + hint);
  }
}

torch::jit::Module freeze_if_possible(const torch::jit::Module& module) {
  try {
    torch::jit::Module frozen = torch::jit::freeze(module);
    if (frozen.get_method("forward").graph()->inputs().front()->uses().empty()) return frozen;
    // A write to an input might be one to a weight that lies in a list: attributes stay when that cannot be told.
    const auto graph = module.get_method("forward").graph();
    torch::jit::Inline(*graph);
    copy_written_inputs(graph);
    return torch::jit::freeze(module);
  } catch (const std::exception&) {
    // Some modules (with attributes that forward() assigns) cannot be frozen; they run as they are.
    return module;
  }
}

/// Lets every operation stand in forward() itself. Freezing removes the methods that were inlined, of which libtorch
/// would tell when an operation fails, and crash.
void forget_inlined_calls(torch::jit::Block& block, torch::jit::Function& forward) {
  for (torch::jit::Node* node : block.nodes()) {
    node->setCallStack(c10::make_intrusive<torch::jit::InlinedCallStack>(&forward, node->sourceRange()));
    for (torch::jit::Block* inner : node->blocks()) forget_inlined_calls(*inner, forward);
  }
}

class TorchScriptModel final : public Model {
 public:
  explicit TorchScriptModel(const TorchScriptOptions& options)
      : path_(options.path.string()),
        output_(path_, options.label_input ? OutputSelector() : options.output),
        device_(parse_device(options.device)) {
    torch::jit::Module loaded = load_module(options.path, device_);
    if (!loaded.find_method("forward")) {
      throw ModelError(path_ + ": expected a model with a forward() method, got none");
    }
    if (options.label_input) loaded = with_label_probabilities(loaded, options.output, *options.label_input, path_);
    // Freezing turns them into constants.
    for (const at::Tensor& parameter : loaded.parameters()) {
      parameter_count_ += static_cast<std::size_t>(parameter.numel());
    }
    module_ = freeze_if_possible(loaded);
    // A traced number is a 0-dimensional tensor of doubles: without this pass it would turn integers into doubles.
    const auto graph = module_.get_method("forward").graph();
    torch::jit::Inline(*graph);
    torch::jit::CanonicalizeOps(graph);
    forget_inlined_calls(*graph->block(), module_.get_method("forward").function());
    run_blocks_in_place(*graph);
    writes_to_inputs_ = writes_to_inputs(graph);
    read_arguments();
  }

  const std::string& path() const noexcept override { return path_; }
  SplitResult split(std::span<const ModelInput> inputs, std::size_t modality_count, BatchPredicates questions,
                    std::span<const at::Tensor> probe) const override {
    std::vector<std::string> names;
    for (const ModelInput& input : inputs) names.push_back(input.name);
    return make_torch_split_model(
        {.path = path_,
         .forward = module_.get_method("forward"),
         .inputs = {inputs.begin(), inputs.end()},
         .modality_count = modality_count,
         .questions = questions,
         .output = output_,
         .whole = [this, names](std::span<const at::Tensor> rows) { return run(names, rows); },
         .device = device_},
        probe);
  }
  const std::vector<ModelArgument>& arguments() const noexcept override { return arguments_; }
  bool takes_dictionary() const noexcept override { return takes_dictionary_; }
  std::size_t parameter_count() const noexcept override { return parameter_count_; }
  bool runs_on_cpu() const noexcept override { return device_.is_cpu(); }

  at::Tensor run(std::span<const std::string> input_names, std::span<const at::Tensor> inputs) const override {
    const c10::InferenceMode inference_mode;
    // The profiling executor rewrites the graph after the first calls, which may change last digits between calls.
    const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
    try {
      const torch::jit::IValue result = module_.get_method("forward")(make_stack(input_names, inputs));
      return output_.read(result, inputs.front().size(0));
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      std::string listing;
      for (std::size_t input = 0; input < inputs.size(); ++input) {
        listing += (input == 0 ? "" : ", ") + input_names[input] + " " + describe(inputs[input]);
      }
      throw ModelError(path_ + ": forward() failed on " + listing + ": " + one_line_reason(error));
    }
  }

 private:
  void read_arguments() {
    const auto& schema = module_.get_method("forward").function().getSchema();
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
        throw ModelError(path_ + ": forward() argument '" + argument.name() +
                         "': expected a Tensor (or one Dict[str, Tensor]), got " + argument.type()->repr_str());
      }
      // Only tensors can come from a data file; the rest keeps its default.
      if (is_tensor) arguments_.push_back({argument.name(), argument.type()->repr_str(), has_default});
    }
    if (arguments_.empty()) throw ModelError(path_ + ": expected forward() to take tensors, got no such argument");
  }

  /// What the model may do with as it likes.
  at::Tensor own(const at::Tensor& input) const {
    const at::Tensor placed = input.to(device_);
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
    const auto& schema = module_.get_method("forward").function().getSchema();
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

  std::string path_;
  OutputReader output_;
  at::Device device_;
  torch::jit::Module module_;
  std::vector<ModelArgument> arguments_;
  bool takes_dictionary_ = false;
  bool writes_to_inputs_ = false;
  std::size_t parameter_count_ = 0;
};

}  // namespace

std::unique_ptr<Model> load_torchscript_model(const TorchScriptOptions& options) {
  return std::make_unique<TorchScriptModel>(options);
}

void use_one_thread_per_call() {
  at::set_num_threads(1);
  // OpenBLAS has a thread pool of its own that libtorch does not control.
  using SetThreadCount = void (*)(int);
  if (const auto set_thread_count = reinterpret_cast<SetThreadCount>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
    set_thread_count(1);
  }
}

}  // namespace modattr
