#include "modattr/report/tables/text_table.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "modattr/report/number_format.h"
#include "modattr/report/tables/print_table.h"
#include "modattr/report/tables/shown_legends.h"
#include "modattr/report/tables/text_grid.h"
#include "modattr/report/tables/trace_view.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

constexpr std::size_t kNarrowestTable = 60;
constexpr std::size_t kLabelGap = 2;

/// Collects lines that keep to the width; no line break comes from the data.
class Page {
 public:
  explicit Page(const TextStyle& style) : style_(style) {}

  void add_paragraph(std::string_view text, Paint paint) {
    for (const std::string& line : wrap_words(terminal_text(text, style_), style_.width)) {
      text_ += painted(line, paint, style_) + "\n";
    }
  }

  /// A label of `label_width` cells and, beside it, what it stands for.
  void add_explanation(std::string_view label, std::size_t label_width, std::string_view text, Paint label_paint,
                       Paint text_paint) {
    const std::size_t indent = label_width + kLabelGap;
    std::string left = painted(pad(label, indent, Alignment::kLeft), label_paint, style_);
    for (const std::string& line : wrap_words(terminal_text(text, style_), style_.width - indent)) {
      text_ += left + painted(line, text_paint, style_) + "\n";
      left.assign(indent, ' ');
    }
  }

  void add_grid(const TextGrid& grid) { add_lines(grid.text); }
  /// Lines that are laid out already.
  void add_lines(std::string_view lines) { text_ += lines; }
  void add_blank_line() { text_ += '\n'; }
  std::string take() { return std::move(text_); }

 private:
  const TextStyle& style_;
  std::string text_;
};

struct Explanation {
  std::string label;
  std::string text;
};

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

bool is_lower_better(const ScoreTable& table) {
  return table.orientation == Orientation::kLowerIsBetter;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : separator).append(part);
  return text;
}

void add_heading(Page& page, const ScoreTable& table, const PrintTables& tables, const TextStyle& style) {
  std::string score = table.command;
  if (has_metric(table)) {
    score += ": " + table.metric + " " + tables.score;
    if (!tables.score_interval.empty()) score += " " + tables.score_interval;
    score += is_lower_better(table) ? ", lower is better" : ", higher is better";
  }
  page.add_paragraph(score, Paint::kStrong);
  std::vector<std::string> facts;
  if (!table.model.path.empty()) facts.push_back("model " + file_name(table.model.path));
  if (!table.data.path.empty()) facts.push_back("data " + file_name(table.data.path));
  facts.push_back(counted(table.example_count, "example"));
  if (table.repeat_count) facts.push_back(counted(*table.repeat_count, "repeat"));
  if (table.seed) facts.push_back("seed " + std::to_string(*table.seed));
  page.add_paragraph(joined(facts, style.unicode ? " · " : " | "), Paint::kFaint);
  if (!table.explained.empty()) {
    page.add_explanation("explains", std::string_view("explains").size(),
                         joined(table.explained, style.unicode ? " · " : " | "), Paint::kFaint, Paint::kFaint);
  }
}

/// What a test over repeats cannot show.
std::string least_p_value(const ScoreTable& table) {
  if (!table.repeat_count) return "";
  const double least = 1.0 / static_cast<double>(*table.repeat_count + 1);
  return "; " + counted(*table.repeat_count, "repeat") + " cannot show less than " + format_p_value(least, "");
}

/// What a column shows, in one sentence.
Explanation explain(ColumnKind kind, const ScoreTable& table, const PrintTable& print) {
  switch (kind) {
    case ColumnKind::kEstimate:
      return {"drop", std::string(is_lower_better(table) ? "rise" : "fall") + " of " + table.metric +
                          " when this modality's data comes from other examples" +
                          (print.columns[1].title != "drop" ? "; error: over repeats"
                           : table.repeat_count             ? ""
                                                            : "; no error, as all pairs were visited")};
    case ColumnKind::kInterval:
      return {"interval", "where the drop would lie on another set of such examples (95 % bootstrap)"};
    case ColumnKind::kBar:
      return {"bar", "the drop; the longest is " + print.longest_bar};
    case ColumnKind::kWithout:
      return {"without", table.metric + " when this modality's data comes from other examples"};
    case ColumnKind::kAlone:
      return {"alone", table.metric + " when only this modality keeps its data"};
    case ColumnKind::kModelShare:
      return {"model", "drop / score (perceptual.model)"};
    case ColumnKind::kTaskShare:
      return {"task", "drop / (1 - score of the best constant answer) (perceptual.task)"};
    case ColumnKind::kProjectionGap:
      return {"emap",
              "score - score of the model projected onto sums of what the modality and the others say (emap.gap)"};
    case ColumnKind::kPValue:
      return {"p", "how often so many examples would show such a drop by chance (normal test over examples)"};
    case ColumnKind::kRepeatPValue:
      return {"p repeats", "permutation test against a model that ignores the modality" + least_p_value(table)};
    case ColumnKind::kModality:
    case ColumnKind::kDefinition:
      break;
  }
  return {};
}

