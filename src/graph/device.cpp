#include "modattr/graph/device.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include <ATen/Context.h>
#include <torch/version.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"

namespace modattr {

at::Device find_device(const std::string& name) {
  const auto gpu_count = at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  if (name == "auto") return gpu_count > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  std::optional<at::Device> device;
  try {
    device = at::Device(name);
  } catch (const std::exception&) {
    // Reported below.
  }
  if (!device || !(device->is_cpu() || device->is_cuda())) {
    throw ConfigError(option("device") + ": expected cpu, cuda, cuda:0 ... or auto, got '" + name + "'");
  }
  if (device->is_cuda() && std::max<int>(device->index(), 0) >= gpu_count) {
    throw ConfigError(option("device") + ": expected a device that libtorch has (CUDA devices: " +
                      std::to_string(gpu_count) + "), got '" + name + "'; use " + option("device") + " cpu");
  }
  return *device;
}

void use_reproducible_kernels(at::Device device) {
  if (!device.is_cuda()) return;
  // Without it matrix products of cuBLAS may differ from run to run; read when cuBLAS starts.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  at::Context& context = at::globalContext();
  context.setDeterministicAlgorithms(true, /*warn_only=*/true);
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 2)
  context.setDeterministicFillUninitializedMemory(false);
#endif
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
  context.setAllowTF32CuBLAS(false);
  context.setAllowTF32CuDNN(false);
}

at::Tensor to_device(const at::Tensor& tensor, at::Device device) {
  if (!device.is_cuda() || !tensor.device().is_cpu() || tensor.numel() == 0) return tensor.to(device);
  return tensor.pin_memory().to(tensor.options().device(device), /*non_blocking=*/true);
}

}  // namespace modattr
