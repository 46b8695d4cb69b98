#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "modattr/data/dataset.h"
#include "modattr/masking/baseline.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/mixes/modality_rows.h"
#include "modattr/value/mixes/synthetic_rows.h"

namespace modattr {

/// What takes the place of a removed modality: rows of a reference set (the background), the same ones for all
/// modalities of an evaluation, or baselines. With a background, v(S) is a mean over its rows.
class RemovalRows final : public SyntheticRows {
 public:
  struct Parts {
    const Dataset& dataset;
    const InputLayout& layout;
    /// Different rows of the dataset.
    const ModalityRows& rows;
    /// nullptr when no modality is removed by a background.
    const Dataset* reference = nullptr;
    /// The example that each row of the reference set is, [reference examples]; empty where some are no examples, and
    /// all of them are synthetic rows.
    std::vector<std::uint32_t> reference_examples = {};
    /// Per modality; nullptr = the background. [modalities]
    std::vector<std::unique_ptr<Baseline>> baselines;
  };
  /// Borrows what the parts refer to.
  explicit RemovalRows(Parts parts);

  /// Rows of the background; 1 without.
  std::size_t draw_count() const noexcept { return parts_.reference ? parts_.reference->example_count() : 1; }
  bool uses_background(std::size_t modality) const { return parts_.baselines[modality] == nullptr; }
  /// The row that stands for an example's data of a modality in a draw.
  std::uint32_t row(std::size_t modality, std::size_t draw, std::uint32_t example) const;
  /// The same for every example, [examples].
  void write_rows(std::size_t modality, std::size_t draw, std::span<std::uint32_t> rows) const;

  std::size_t count(std::size_t modality) const override;
  at::Tensor gather(std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) const override;

 private:
  Parts parts_;
  /// Different rows of the reference set.
  std::unique_ptr<ModalityRows> reference_rows_;
};

}  // namespace modattr
