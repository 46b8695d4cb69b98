#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "modattr/data/dataset.h"

namespace modattr {

/// The different contents that examples have in a group of inputs: a question that is asked of many pictures is one
/// row.
struct DistinctRows {
  /// Distinct row of each example, [examples].
  std::vector<std::uint32_t> row_of;
  /// An example that has the distinct row, [distinct rows].
  std::vector<std::uint32_t> example_of;
};

/// The hash of a row's bytes.
using RowHash = std::function<std::size_t(std::string_view bytes)>;

/// Finds equal rows of `inputs` by hash and confirms them byte by byte. Distinct rows are numbered by first appearance.
DistinctRows find_distinct_rows(const Dataset& dataset, std::span<const std::size_t> inputs,
                                const RowHash& hash = std::hash<std::string_view>{});

}  // namespace modattr
