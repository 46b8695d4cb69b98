#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

namespace modattr {

/// Rows of a modality that no example has: baselines of removed data, or data with some players removed. They are
/// numbered 0, 1, ... per modality; in lists of rows they follow the examples, as example count + number.
class SyntheticRows {
 public:
  virtual ~SyntheticRows() = default;
  virtual std::size_t count(std::size_t modality) const = 0;
  /// Data of one of the model's inputs, [rows, ...] in the input's dtype; columns that belong to other modalities hold
  /// anything. Safe to call from many threads.
  virtual at::Tensor gather(std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) const = 0;
};

}  // namespace modattr
