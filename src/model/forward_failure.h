#pragma once

#include <exception>
#include <span>
#include <string>

#include <ATen/core/Tensor.h>

namespace modattr {

/// Throws a ModelError that says what a model was called with and why it failed.
[[noreturn]] void throw_forward_failed(const std::string& path, std::span<const std::string> input_names,
                                       std::span<const at::Tensor> inputs, const std::exception& error);

}  // namespace modattr
