#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/value/mixes/synthetic_rows.h"

namespace modattr {

/// Synthetic rows from a function of their numbers.
class FakeSyntheticRows final : public SyntheticRows {
 public:
  using Function =
      std::function<at::Tensor(std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows)>;

  /// `counts`: [modalities].
  FakeSyntheticRows(std::vector<std::size_t> counts, Function function)
      : counts_(std::move(counts)), function_(std::move(function)) {}

  std::size_t count(std::size_t modality) const override { return counts_.at(modality); }
  at::Tensor gather(std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) const override {
    return function_(input, modality, rows);
  }

 private:
  std::vector<std::size_t> counts_;
  Function function_;
};

}  // namespace modattr
