#include "modattr/report/json_writer.h"

#include <cmath>
#include <string_view>

#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(std::optional<double> value) {
  return value && std::isfinite(*value) ? Json(*value) : Json(nullptr);
}

Json interval_or_null(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return Json::array({number_or_null(interval->low), number_or_null(interval->high)});
}

Json row_document(const Score& row) {
  Json document;
  document["modality"] = row.modality;
  document["definition"] = row.definition;
  document["group"] = row.group ? Json(*row.group) : Json(nullptr);
  document["value"] = number_or_null(row.value);
  document["std_error"] = number_or_null(row.std_error);
  document["ci95"] = interval_or_null(row.ci95);
  document["examples"] = row.examples;
  document["p_value"] = number_or_null(row.p_value);
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
  document["schema"] = "modattr.scores/1";
  document["version"] = table.version;
  document["command"] = table.command;
  document["created"] = table.created;
  document["model"] = {{"path", table.model.path}, {"sha256", table.model.sha256}};
  document["data"] = {{"path", table.data.path}, {"sha256", table.data.sha256}, {"examples", table.example_count}};
  document["config"] = parse_config(table.config);
  document["metric"] = table.metric;
  document["score"] = number_or_null(table.score);
  document["evaluations"] = {
      {"model", table.evaluations.model}, {"encoder", table.evaluations.encoder}, {"fusion", table.evaluations.fusion}};
  document["seconds"] = number_or_null(table.seconds);
  document["rows"] = Json::array();
  for (const Score& row : table.rows) document["rows"].push_back(row_document(row));
  document["warnings"] = table.warnings;
  return document;
}

// A file that is shown with `cat` must not drive the terminal: C1 controls, DEL and direction marks can only stand
// inside strings, where an escape means the same.
std::string escape_invisible(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    const char32_t value = point.value;
    const bool is_control = value >= 0x7F && value <= 0x9F;
    const bool is_direction = value == 0x061C || value == 0x200E || value == 0x200F ||
                              (value >= 0x2028 && value <= 0x202E) || (value >= 0x2066 && value <= 0x2069);
    if (is_control || is_direction) {
      constexpr std::string_view kHexadecimal = "0123456789abcdef";
      escaped += "\\u";
      for (unsigned shift = 16; shift > 0; shift -= 4) escaped += kHexadecimal[value >> (shift - 4) & 0xFU];
    } else {
      escaped += text.substr(0, point.length);
    }
    text.remove_prefix(point.length);
  }
  return escaped;
}

std::string dump(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// One element per line, so that files can be compared and searched line by line.
std::string dump_lines(const Json& list) {
  if (list.empty()) return "[]";
  std::string text = "[";
  for (const Json& element : list) text.append(text.size() == 1 ? "\n    " : ",\n    ").append(dump(element));
  return text + "\n  ]";
}

}  // namespace

std::string to_json(const ScoreTable& table) {
  const Json document = table_document(table);
  std::string text;
  for (const auto& [key, value] : document.items()) {
    text.append(text.empty() ? "{\n" : ",\n").append("  \"").append(key).append("\": ");
    text.append(value.is_array() ? dump_lines(value) : dump(value));
  }
  return escape_invisible(text + "\n}\n");
}

}  // namespace modattr
