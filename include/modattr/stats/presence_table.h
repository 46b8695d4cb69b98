#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "modattr/core/coalition.h"

namespace modattr {

/// Rows of a table as a set of bits.
class RowSet {
 public:
  /// The empty set of `row_count` rows.
  explicit RowSet(std::size_t row_count = 0) : words_((row_count + kWordBits - 1) / kWordBits, 0) {}
  static RowSet all(std::size_t row_count);

  void insert(std::size_t row) { words_[row / kWordBits] |= std::uint64_t{1} << (row % kWordBits); }
  void erase(std::size_t row) { words_[row / kWordBits] &= ~(std::uint64_t{1} << (row % kWordBits)); }
  /// Of the same table, as `other` is below.
  RowSet intersection(const RowSet& other) const;
  RowSet difference(const RowSet& other) const;

  /// Calls `visit` with every row, the smallest first.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t left = words_[word]; left != 0; left &= left - 1) {
        visit(word * kWordBits + static_cast<std::size_t>(std::countr_zero(left)));
      }
    }
  }

  friend bool operator==(const RowSet&, const RowSet&) = default;

 private:
  static constexpr std::size_t kWordBits = 64;

  std::vector<std::uint64_t> words_;
};

/// Coalitions of one game as trees read them: rows of 0 and 1 to add up, players as sets of rows to split by.
class PresenceTable {
 public:
  PresenceTable(std::span<const Coalition> coalitions, std::size_t player_count);

  std::size_t row_count() const noexcept { return row_count_; }
  std::size_t player_count() const noexcept { return columns_.size(); }
  /// The coalitions with this player.
  const RowSet& with(std::size_t player) const { return columns_[player]; }
  /// 1 for the players of a coalition, 0 for the others, [players].
  std::span<const float> row(std::size_t row) const {
    return std::span(cells_).subspan(row * player_count(), player_count());
  }

 private:
  std::size_t row_count_;
  std::vector<RowSet> columns_;
  std::vector<float> cells_;
};

}  // namespace modattr
