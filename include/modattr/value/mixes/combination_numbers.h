#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace modattr {

/// Numbers combinations of rows: entries that combine the same rows get the same number, others another one.
class CombinationNumbers {
 public:
  explicit CombinationNumbers(std::size_t entry_count) : numbers_(entry_count, 0) {}

  /// Combines every entry's number with row_of(entry) < row_count.
  template <typename RowOf>
  void combine(std::uint64_t row_count, const RowOf& row_of) {
    if (possible_ > std::numeric_limits<std::uint64_t>::max() / row_count) compact();
    possible_ *= row_count;
    for (std::size_t entry = 0; entry < numbers_.size(); ++entry) {
      numbers_[entry] = numbers_[entry] * row_count + row_of(entry);
    }
  }
  /// Renumbers as 0, 1, 2, ... in the order of first appearance; returns how many numbers there are.
  std::size_t compact();

  /// Below the product of the row counts, or below the count that compact() gave. [entries]
  std::span<const std::uint64_t> numbers() const noexcept { return numbers_; }

 private:
  std::vector<std::uint64_t> numbers_;
  std::uint64_t possible_ = 1;
};

}  // namespace modattr
