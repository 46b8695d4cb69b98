#include "modattr/report/formats/csv_writer.h"

#include <algorithm>
#include <vector>

#include "modattr/report/formats/csv_cell.h"
#include "modattr/report/number_format.h"

namespace modattr {
namespace {

std::string low(const std::optional<Interval>& interval) {
  return interval ? format_exact(interval->low) : "";
}
std::string high(const std::optional<Interval>& interval) {
  return interval ? format_exact(interval->high) : "";
}

/// The model's score on the untouched data, as a row of its own.
Score score_row(const ScoreTable& table) {
  return {.modality = "all",
          .definition = "score",
          .group = std::nullopt,
          .value = table.score,
          .std_error = std::nullopt,
          .ci95 = table.score_ci95,
          .examples = table.example_count,
          .p_value = std::nullopt};
}

}  // namespace

std::string to_csv(const ScoreTable& table) {
  const bool has_runs = std::ranges::any_of(table.rows, [](const Score& row) { return !row.run.empty(); });
  std::string text = "modality,definition,group,value,std_error,ci95_low,ci95_high,examples,p_value,p_value_examples";
  text += has_runs ? ",run\n" : "\n";
  std::vector<Score> rows;
  if (has_metric(table)) rows.push_back(score_row(table));
  rows.insert(rows.end(), table.rows.begin(), table.rows.end());
  for (const Score& row : rows) {
    std::vector<std::string> cells = {csv_cell(row.modality),
                                      csv_cell(row.definition),
                                      csv_group_cell(row.group),
                                      format_exact(row.value),
                                      format_exact(row.std_error),
                                      low(row.ci95),
                                      high(row.ci95),
                                      std::to_string(row.examples),
                                      format_exact(row.p_value),
                                      format_exact(row.p_value_examples)};
    // The score of the model is every run's.
    if (has_runs) cells.push_back(row.run.empty() ? "" : csv_cell(row.run));
    for (std::size_t column = 0; column < cells.size(); ++column)
      text.append(column == 0 ? "" : ",").append(cells[column]);
    text += '\n';
  }
  return text;
}

}  // namespace modattr
