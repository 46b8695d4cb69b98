#pragma once

#include <functional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace modattr {

/// What an encoder gives for its inputs, each [rows, ...].
using RowFunction = std::function<std::vector<at::Tensor>(std::span<const at::Tensor> inputs)>;

/// A batch of an encoder's inputs, and what the encoder gives for it, each [rows, ...].
struct EncodedProbe {
  std::vector<at::Tensor> inputs;
  std::vector<at::Tensor> outputs;
};

/// Throws ModelError when what an encoder gives for a row changes with the other rows of its batch: sums over a batch,
/// maxima, quantisation by range, a row that is looked up by its place. Puts rows of all kinds, within the range of
/// `data` (many rows of the same inputs) and far outside of it, beside those of `rows`, a few rows.
void prove_batch_independence(const RowFunction& encode, const EncodedProbe& rows, std::span<const at::Tensor> data,
                              at::Device device);

}  // namespace modattr
