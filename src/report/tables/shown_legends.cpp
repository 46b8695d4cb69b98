#include "modattr/report/tables/shown_legends.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace modattr {

std::vector<DefinitionLegend> shown_legends(std::span<const DefinitionLegend> legends, const PrintTable& table) {
  std::vector<DefinitionLegend> shown;
  const auto column = std::ranges::find(table.columns, ColumnKind::kDefinition, &PrintColumn::kind);
  if (column == table.columns.end()) return shown;
  for (const std::string& definition : column->cells) {
    const std::string_view family = std::string_view(definition).substr(0, definition.find('.'));
    const auto known = std::ranges::find(legends, family, &DefinitionLegend::family);
    const bool is_shown = std::ranges::find(shown, family, &DefinitionLegend::family) != shown.end();
    if (known != legends.end() && !is_shown) shown.push_back(*known);
  }
  return shown;
}

}  // namespace modattr
