#pragma once

#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace modattr {

/// The device of that name: "cpu", "cuda", "cuda:1", or "auto" (the first GPU if there is one). Throws ConfigError for
/// one that does not exist.
at::Device find_device(const std::string& name);

/// Has libtorch compute alike in every run on a GPU, and in full precision: deterministic algorithms where there are
/// some (others warn), no choice of kernels by their speed, no TF32. Does nothing for the processor, whose kernels are
/// so. Call it before the device is used.
void use_reproducible_kernels(at::Device device);

/// The tensor on the device. To a GPU it goes by way of pinned memory, so that the processor need not wait for the
/// transfer; what the GPU does with it afterwards waits.
at::Tensor to_device(const at::Tensor& tensor, at::Device device);

}  // namespace modattr
