#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "modattr/core/coalition.h"
#include "modattr/core/problem.h"
#include "modattr/value/mixes/combination_numbers.h"
#include "modattr/value/mixes/modality_rows.h"

namespace modattr {

/// The different data that the examples of a stratum have in some modalities.
struct Parts {
  std::size_t size() const noexcept { return starts.empty() ? 0 : starts.size() - 1; }
  /// Examples of the stratum that have a part, in their order there.
  std::span<const std::uint32_t> examples(std::size_t part) const {
    return std::span(grouped).subspan(starts[part], starts[part + 1] - starts[part]);
  }

  /// Where the examples of each part begin in `grouped`, [parts + 1].
  std::vector<std::size_t> starts;
  std::vector<std::uint32_t> grouped;
};

/// All mixes of own modalities of one example with the other modalities of another one of its stratum, each different
/// one once: per stratum a grid of own parts x donor parts, one grid after the other.
class PairGrid {
 public:
  struct Block {
    std::size_t first_place = 0;
    std::size_t example_count = 0;
    Parts own;
    Parts donor;

    std::size_t place_count() const noexcept { return own.size() * donor.size(); }
  };
  /// Where an example stands; strata of one example have no block.
  struct Position {
    std::size_t block = kNoBlock;
    std::size_t own = 0;
    std::size_t donor = 0;
  };
  struct Pair {
    std::uint32_t own_example = 0;
    std::uint32_t donor_example = 0;
  };
  static constexpr std::size_t kNoBlock = static_cast<std::size_t>(-1);

  /// `own`: the modalities of an example that meet the others of its donors. Columns of no modality are own, too.
  PairGrid(const ModalityRows& rows, const Coalition& own, std::span<const Stratum> strata, std::size_t example_count);
  /// A grid in which every example has parts of its own, whatever it shares with others.
  PairGrid(std::span<const Stratum> strata, std::size_t example_count);

  /// Mixes to be evaluated.
  std::size_t place_count() const noexcept { return place_count_; }
  std::span<const Block> blocks() const noexcept { return blocks_; }
  const Position& position(std::size_t example) const { return positions_[example]; }
  /// Examples that stand for the mix at a place.
  Pair pair(std::size_t place) const;

 private:
  void add_block(const Stratum& stratum, const CombinationNumbers& own, const CombinationNumbers& donor);

  std::vector<Block> blocks_;
  std::vector<Position> positions_;
  std::size_t place_count_ = 0;
};

}  // namespace modattr
