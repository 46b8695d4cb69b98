#include "modattr/report/tables/definition_legend.h"

#include <algorithm>
#include <array>

namespace modattr {
namespace {

constexpr std::array kLegends = {
    DefinitionLegend{"shapley",
                     "mean, mean_abs: what it adds to the value, signed and in magnitude; full, empty: the value with "
                     "all data and without any; efficiency_gap: what the parts miss of the difference"},
    DefinitionLegend{"share", "its part of what all modalities add, in magnitude"},
    DefinitionLegend{"interaction",
                     "mean, mean_abs: what two add only together; intershap: share of interactions in all effects, "
                     "_local: as a mean over examples"},
    DefinitionLegend{"shape", "S, C: Shapley value and interaction of the accuracy, over the accuracy"},
    DefinitionLegend{"lime",
                     "share: its part of the magnitudes of the coefficients; r2: how well the surrogate fits unseen "
                     "coalitions; fidelity_lost: what r2 loses without the modality"},
    DefinitionLegend{"sage", "what it takes off the mean loss"}};

}  // namespace

std::vector<DefinitionLegend> legends_of(const PrintTable& table) {
  std::vector<DefinitionLegend> legends;
  const auto column = std::ranges::find(table.columns, ColumnKind::kDefinition, &PrintColumn::kind);
  if (column == table.columns.end()) return legends;
  for (const std::string& definition : column->cells) {
    const std::string_view family = std::string_view(definition).substr(0, definition.find('.'));
    const auto known = std::ranges::find(kLegends, family, &DefinitionLegend::family);
    const bool is_told = std::ranges::find(legends, family, &DefinitionLegend::family) != legends.end();
    if (known != kLegends.end() && !is_told) legends.push_back(*known);
  }
  return legends;
}

}  // namespace modattr
