#pragma once

#include <filesystem>
#include <string>

#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

namespace modattr {

/// The device of that name: "cpu", "cuda", "cuda:1", or "auto" (the first GPU if there is one). Throws ConfigError for
/// one that does not exist.
at::Device find_device(const std::string& name);

/// Loads a TorchScript archive in evaluation mode. Throws ModelError for a file that is damaged, is no TorchScript
/// model or has no forward().
torch::jit::Module load_module(const std::filesystem::path& path, at::Device device);

/// The module as it is run: frozen where it can be, its forward() inlined and safe for libtorch's interpreter.
torch::jit::Module ready_to_run(const torch::jit::Module& module);

}  // namespace modattr
