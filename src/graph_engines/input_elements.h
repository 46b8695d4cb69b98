#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "graph_engines/dual/dual_value.h"

namespace modattr {

/// The numbers of a row of all inputs as one list: element e of input i has place first(i) + e. In a batch, element
/// place + row * count() is that of a row: the numbering of Dual::origin.
class InputElements {
 public:
  /// `sizes`: elements of a row of each input.
  explicit InputElements(const std::vector<std::int64_t>& sizes);

  std::int64_t count() const noexcept { return first_.back(); }
  std::int64_t first(std::size_t input) const { return first_[input]; }
  std::int64_t size(std::size_t input) const { return first_[input + 1] - first_[input]; }
  /// Origins of an input's data, in its shape [rows, ...].
  at::Tensor origin(std::size_t input, const at::Tensor& data) const;

 private:
  /// [inputs + 1]
  std::vector<std::int64_t> first_;
};

/// What a pass gives to the elements of the inputs, in units of the value.
struct Credits {
  /// Rows of a batch times elements, float64.
  at::Tensor by_element;
  /// What belongs to no single element, by the inputs that it comes from as a bit mask; [rows] each, float64.
  std::map<std::uint64_t, at::Tensor> unplaced;
};

/// Adds multiplier * (x - b) of every leaf. `multipliers` [leaves], undefined = 0.
Credits credits_of(const std::vector<Leaf>& leaves, const std::vector<at::Tensor>& multipliers,
                   const InputElements& elements, std::int64_t row_count);

}  // namespace modattr
