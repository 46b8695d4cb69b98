#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/report/score_table.h"

namespace modattr {

/// What a printed column shows; narrow terminals leave some out.
enum class ColumnKind : std::uint8_t {
  kModality,
  kDefinition,
  kEstimate,
  kInterval,
  kBar,
  kWithout,
  kAlone,
  kModelShare,
  kTaskShare,
  kProjectionGap,
  /// Of the test over examples, and of others.
  kPValue,
  /// Of the test over repeats.
  kRepeatPValue
};

/// One column of texts; names are as in the data, not yet escaped. A kBar column has no cells.
struct PrintColumn {
  ColumnKind kind = ColumnKind::kModality;
  std::string title;
  /// [rows]
  std::vector<std::string> cells;
};

/// What belongs to a row beside its cells.
struct PrintRow {
  std::optional<std::string> group{};
  std::size_t example_count = 0;
  /// The estimate as a part of the largest magnitude of its definition, in [-1, 1].
  std::optional<double> bar{};
  /// Whether the interval holds 0, so that not even the sign is known.
  bool interval_holds_zero = false;
};

/// Rows for people, all examples first, then group by group; columns of which nothing is known are left out.
struct PrintTable {
  std::vector<PrintRow> rows;
  std::vector<PrintColumn> columns;
  /// The number that a bar of length 1 stands for, when all bars share it.
  std::string longest_bar;
};

/// The signs that numbers are printed with.
struct NumberSymbols {
  std::string_view unknown = "–";
  std::string_view plus_minus = "±";
  std::string_view at_most = "≤";
};

/// Both views of the rows of a ScoreTable; each row is in exactly one.
struct PrintTables {
  /// The definitions permutation.* and perceptual.*, one row per group and modality.
  PrintTable permutation;
  /// Every other definition, one row each.
  PrintTable other;
  /// The score itself, with four significant digits or four decimals.
  std::string score;
  /// Its interval "[low, high]"; empty when unknown.
  std::string score_interval;
};

/// Arranges the rows of `table` for printing.
PrintTables arrange_for_print(const ScoreTable& table, const NumberSymbols& symbols);

}  // namespace modattr
