// What is reported: the model, its score, what was found at a glance, and what to be careful about.

#include <algorithm>
#include <filesystem>

#include "modattr/report/number_format.h"
#include "page_parts.h"
#include "report/figures/markup.h"

namespace modattr {
namespace {

std::string file_name(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

/// "4,000".
std::string grouped(std::size_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, ",");
  return digits;
}

std::string score_text(const ScoreTable& table) {
  std::vector<double> magnitudes;
  if (table.score) magnitudes.push_back(*table.score);
  const NumberFormat format = NumberFormat::of_column(magnitudes, {}, table.orientation);
  std::string text = format(table.score, "–");
  if (table.score_ci95)
    text += " [" + format(table.score_ci95->low, "–") + ", " + format(table.score_ci95->high, "–") + "]";
  return text;
}

std::string fact(std::string_view name, const std::string& value) {
  return "<div>" + element("dt", name) + element("dd", value) + "</div>";
}

std::string notes(std::string_view title, const std::vector<std::string>& texts, std::string_view classes) {
  if (texts.empty()) return "";
  std::string list;
  for (const std::string& text : texts) list += element("li", text);
  return "<section class=\"" + std::string(classes) + "\">" + element("h2", title) + "<ul>" + list +
         "</ul></section>\n";
}

}  // namespace

std::string head_section(const ReportPage& page, const PageFacts& facts) {
  const ScoreTable& table = page.table;
  std::string html = "<h1>" + escape_markup(file_name(table.model.path)) + " <span class=\"soft\">on</span> " +
                     escape_markup(file_name(table.data.path)) + "</h1>\n<dl class=\"facts\">";
  if (has_metric(table)) html += fact(table.metric, score_text(table));
  html += fact("examples", grouped(table.example_count));
  std::string modalities;
  for (const std::string& name : table.modalities) modalities += (modalities.empty() ? "" : ", ") + name;
  if (!modalities.empty()) html += fact("modalities", modalities);
  std::string runs;
  for (const PageRun& run : facts.runs) runs += (runs.empty() ? "" : ", ") + shown_name(run, page);
  html += fact(facts.runs.size() == 1 ? "command" : "runs", runs);
  if (table.seed) html += fact("seed", std::to_string(*table.seed));
  html += fact("made", table.created.substr(0, table.created.find('T'))) + "</dl>\n";
  return html + notes("Warnings", table.warnings, "notice warning") + notes("Not shown", page.missing, "notice");
}

}  // namespace modattr
