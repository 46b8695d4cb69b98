#include "modattr/report/formats/markdown_writer.h"

#include <algorithm>
#include <string_view>

#include "modattr/report/number_format.h"
#include "modattr/report/tables/print_table.h"
#include "modattr/report/tables/shown_legends.h"
#include "modattr/report/text.h"

namespace modattr {
namespace {

std::string trimmed(std::string_view text) {
  const std::size_t end = text.find_last_not_of(' ');
  return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

bool is_name(ColumnKind kind) {
  return kind == ColumnKind::kModality || kind == ColumnKind::kDefinition;
}

std::string grid(const PrintTable& table) {
  if (table.rows.empty()) return "";
  const bool has_groups = std::ranges::any_of(table.rows, [](const PrintRow& row) { return row.group.has_value(); });
  std::string head = has_groups ? "| group " : "";
  std::string rule = has_groups ? "|:--" : "";
  for (const PrintColumn& column : table.columns) {
    if (column.kind == ColumnKind::kBar) continue;
    head += "| " + column.title + " ";
    rule += is_name(column.kind) ? "|:--" : "|--:";
  }
  std::string text = "\n" + head + "| examples |\n" + rule + "|--:|\n";
  for (std::size_t at = 0; at < table.rows.size(); ++at) {
    const PrintRow& row = table.rows[at];
    if (has_groups) text += "| " + (row.group ? escape_markdown(*row.group) : "*all*") + " ";
    for (const PrintColumn& column : table.columns) {
      if (column.kind == ColumnKind::kBar) continue;
      text += "| " + (is_name(column.kind) ? escape_markdown(column.cells[at]) : trimmed(column.cells[at])) + " ";
    }
    text += "| " + std::to_string(row.example_count) + " |\n";
  }
  return text;
}

std::string legend(const std::vector<DefinitionLegend>& legends) {
  std::string text;
  for (const DefinitionLegend& each : legends) {
    text +=
        (text.empty() ? "\n- **" : "- **") + escape_markdown(each.family) + "**: " + escape_markdown(each.text) + "\n";
  }
  return text;
}

}  // namespace

std::string escape_markdown(std::string_view text) {
  constexpr std::string_view kMarkup = "\\`*_{}[]<>#|~&$!";
  std::string result;
  for (const char byte : sanitize_for_terminal(text)) {
    if (kMarkup.find(byte) != std::string_view::npos) result += '\\';
    result += byte;
  }
  return result;
}

std::string to_markdown(const ScoreTable& table) {
  const PrintTables tables = arrange_for_print(table, {});
  std::string text = "**modattr " + escape_markdown(table.command) + "**: ";
  if (has_metric(table)) {
    text += escape_markdown(table.metric) + " " + tables.score;
    if (!tables.score_interval.empty()) text += " " + tables.score_interval;
    text += table.orientation == Orientation::kLowerIsBetter ? " (lower is better), " : " (higher is better), ";
  }
  text += counted(table.example_count, "example");
  if (table.repeat_count) text += ", " + counted(*table.repeat_count, "repeat");
  if (table.seed) text += ", seed " + std::to_string(*table.seed);
  text += "\n";
  std::string explained;
  for (const std::string& part : table.explained)
    explained += (explained.empty() ? "\nexplains " : " · ") + escape_markdown(part);
  if (!explained.empty()) text += explained + "\n";
  text += grid(tables.permutation) + grid(tables.other) + legend(shown_legends(table.legends, tables.other));
  if (!table.warnings.empty()) text += "\n";
  for (const std::string& warning : table.warnings) text += "- warning: " + escape_markdown(warning) + "\n";
  return text;
}

}  // namespace modattr
