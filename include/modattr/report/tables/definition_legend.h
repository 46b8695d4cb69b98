#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/report/tables/print_table.h"

namespace modattr {

/// What the definitions of a family, such as shapley.mean and shapley.full, say; in one sentence.
struct DefinitionLegend {
  std::string_view family;
  std::string_view text;
};

/// The families that `table` has rows of, in the order of their first row; those that need no word are left out.
std::vector<DefinitionLegend> legends_of(const PrintTable& table);

}  // namespace modattr