std::vector<Explanation> explain_permutation(const TextGrid& grid, const ScoreTable& table, const PrintTable& print) {
  std::vector<Explanation> explanations;
  for (const ColumnKind kind : grid.shown) {
    Explanation explanation = explain(kind, table, print);
    if (!explanation.label.empty()) explanations.push_back(std::move(explanation));
  }
  return explanations;
}

std::vector<Explanation> explain_other(const TextGrid& grid, const ScoreTable& table, const PrintTable& print) {
  std::vector<Explanation> explanations;
  for (DefinitionLegend& legend : shown_legends(table.legends, print)) {
    explanations.push_back({std::move(legend.family), std::move(legend.text)});
  }
  for (const ColumnKind kind : grid.shown) {
    if (kind == ColumnKind::kInterval) {
      explanations.push_back({"interval", "where the value lies for other examples of the same kind (95 %)"});
    }
    if (kind != ColumnKind::kBar) continue;
    explanations.push_back({"bar", print.longest_bar.empty() ? "the value; each definition has a scale of its own"
                                                             : "the value; the longest is " + print.longest_bar});
  }
  return explanations;
}

void add_section(Page& page, const ScoreTable& table, const PrintTables& tables, const PrintTable& print,
                 const TextStyle& style) {
  if (print.rows.empty()) return;
  const TextGrid grid = lay_out(print, style);
  page.add_blank_line();
  page.add_grid(grid);
  std::vector<Explanation> explanations =
      &print == &tables.permutation ? explain_permutation(grid, table, print) : explain_other(grid, table, print);
  const bool draws_bars = std::ranges::find(grid.shown, ColumnKind::kBar) != grid.shown.end();
  const bool any_faint = std::ranges::any_of(print.rows, &PrintRow::interval_holds_zero);
  if (style.color && draws_bars && any_faint) {
    explanations.push_back({"faint bar", "the interval holds 0"});
  }
  std::vector<std::string> hidden;
  if (!grid.hidden.empty()) {
    hidden.push_back(joined(grid.hidden, ", ") + " (too narrow here; " + style.spell_option("format") +
                     " csv has all)");
  }
  if (&print == &tables.other && !table.hidden_definitions.empty()) {
    hidden.push_back(joined(table.hidden_definitions, ", ") + " (" + style.spell_option("all_definitions") +
                     " shows them)");
  }
  if (!hidden.empty()) explanations.push_back({"not shown", joined(hidden, "; ")});
  std::size_t label_width = 0;
  for (const Explanation& each : explanations) label_width = std::max(label_width, display_width(each.label));
  if (!explanations.empty()) page.add_blank_line();
  for (const Explanation& each : explanations)
    page.add_explanation(each.label, label_width, each.text, Paint::kPlain, Paint::kFaint);
}

}  // namespace

std::string to_text_table(const ScoreTable& table, const TextStyle& requested) {
  TextStyle style = requested;
  style.width = std::max(style.width, kNarrowestTable);
  const NumberSymbols symbols =
      style.unicode ? NumberSymbols{} : NumberSymbols{.unknown = "-", .plus_minus = "+-", .at_most = "<="};
  const PrintTables tables = arrange_for_print(table, symbols);
  Page page(style);
  add_heading(page, table, tables, style);
  if (is_trace(table)) {
    page.add_blank_line();
    page.add_lines(to_trace_summary(table, style));
  } else {
    add_section(page, table, tables, tables.permutation, style);
    add_section(page, table, tables, tables.other, style);
  }
  if (table.rows.empty()) page.add_paragraph("no scores", Paint::kFaint);
  if (!table.warnings.empty()) page.add_blank_line();
  for (const std::string& warning : table.warnings)
    page.add_explanation("warning:", 7, warning, Paint::kWarning, Paint::kPlain);
  return page.take();
}

}  // namespace modattr
