#include "modattr/report/tables/text_grid.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "modattr/report/number_format.h"
#include "modattr/report/tables/bar.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kShortestBar = 8;
constexpr std::size_t kTiniestBar = 4;
constexpr std::size_t kLongestBar = 40;
constexpr std::size_t kComfortableName = 16;
constexpr std::size_t kShortestName = 8;

constexpr std::array kLeastImportantFirst = {
    ColumnKind::kRepeatPValue,  ColumnKind::kTaskShare, ColumnKind::kModelShare, ColumnKind::kPValue,
    ColumnKind::kProjectionGap, ColumnKind::kAlone,     ColumnKind::kWithout,    ColumnKind::kInterval};

bool is_name(ColumnKind kind) {
  return kind == ColumnKind::kModality || kind == ColumnKind::kDefinition;
}

struct Placed {
  const PrintColumn* column = nullptr;
  std::vector<std::string> cells;
  std::size_t width = 0;
};

Placed place(const PrintColumn& column, const TextStyle& style) {
  Placed placed{.column = &column, .cells = column.cells, .width = display_width(column.title)};
  // A quarter of the line at most, so that one long name does not push the numbers out.
  const std::size_t longest_name = std::max<std::size_t>(style.width / 4, kShortestName);
  for (std::string& cell : placed.cells) {
    if (is_name(column.kind)) cell = terminal_text(cell, style);
    // Definitions are few and known; cut ones would read alike.
    if (column.kind == ColumnKind::kModality) cell = cut_to_width(cell, longest_name, style);
    placed.width = std::max(placed.width, display_width(cell));
  }
  if (column.kind == ColumnKind::kBar) placed.width = kShortestBar;
  return placed;
}

std::size_t total_width(const std::vector<Placed>& columns) {
  std::size_t width = columns.empty() ? 0 : kGap * (columns.size() - 1);
  for (const Placed& placed : columns) width += placed.width;
  return width;
}

void shorten_names(std::vector<Placed>& columns, ColumnKind kind, std::size_t shortest, const TextStyle& style) {
  for (Placed& placed : columns) {
    const std::size_t total = total_width(columns);
    if (total <= style.width || placed.column->kind != kind || placed.width <= shortest) continue;
    const std::size_t excess = total - style.width;
    placed.width = placed.width > shortest + excess ? placed.width - excess : shortest;
    for (std::string& cell : placed.cells) cell = cut_to_width(cell, placed.width, style);
  }
}

/// Makes the bar, which the numbers say too, shorter, and leaves it out where even that is too much.
void shrink_bar(std::vector<Placed>& columns, const TextStyle& style) {
  const auto bar =
      std::ranges::find(columns, ColumnKind::kBar, [](const Placed& placed) { return placed.column->kind; });
  const std::size_t total = total_width(columns);
  if (total <= style.width || bar == columns.end()) return;
  const std::size_t excess = total - style.width;
  if (bar->width >= kTiniestBar + excess) {
    bar->width -= excess;
  } else {
    columns.erase(bar);
  }
}

void fit_columns(std::vector<Placed>& columns, TextGrid& grid, const TextStyle& style) {
  shorten_names(columns, ColumnKind::kModality, kComfortableName, style);
  for (const ColumnKind kind : kLeastImportantFirst) {
    if (total_width(columns) <= style.width) break;
    const auto found = std::ranges::find(columns, kind, [](const Placed& placed) { return placed.column->kind; });
    if (found == columns.end()) continue;
    grid.hidden.push_back(found->column->title);
    columns.erase(found);
  }
  shorten_names(columns, ColumnKind::kModality, kShortestName, style);
  shrink_bar(columns, style);
  shorten_names(columns, ColumnKind::kDefinition, kShortestName, style);
  const std::size_t total = total_width(columns);
  for (Placed& placed : columns) {
    if (placed.column->kind != ColumnKind::kBar) continue;
    const std::size_t room = style.width > total ? style.width - total : 0;
    placed.width = std::min(placed.width + room, kLongestBar);
  }
}

Paint paint_of(ColumnKind kind) {
  if (kind == ColumnKind::kModality) return Paint::kStrong;
  if (kind == ColumnKind::kInterval || kind == ColumnKind::kDefinition) return Paint::kFaint;
  return Paint::kPlain;
}

Alignment alignment_of(ColumnKind kind) {
  return is_name(kind) || kind == ColumnKind::kBar ? Alignment::kLeft : Alignment::kRight;
}

