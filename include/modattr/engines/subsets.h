#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "modattr/core/problem.h"

namespace modattr {

/// A set of examples that gets rows of its own: all of them, or a group.
struct Subset {
  /// nullopt = all examples.
  std::optional<std::string> group;
  std::vector<std::uint32_t> examples;
};

/// 0, 1, ... example_count - 1.
std::vector<std::uint32_t> all_examples(std::size_t example_count);

/// All examples, then the problem's groups, then the parts that a column (or "label") cuts them into, as "COLUMN
/// VALUE". Throws ConfigError for an unknown column.
std::vector<Subset> subsets_of(const Problem& problem, const std::optional<std::string>& column = std::nullopt);

}  // namespace modattr
