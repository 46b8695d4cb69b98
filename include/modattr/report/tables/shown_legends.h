#pragma once

#include <span>
#include <vector>

#include "modattr/core/definition_legend.h"
#include "modattr/report/tables/print_table.h"

namespace modattr {

/// Those of `legends` whose families `table` has rows of, in the order of their first row.
std::vector<DefinitionLegend> shown_legends(std::span<const DefinitionLegend> legends, const PrintTable& table);

}  // namespace modattr
