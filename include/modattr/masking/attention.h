#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "modattr/data/array.h"

namespace modattr {

/// An array that says which positions of a text a model sees: attention_mask, or torch's key_padding_mask.
class AttentionMask {
 public:
  /// The mask of `ids`, [rows, positions]: an array with "mask" in its name, as many positions, and no number but 0 and
  /// 1. With "pad" or "special" in its name, 1 is a position that is no word. nullopt for every other array.
  static std::optional<AttentionMask> find(const Array& array, const Array& ids);

  /// Whether each position of `count` rows of the array is seen, [rows * positions].
  std::vector<bool> read(std::size_t first_row, std::size_t count) const;

 private:
  AttentionMask(Array array, bool marks_padding);

  Array array_;
  bool marks_padding_;
};

}  // namespace modattr
