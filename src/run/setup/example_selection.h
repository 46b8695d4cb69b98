#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "modattr/data/dataset.h"

namespace modattr {

/// What `texts` name: a text that is no known name stands for those between its commas.
std::vector<std::string> names_of(const std::vector<std::string>& texts, const std::vector<std::string>& known);

/// So many of the examples, fixed by the seed, ascending.
std::vector<std::uint32_t> random_subset(std::size_t example_count, std::size_t subset_size, std::uint64_t seed);

/// All examples in an order that follows from their ids.
std::vector<std::uint32_t> examples_by_identity(const Dataset& dataset);

}  // namespace modattr
