#include "modattr/value/mixes/distinct_rows.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

namespace modattr {
namespace {

using RowTuple = std::vector<std::uint32_t>;

RowTuple rows_of(const Dataset& dataset, std::span<const std::size_t> inputs, std::uint32_t example) {
  RowTuple rows;
  for (const std::size_t input : inputs) rows.push_back(dataset.input_row(input, example));
  return rows;
}

std::string content(const Dataset& dataset, std::span<const std::size_t> inputs, const RowTuple& rows) {
  std::string bytes;
  for (std::size_t place = 0; place < inputs.size(); ++place) {
    const std::size_t row_bytes = dataset.input(inputs[place]).row_bytes();
    const std::size_t start = bytes.size();
    bytes.resize(start + row_bytes);
    dataset.copy_row(inputs[place], rows[place], std::as_writable_bytes(std::span(bytes).subspan(start)));
  }
  return bytes;
}

}  // namespace

DistinctRows find_distinct_rows(const Dataset& dataset, std::span<const std::size_t> inputs, const RowHash& hash_of) {
  DistinctRows result;
  result.row_of.reserve(dataset.example_count());
  // Without NAME__rows every example has rows of its own: nothing to remember.
  const bool shares_rows = std::ranges::any_of(inputs, [&](std::size_t input) { return dataset.shares_rows(input); });
  // To compare files by their content all of them would be decoded before the first is needed.
  const bool makes_rows =
      std::ranges::any_of(inputs, [&](std::size_t input) { return dataset.input(input).storage->makes_rows(); });
  std::map<RowTuple, std::uint32_t> known_tuples;
  std::unordered_multimap<std::size_t, std::uint32_t> known_hashes;
  const auto find_by_content = [&](std::uint32_t example, const RowTuple& rows) {
    const std::string bytes = content(dataset, inputs, rows);
    const std::size_t hash = hash_of(bytes);
    const auto [begin, end] = known_hashes.equal_range(hash);
    for (auto candidate = begin; candidate != end; ++candidate) {
      const std::uint32_t other = result.example_of[candidate->second];
      if (content(dataset, inputs, rows_of(dataset, inputs, other)) == bytes) return candidate->second;
    }
    const auto next = static_cast<std::uint32_t>(result.example_of.size());
    known_hashes.emplace(hash, next);
    result.example_of.push_back(example);
    return next;
  };
  for (std::uint32_t example = 0; example < dataset.example_count(); ++example) {
    const RowTuple rows = rows_of(dataset, inputs, example);
    if (!shares_rows) {
      result.row_of.push_back(find_by_content(example, rows));
      continue;
    }
    const auto [entry, added] = known_tuples.try_emplace(rows, 0);
    if (added && !makes_rows) entry->second = find_by_content(example, rows);
    if (added && makes_rows) {
      entry->second = static_cast<std::uint32_t>(result.example_of.size());
      result.example_of.push_back(example);
    }
    result.row_of.push_back(entry->second);
  }
  return result;
}

}  // namespace modattr
