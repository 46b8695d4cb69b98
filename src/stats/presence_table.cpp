#include "modattr/stats/presence_table.h"

namespace modattr {

RowSet RowSet::all(std::size_t row_count) {
  RowSet result(row_count);
  for (std::size_t row = 0; row < row_count; ++row) result.insert(row);
  return result;
}

RowSet RowSet::intersection(const RowSet& other) const {
  RowSet result(*this);
  for (std::size_t word = 0; word < words_.size(); ++word) result.words_[word] &= other.words_[word];
  return result;
}

RowSet RowSet::difference(const RowSet& other) const {
  RowSet result(*this);
  for (std::size_t word = 0; word < words_.size(); ++word) result.words_[word] &= ~other.words_[word];
  return result;
}

PresenceTable::PresenceTable(std::span<const Coalition> coalitions, std::size_t player_count)
    : row_count_(coalitions.size()),
      columns_(player_count, RowSet(coalitions.size())),
      cells_(coalitions.size() * player_count, 0.0F) {
  for (std::size_t row = 0; row < row_count_; ++row) {
    for (std::size_t player = 0; player < player_count; ++player) {
      if (!coalitions[row].contains(player)) continue;
      columns_[player].insert(row);
      cells_[row * player_count + player] = 1.0F;
    }
  }
}

}  // namespace modattr
