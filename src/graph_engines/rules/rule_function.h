#pragma once

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

namespace modattr {

using TensorList = std::vector<at::Tensor>;

/// From the multipliers of an operation's outputs to those of its inputs: sum (M * D) over the inputs is the sum of
/// g * (y - y') over the outputs, D and y - y' being differences between the sides. An undefined multiplier counts as 0
/// on either side. Holds plain tensors only: one with a tape would keep itself alive.
using Multiplier = std::function<TensorList(const TensorList& multipliers)>;

/// Puts an operation on the tape of libtorch's autograd with a multiplier in the place of its derivative. `outputs`:
/// its values, without a tape; `inputs`: the values on the tape that it was computed from, at least one. Returns the
/// outputs on the tape.
TensorList on_tape(const TensorList& outputs, const TensorList& inputs, Multiplier multiplier);

/// The tensor off the tape.
at::Tensor plain(const at::Tensor& tensor);
/// Whether a tensor is on the tape.
bool is_taped(const at::Tensor& tensor);

}  // namespace modattr
