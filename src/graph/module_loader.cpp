#include "module_loader.h"

#include <algorithm>
#include <iostream>

#include <torch/csrc/jit/passes/canonicalize_graph_fuser_ops.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/print_handler.h>
#include <torch/csrc/jit/serialization/import.h>

#include "block_order.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/data/mapped_file.h"
#include "modattr/data/zip_archive.h"
#include "modattr/graph/torch_errors.h"
#include "modattr/graph/torch_warnings.h"
#include "written_inputs.h"

namespace modattr {
namespace {

torch::jit::Module freeze_if_possible(const torch::jit::Module& module) {
  try {
    torch::jit::Module frozen = torch::jit::freeze(module);
    if (frozen.get_method("forward").graph()->inputs().front()->uses().empty()) return frozen;
    // Freezing has kept attributes, as a write to an input might be one to a weight in the same list.
    const auto graph = module.get_method("forward").graph();
    torch::jit::Inline(*graph);
    copy_written_inputs(graph);
    return torch::jit::freeze(module);
  } catch (const std::exception&) {
    // Some modules (with attributes that forward() assigns) cannot be frozen; they run as they are.
    return module;
  }
}

/// Whether the archive is one of NumPy.
bool holds_arrays(const std::filesystem::path& path) {
  const ZipArchive archive(MappedFile::open(path));
  return std::ranges::any_of(archive.members(), [](const ZipMember& member) { return member.name.ends_with(".npy"); });
}

/// Without the place in libtorch's own sources: "[enforce fail at inline_container.cc:129] . ".
std::string without_place(const std::string& reason) {
  const std::size_t end = reason.find("] . ");
  return reason.starts_with("[enforce fail at ") && end != std::string::npos ? reason.substr(end + 4) : reason;
}

/// What forward() prints must not get among the results, which libtorch would write it to.
void print_to_standard_error(const std::string& text) {
  std::cerr << text << std::flush;
}

/// Makes every operation one of forward() itself. When an operation fails, libtorch names the method that it was
/// inlined from; freezing has removed these methods, and libtorch would crash.
void forget_inlined_calls(torch::jit::Block& block, torch::jit::Function& forward) {
  for (torch::jit::Node* node : block.nodes()) {
    node->setCallStack(c10::make_intrusive<torch::jit::InlinedCallStack>(&forward, node->sourceRange()));
    for (torch::jit::Block* inner : node->blocks()) forget_inlined_calls(*inner, forward);
  }
}

}  // namespace

torch::jit::Module load_module(const std::filesystem::path& path, at::Device device) {
  // libtorch does not check the archive's checksums: a flipped bit would go unnoticed, or crash its reader.
  try {
    verify_zip(path);
  } catch (const DataError& error) {
    throw ModelError(error.what());
  }
  torch::jit::setPrintHandler(print_to_standard_error);
  drop_deprecation_warnings();
  torch::jit::Module module;
  try {
    module = torch::jit::load(path.string(), device);
    module.eval();
  } catch (const std::exception& error) {
    if (holds_arrays(path)) {
      throw ModelError(path.string() + ": expected a TorchScript model, got a NumPy archive of arrays (.npz)");
    }
    const std::string reason = without_place(one_line_reason(error));
    if (reason.find("CUDA out of memory") != std::string::npos) {
      throw ModelError(path.string() + ": expected room for its weights on the device, got too little; use " +
                       option("device") + " cpu");
    }
    const bool is_no_script = reason.find("constants.pkl") != std::string::npos;
    throw ModelError(path.string() + ": expected a TorchScript model, got: " + reason +
                     (is_no_script ? "; save it with torch.jit.script(model).save(path)" : ""));
  }
  if (!module.find_method("forward")) {
    throw ModelError(path.string() + ": expected a model with a forward() method, got none");
  }
  return module;
}

torch::jit::Module ready_to_run(const torch::jit::Module& module) {
  torch::jit::Module ready = freeze_if_possible(module);
  const auto graph = ready.get_method("forward").graph();
  torch::jit::Inline(*graph);
  // A traced number is a 0-dimensional tensor of doubles: without this pass it would turn integers into doubles.
  torch::jit::CanonicalizeOps(graph);
  forget_inlined_calls(*graph->block(), ready.get_method("forward").function());
  // Last, as passes that remove dead code would undo it.
  run_blocks_in_place(*graph);
  return ready;
}

}  // namespace modattr
