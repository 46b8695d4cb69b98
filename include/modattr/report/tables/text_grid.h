#pragma once

#include <string>
#include <vector>

#include "modattr/report/tables/print_table.h"
#include "modattr/report/text_style.h"

namespace modattr {

/// Lines of aligned columns and what became of the columns.
struct TextGrid {
  /// Ends in a line break.
  std::string text;
  std::vector<ColumnKind> shown;
  /// Titles of the columns for which the terminal is too narrow.
  std::vector<std::string> hidden;
};

/// Lays `table` out for `style.width` cells: leaves out the least important columns first (p of repeats, task, model,
/// p, alone, without, interval), then shortens names of modalities, bars, and names of definitions at last; the bars
/// get the room that is left.
TextGrid lay_out(const PrintTable& table, const TextStyle& style);

}  // namespace modattr
