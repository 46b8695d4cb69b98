#include "modattr/report/tables/main_definitions.h"

#include <algorithm>

namespace modattr {

void keep_main_definitions(ScoreTable& table) {
  const auto is_detail = [&](const Score& row) {
    return std::ranges::any_of(table.legends, [&](const DefinitionLegend& legend) {
      return std::ranges::find(legend.details, row.definition) != legend.details.end();
    });
  };
  if (std::ranges::all_of(table.rows, is_detail)) return;
  for (const Score& row : table.rows) {
    const bool is_new =
        std::ranges::find(table.hidden_definitions, row.definition) == table.hidden_definitions.end() && is_detail(row);
    if (is_new) table.hidden_definitions.push_back(row.definition);
  }
  std::erase_if(table.rows, is_detail);
  for (Score& row : table.rows) {
    if (row.p_value_examples) row.p_value.reset();
  }
  for (DefinitionLegend& legend : table.legends) {
    if (!legend.brief.empty()) legend.text = legend.brief;
  }
}

}  // namespace modattr
