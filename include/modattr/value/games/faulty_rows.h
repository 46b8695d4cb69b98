#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "modattr/masking/fault_maker.h"
#include "modattr/value/mixes/synthetic_rows.h"

namespace modattr {

/// Faulty copies of examples' data, modality by modality. They are made again whenever they are asked for.
class FaultyRows final : public SyntheticRows {
 public:
  /// Borrows the makers, [modalities]; resize() says when they are there.
  explicit FaultyRows(const std::vector<std::unique_ptr<FaultMaker>>& makers) : makers_(makers) {}
  void resize(std::size_t modality_count) { draws_.resize(modality_count); }

  /// Returns the number of the new row among the modality's.
  std::uint32_t add(std::size_t modality, FaultDraw draw);
  const FaultDraw& draw(std::size_t modality, std::uint32_t number) const { return draws_[modality][number]; }
  void clear();
  bool empty() const noexcept;

  std::size_t count(std::size_t modality) const override { return draws_[modality].size(); }
  at::Tensor gather(std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) const override;

 private:
  const std::vector<std::unique_ptr<FaultMaker>>& makers_;
  std::vector<std::vector<FaultDraw>> draws_;
};

}  // namespace modattr
