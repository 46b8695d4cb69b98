// The scores: figures of the definitions that answer a question, and tables of all of them.

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "modattr/report/figures/score_charts.h"
#include "modattr/report/number_format.h"
#include "modattr/report/tables/main_definitions.h"
#include "page_parts.h"
#include "report/figures/markup.h"

namespace modattr {
namespace {

/// Of one run, in the order of the results.
std::vector<const Score*> rows_of_run(const ScoreTable& table, const std::string& run) {
  std::vector<const Score*> rows;
  for (const Score& row : table.rows) {
    if (row.run == run) rows.push_back(&row);
  }
  return rows;
}

std::string run_table(const ScoreTable& table, const std::string& run, const std::string& caption) {
  HtmlTable html(caption,
                 {"modality", "definition", "group", "value", "error", "95 % low", "95 % high", "p", "examples"}, 3);
  for (const Score* row : rows_of_run(table, run)) {
    const NumberFormat format = definition_format(table, run, row->definition);
    const std::optional<double> p_value = row->p_value_examples ? row->p_value_examples : row->p_value;
    html.add({row->modality, row->definition, row->group.value_or("all"), format(row->value, "–"),
              format(row->std_error, "–"), format(row->ci95 ? std::optional(row->ci95->low) : std::nullopt, "–"),
              format(row->ci95 ? std::optional(row->ci95->high) : std::nullopt, "–"),
              p_value ? format_p_value(p_value, "–") : "–", std::to_string(row->examples)});
  }
  return html.empty() ? "" : html.html();
}

std::string values_table(const std::string& caption, const std::vector<BarChart::Row>& rows) {
  HtmlTable html(caption, {"", "value and 95 % interval"}, 1);
  for (const BarChart::Row& row : rows) html.add({row.name, row.value.text});
  return html.html();
}

std::string figures_of_run(const ScoreTable& table, const std::string& run) {
  std::string html;
  for (const std::string& definition : charted_definitions(table, run)) {
    const std::string title = definition_title(definition);
    const BarChart bars = bar_chart(table, run, definition);
    const std::optional<MatrixChart> matrix = matrix_chart(table, run, definition);
    const std::optional<GroupChart> groups = group_chart(table, run, definition);
    html += html_of({.title = title,
                     .definition = definition,
                     .note = definition_note(definition),
                     .svg = (matrix ? draw(*matrix, FigureFrame::kPage) : draw(bars, FigureFrame::kPage)) +
                            (groups ? element("p", "By group", "soft") + draw(*groups, FigureFrame::kPage) : ""),
                     .table = values_table(title, bars.rows)});
  }
  return html;
}

}  // namespace

std::string scores_section(const ReportPage& page, const PageFacts& facts) {
  std::string html;
  for (const PageRun& run : facts.runs) {
    const std::vector<const Score*> rows = rows_of_run(page.table, run.name);
    if (rows.empty()) continue;
    std::string figures = figures_of_run(page.table, run.name);
    const std::string name = shown_name(run, page);
    if (run.engine == "trace" && figures.empty()) continue;
    html += "<section>" + element("h3", name + (run.explains.empty() ? "" : ": " + run.explains), "run");
    if (!figures.empty()) html += "<div class=\"figures\">" + figures + "</div>";
    html += folded("All numbers of " + name, run_table(page.table, run.name, "All numbers of " + name)) + "</section>";
  }
  if (html.empty()) return "";
  return "<section id=\"scores\"><h2>Scores</h2>\n" + html + "</section>\n";
}

std::string errors_section(const ReportPage& page, const PageFacts& facts) {
  std::string html;
  for (const PageRun& run : facts.runs) {
    if (run.engine != "trace") continue;
    const std::string name = shown_name(run, page);
    std::string figures;
    if (const std::optional<StackChart> verdicts = verdict_chart(page.table, run.name)) {
      HtmlTable counts(
          "Verdicts",
          [&] {
            std::vector<std::string> titles{"group"};
            titles.insert(titles.end(), verdicts->parts.begin(), verdicts->parts.end());
            return titles;
          }(),
          1);
      for (const StackChart::Row& row : verdicts->rows) {
        std::vector<std::string> cells{row.name};
        for (const double part : row.parts) cells.push_back(format_fixed(part, 0));
        counts.add(std::move(cells));
      }
      figures += html_of({.title = verdicts->caption.title,
                          .definition = "trace.count",
                          .note = definition_note("trace.count"),
                          .svg = draw(*verdicts, FigureFrame::kPage),
                          .table = counts.html()});
      const BarChart shares = bar_chart(page.table, run.name, "trace.share");
      if (!shares.rows.empty()) {
        figures += html_of({.title = definition_title("trace.share"),
                            .definition = "trace.share",
                            .note = definition_note("trace.share"),
                            .svg = draw(shares, FigureFrame::kPage),
                            .table = values_table("Shares of the wrong answers", shares.rows)});
      }
    }
    const std::string table = run_table(page.table, run.name, "All numbers of " + name);
    if (table.empty()) continue;
    if (!figures.empty()) html += "<div class=\"figures\">" + figures + "</div>";
    html += folded("All numbers of " + name, table);
  }
  if (html.empty()) return "";
  return "<section id=\"errors\"><h2>Wrong answers</h2>\n" + html + "</section>\n";
}

}  // namespace modattr