std::string without_trailing_spaces(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

std::string line_of(std::size_t width, const TextStyle& style) {
  std::string line;
  for (std::size_t cell = 0; cell < width; ++cell) line += style.unicode ? "─" : "-";
  return painted(line, Paint::kFaint, style);
}

/// The bar column is headed by its scale, from 0 to the longest bar, where all bars share one and grow one way.
std::string title_of(const Placed& placed, const PrintTable& table, const TextStyle& style) {
  if (placed.column->kind != ColumnKind::kBar) {
    return pad(terminal_text(placed.column->title, {.unicode = true}), placed.width, alignment_of(placed.column->kind));
  }
  const bool any_negative =
      std::ranges::any_of(table.rows, [](const PrintRow& row) { return row.bar.value_or(0.0) < 0.0; });
  if (any_negative || table.longest_bar.size() + 2 > placed.width) return pad("bar", placed.width, Alignment::kLeft);
  return "0" + pad(terminal_text(table.longest_bar, style), placed.width - 1, Alignment::kRight);
}

std::string titles(const std::vector<Placed>& columns, const PrintTable& table, const TextStyle& style) {
  std::string line;
  for (const Placed& placed : columns) {
    if (!line.empty()) line.append(kGap, ' ');
    line += title_of(placed, table, style);
  }
  return painted(without_trailing_spaces(std::move(line)), Paint::kStrong, style) + "\n";
}

/// A line with the group's name in it.
std::string group_title(const PrintRow& row, std::size_t width, const TextStyle& style) {
  constexpr std::size_t kIndent = 2;
  const std::string suffix = (style.unicode ? " · " : ", ") + counted(row.example_count, "example");
  // A narrow table leaves the rest of the line to its titles.
  const std::size_t room = style.width - kIndent - 2 - display_width(suffix);
  const std::string name = row.group ? terminal_text(*row.group, style) : "all";
  const std::string shown = name.empty() ? "\"\"" : cut_to_width(name, room, style);
  const std::size_t used = kIndent + 2 + display_width(shown) + display_width(suffix);
  return line_of(kIndent, style) + " " + painted(shown, Paint::kStrong, style) + painted(suffix, Paint::kFaint, style) +
         " " + line_of(used < width ? width - used : 0, style) + "\n";
}

BarAxis axis_of(const PrintTable& table, std::size_t width) {
  std::vector<double> lengths;
  for (const PrintRow& row : table.rows) lengths.push_back(row.bar.value_or(0.0));
  return fit_bar_axis(lengths, width);
}

std::string bar_cell(const PrintRow& row, const BarAxis& axis, std::size_t width, const TextStyle& style) {
  if (!row.bar) return std::string(width, ' ');
  return draw_bar(*row.bar, axis, row.interval_holds_zero ? BarEmphasis::kUncertain : BarEmphasis::kCertain, style);
}

}  // namespace

TextGrid lay_out(const PrintTable& table, const TextStyle& style) {
  TextGrid grid;
  std::vector<Placed> columns;
  for (const PrintColumn& column : table.columns) columns.push_back(place(column, style));
  fit_columns(columns, grid, style);
  std::vector<BarAxis> axes;
  for (const Placed& placed : columns) {
    grid.shown.push_back(placed.column->kind);
    axes.push_back(placed.column->kind == ColumnKind::kBar ? axis_of(table, placed.width) : BarAxis{});
  }
  grid.text = titles(columns, table, style);
  const std::size_t width = total_width(columns);
  const bool has_groups = std::ranges::any_of(table.rows, [](const PrintRow& row) { return row.group.has_value(); });
  if (!has_groups) grid.text += line_of(width, style) + "\n";
  for (std::size_t at = 0; at < table.rows.size(); ++at) {
    const PrintRow& row = table.rows[at];
    const bool starts_block = at == 0 || row.group != table.rows[at - 1].group;
    if (has_groups && starts_block) grid.text += group_title(row, width, style);
    std::string line;
    for (std::size_t index = 0; index < columns.size(); ++index) {
      const Placed& placed = columns[index];
      const ColumnKind kind = placed.column->kind;
      if (index > 0) line.append(kGap, ' ');
      line += kind == ColumnKind::kBar
                  ? bar_cell(row, axes[index], placed.width, style)
                  : painted(pad(placed.cells[at], placed.width, alignment_of(kind)), paint_of(kind), style);
    }
    grid.text += without_trailing_spaces(std::move(line)) + "\n";
  }
  return grid;
}

}  // namespace modattr
