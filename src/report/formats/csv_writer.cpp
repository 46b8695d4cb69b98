#include "modattr/report/formats/csv_writer.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <vector>

#include "modattr/report/number_format.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

bool is_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0.0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

bool is_formula(std::string_view text) {
  constexpr std::string_view kFormulaStarts = "=+-@\t\r";
  return !text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos && !is_number(text);
}

std::string without_controls(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    const bool is_layout = point.value == '\n' || point.value == '\r' || point.value == '\t';
    const bool is_control = point.value < 0x20 || (point.value >= 0x7F && point.value <= 0x9F);
    clean += is_control && !is_layout ? std::string_view("\uFFFD") : text.substr(0, point.length);
    text.remove_prefix(point.length);
  }
  return to_valid_utf8(clean);
}

std::string text_cell(std::string_view text) {
  // An empty cell means unknown, a quoted empty cell is a known empty text.
  if (text.empty()) return "\"\"";
  const std::string clean = (is_formula(text) ? "'" : "") + without_controls(text);
  if (clean.find_first_of(",\"\r\n") == std::string::npos) return clean;
  std::string quoted = "\"";
  for (const char byte : clean) {
    if (byte == '"') quoted += '"';
    quoted += byte;
  }
  return quoted + '"';
}

std::string low(const std::optional<Interval>& interval) {
  return interval ? format_exact(interval->low) : "";
}
std::string high(const std::optional<Interval>& interval) {
  return interval ? format_exact(interval->high) : "";
}

/// All examples are the group "all"; a group of the data with that name gets the apostrophe of formulas.
std::string group_cell(const std::optional<std::string>& group) {
  constexpr const char* kAll = "all";
  if (!group) return kAll;
  return *group == kAll ? "'" + *group : text_cell(*group);
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
    std::vector<std::string> cells = {text_cell(row.modality),
                                      text_cell(row.definition),
                                      group_cell(row.group),
                                      format_exact(row.value),
                                      format_exact(row.std_error),
                                      low(row.ci95),
                                      high(row.ci95),
                                      std::to_string(row.examples),
                                      format_exact(row.p_value),
                                      format_exact(row.p_value_examples)};
    // The score of the model is every run's.
    if (has_runs) cells.push_back(row.run.empty() ? "" : text_cell(row.run));
    for (std::size_t column = 0; column < cells.size(); ++column)
      text.append(column == 0 ? "" : ",").append(cells[column]);
    text += '\n';
  }
  return text;
}

}  // namespace modattr
