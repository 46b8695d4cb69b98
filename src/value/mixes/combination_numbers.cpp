#include "modattr/value/mixes/combination_numbers.h"

#include <algorithm>
#include <bit>

namespace modattr {

std::size_t CombinationNumbers::compact() {
  struct Entry {
    std::uint64_t number = 0;
    /// 1 + the new number; 0 = free.
    std::uint32_t id = 0;
  };
  const std::size_t size = std::bit_ceil(2 * std::max<std::size_t>(numbers_.size(), 1));
  const int shift = 64 - std::countr_zero(size);
  std::vector<Entry> entries(size);
  std::uint32_t count = 0;
  for (std::uint64_t& number : numbers_) {
    // Fibonacci hashing: the upper bits of the product with 2^64 over the golden ratio.
    std::size_t place = (number * 0x9E3779B97F4A7C15U) >> shift;
    while (entries[place].id != 0 && entries[place].number != number) place = (place + 1) & (size - 1);
    if (entries[place].id == 0) entries[place] = {number, ++count};
    number = entries[place].id - 1;
  }
  possible_ = count;
  return count;
}

}  // namespace modattr
