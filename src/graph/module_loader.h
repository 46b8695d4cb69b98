#pragma once

#include <filesystem>
#include <string>

#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

namespace modattr {

/// Loads a TorchScript archive in evaluation mode. Throws ModelError for a file that is damaged, is no TorchScript
/// model or has no forward().
torch::jit::Module load_module(const std::filesystem::path& path, at::Device device);

/// The module as it is run: frozen where it can be, its forward() inlined and safe for libtorch's interpreter.
torch::jit::Module ready_to_run(const torch::jit::Module& module);

}  // namespace modattr
