#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "modattr/masking/fault_maker.h"
#include "modattr/value/mixes/synthetic_rows.h"

namespace modattr {

/// Faulty copies of examples' data, modality by modality. They are made when they are asked for; those that were made
/// lately are kept, as a copy is asked for its answer, its statistics and its mixes.
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
  struct Made {
    std::size_t modality = 0;
    FaultDraw draw;
    at::Tensor row;
  };
  /// The input's part of a copy, [1, ...].
  at::Tensor made_row(std::size_t input, std::size_t modality, const FaultDraw& draw) const;

  const std::vector<std::unique_ptr<FaultMaker>>& makers_;
  std::vector<std::vector<FaultDraw>> draws_;
  mutable std::mutex mutex_;
  /// By input and example.
  mutable std::multimap<std::pair<std::size_t, std::uint32_t>, Made> made_;
  mutable std::size_t made_bytes_ = 0;
};

}  // namespace modattr
