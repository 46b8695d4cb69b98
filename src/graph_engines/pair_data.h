#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "graph_pass.h"
#include "modattr/data/dataset.h"
#include "modattr/masking/segmentation.h"
#include "modattr/value/games/removal_rows.h"
#include "modattr/value/input_layout.h"
#include "modattr/value/mixes/mixed_rows.h"

namespace modattr {

/// An example and the draw of removed data that it is compared with.
struct Pair {
  std::uint32_t example = 0;
  std::size_t draw = 0;
  /// Its number among the example's pairs.
  std::uint32_t place = 0;
};

/// Rows of a call that is full: the last pair is repeated.
std::vector<Pair> padded_pairs(std::span<const Pair> pairs, std::size_t row_count);

/// The data of pairs, as a pass starts from it.
class PairData {
 public:
  struct Parts {
    const Dataset& dataset;
    const InputLayout& layout;
    const RemovalRows& removal;
    /// One per modality; what has no player in an example stays.
    const std::vector<std::unique_ptr<Segmentation>>& segmentations;
  };
  /// Borrows what the parts refer to.
  explicit PairData(const Parts& parts) : parts_(parts) {}

  /// Modality m is the example's on the side of x where bit m of `x_modalities` is set, and on that of b where it is in
  /// `b_modalities`; else it is removed.
  PassData of(std::span<const Pair> pairs, std::uint64_t x_modalities, std::uint64_t b_modalities) const;
  /// The rows that each modality has where all are removed, [modalities][pairs].
  std::vector<std::vector<std::uint32_t>> removed_rows(std::span<const Pair> pairs) const {
    return rows_of(pairs, 0).by_modality;
  }
  /// Whether the data that stands for removed data is the same for different examples, as a background is and a text of
  /// mask tokens is not.
  bool has_common_removal() const;

 private:
  MixedRows rows_of(std::span<const Pair> pairs, std::uint64_t modalities) const;

  Parts parts_;
};

}  // namespace modattr
