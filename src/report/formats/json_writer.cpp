#include "modattr/report/formats/json_writer.h"

#include <string_view>

#include <nlohmann/json.hpp>

#include "json_text.h"
#include "modattr/core/error.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

Json interval_or_null(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return Json::array({number_or_null(interval->low), number_or_null(interval->high)});
}

Json row_document(const Score& row) {
  Json document;
  if (!row.run.empty()) document["run"] = row.run;
  document["modality"] = row.modality;
  document["definition"] = row.definition;
  document["group"] = row.group ? Json(*row.group) : Json(nullptr);
  document["value"] = number_or_null(row.value);
  document["std_error"] = number_or_null(row.std_error);
  document["ci95"] = interval_or_null(row.ci95);
  document["examples"] = row.examples;
  document["p_value"] = number_or_null(row.p_value);
  document["p_value_examples"] = number_or_null(row.p_value_examples);
  return document;
}

Json parse_config(const std::string& config) {
  if (config.empty()) return Json::object();
  Json document = Json::parse(to_valid_utf8(config), nullptr, false);
  if (!document.is_object())
    throw OutputError("scores.json: expected the configuration as a JSON object, got other text");
  return document;
}

Json table_document(const ScoreTable& table) {
  Json document;
  document["schema"] = kScoresSchema;
  document["version"] = table.version;
  document["command"] = table.command;
  document["created"] = table.created;
  document["model"] = {{"path", table.model.path}, {"sha256", table.model.sha256}};
  document["data"] = {{"path", table.data.path}, {"sha256", table.data.sha256}, {"examples", table.example_count}};
  document["config"] = parse_config(table.config);
  document["metric"] = table.metric;
  document["score"] = number_or_null(table.score);
  document["score_ci95"] = interval_or_null(table.score_ci95);
  document["evaluations"] = {
      {"model", table.evaluations.model}, {"encoder", table.evaluations.encoder}, {"fusion", table.evaluations.fusion}};
  document["seconds"] = number_or_null(table.seconds);
  document["rows"] = Json::array();
  for (const Score& row : table.rows) document["rows"].push_back(row_document(row));
  document["warnings"] = table.warnings;
  return document;
}

// One element per line, so that files can be compared and searched line by line.
std::string dump_lines(const Json& list) {
  if (list.empty()) return "[]";
  std::string text = "[";
  for (const Json& element : list) text.append(text.size() == 1 ? "\n    " : ",\n    ").append(to_line(element));
  return text + "\n  ]";
}

}  // namespace

std::string to_json(const ScoreTable& table) {
  const Json document = table_document(table);
  std::string text;
  for (const auto& [key, value] : document.items()) {
    text.append(text.empty() ? "{\n" : ",\n").append("  \"").append(key).append("\": ");
    const bool is_list_of_lines = key == "rows" || key == "warnings";
    text.append(is_list_of_lines ? dump_lines(value) : to_line(value));
  }
  return escape_invisible(text + "\n}\n");
}

}  // namespace modattr
