#include "trend_formats.h"

#include <vector>

#include <nlohmann/json.hpp>

#include "modattr/report/formats/csv_cell.h"
#include "modattr/report/number_format.h"
#include "report/formats/json_text.h"

namespace modattr {
namespace {

using HistoryJson = nlohmann::ordered_json;

constexpr const char* kHistorySchema = "modattr.history/1";

HistoryJson text_or_null(const std::optional<std::string>& text) {
  return text ? HistoryJson(*text) : HistoryJson(nullptr);
}

/// The model's own score is of no run.
HistoryJson run_or_null(const std::string& run) {
  return run.empty() ? HistoryJson(nullptr) : HistoryJson(run);
}

HistoryJson result_document(const StoredResult& result) {
  const StoredHead& head = result.head;
  return {{"result", result.id},
          {"tag", text_or_null(result.tag)},
          {"created", head.created},
          {"version", head.version},
          {"command", head.command},
          {"model", {{"path", head.model.path}, {"sha256", head.model.sha256}}},
          {"data", {{"path", head.data.path}, {"sha256", head.data.sha256}, {"examples", head.example_count}}},
          {"metric", head.metric}};
}

HistoryJson point_document(const TrendPoint& point, const History& history) {
  const Score& score = point.score;
  HistoryJson interval = nullptr;
  if (score.ci95) interval = HistoryJson::array({number_or_null(score.ci95->low), number_or_null(score.ci95->high)});
  return {{"result", history.results[point.result].id},
          {"segment", point.segment},
          {"value", number_or_null(score.value)},
          {"std_error", number_or_null(score.std_error)},
          {"ci95", interval},
          {"examples", score.examples}};
}

HistoryJson trend_document(const Trend& trend, const History& history) {
  HistoryJson document = {{"run", run_or_null(trend.run)},
                          {"modality", trend.modality},
                          {"definition", trend.definition},
                          {"group", text_or_null(trend.group)},
                          {"points", HistoryJson::array()}};
  for (const TrendPoint& point : trend.points) document["points"].push_back(point_document(point, history));
  return document;
}

/// A list with one element per line.
std::string element_lines(const HistoryJson& list) {
  std::string text = "[";
  for (const HistoryJson& element : list) text.append(text.size() == 1 ? "\n    " : ",\n    ").append(to_line(element));
  return text + (list.empty() ? "]" : "\n  ]");
}

std::string csv_line(const StoredResult& result, const Trend& trend, const TrendPoint& point) {
  const StoredHead& head = result.head;
  const Score& score = point.score;
  const std::vector<std::string> cells = {std::to_string(result.id),
                                          result.tag ? csv_cell(*result.tag) : "",
                                          csv_cell(head.created),
                                          csv_cell(head.version),
                                          csv_cell(head.command),
                                          csv_cell(head.model.sha256),
                                          csv_cell(head.data.sha256),
                                          trend.run.empty() ? "" : csv_cell(trend.run),
                                          std::to_string(point.segment),
                                          csv_cell(trend.modality),
                                          csv_cell(trend.definition),
                                          csv_group_cell(trend.group),
                                          format_exact(score.value),
                                          format_exact(score.std_error),
                                          score.ci95 ? format_exact(score.ci95->low) : "",
                                          score.ci95 ? format_exact(score.ci95->high) : "",
                                          std::to_string(score.examples)};
  std::string line;
  for (std::size_t column = 0; column < cells.size(); ++column) line += (column == 0 ? "" : ",") + cells[column];
  return line + "\n";
}

}  // namespace

std::string history_json(const History& history, const std::string& store) {
  HistoryJson results = HistoryJson::array();
  for (const StoredResult& result : history.results) results.push_back(result_document(result));
  HistoryJson trends = HistoryJson::array();
  for (const Trend& trend : history.trends) trends.push_back(trend_document(trend, history));
  HistoryJson breaks = HistoryJson::array();
  for (const TrendBreak& each : history.breaks) {
    breaks.push_back(
        {{"result", history.results[each.result].id}, {"run", run_or_null(each.run)}, {"what", each.what}});
  }
  return escape_invisible("{\n  \"schema\": " + to_line(kHistorySchema) + ",\n  \"store\": " + to_line(store) +
                          ",\n  \"results\": " + element_lines(results) + ",\n  \"trends\": " + element_lines(trends) +
                          ",\n  \"breaks\": " + element_lines(breaks) + "\n}\n");
}

std::string history_csv(const History& history) {
  std::string text =
      "result,tag,created,version,command,model_sha256,data_sha256,run,segment,modality,definition,group,value,std_"
      "error,"
      "ci95_low,ci95_high,examples\n";
  // Points of a trend are in the order of the results.
  std::vector<std::size_t> next(history.trends.size(), 0);
  for (std::size_t place = 0; place < history.results.size(); ++place) {
    for (std::size_t index = 0; index < history.trends.size(); ++index) {
      const Trend& trend = history.trends[index];
      while (next[index] < trend.points.size() && trend.points[next[index]].result == place) {
        text += csv_line(history.results[place], trend, trend.points[next[index]++]);
      }
    }
  }
  return text;
}

}  // namespace modattr
