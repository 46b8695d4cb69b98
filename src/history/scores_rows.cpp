#include "scores_rows.h"

#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "report/formats/json_text.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

std::optional<double> stored_number(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<double>());
}

std::optional<Interval> stored_interval(const Json& value) {
  if (value.is_null() || value.at(0).is_null() || value.at(1).is_null()) return std::nullopt;
  return Interval{value.at(0).get<double>(), value.at(1).get<double>()};
}

FileIdentity stored_file(const Json& value) {
  return {value.at("path").get<std::string>(), value.at("sha256").get<std::string>()};
}

StoredRow stored_row(const Json& row, const std::string& command) {
  const Json& group = row.at("group");
  return {.run = row.value("run", command),
          .score = {.modality = row.at("modality").get<std::string>(),
                    .definition = row.at("definition").get<std::string>(),
                    .group = group.is_null() ? std::nullopt : std::optional(group.get<std::string>()),
                    .value = stored_number(row.at("value")),
                    .std_error = stored_number(row.at("std_error")),
                    .ci95 = stored_interval(row.at("ci95")),
                    .examples = row.at("examples").get<std::size_t>(),
                    .p_value = std::nullopt}};
}

ScoresSummary summary_of(const Json& document) {
  ScoresSummary summary;
  summary.head = {.version = document.at("version").get<std::string>(),
                  .command = document.at("command").get<std::string>(),
                  .created = document.at("created").get<std::string>(),
                  .model = stored_file(document.at("model")),
                  .data = stored_file(document.at("data")),
                  .example_count = document.at("data").at("examples").get<std::uint64_t>(),
                  .config = to_line(document.at("config")),
                  .metric = document.at("metric").get<std::string>(),
                  .score = stored_number(document.at("score")),
                  .score_ci95 = stored_interval(document.at("score_ci95"))};
  for (const Json& row : document.at("rows")) summary.rows.push_back(stored_row(row, summary.head.command));
  return summary;
}

}  // namespace

ScoresSummary summarize_scores(const std::string& scores_json) {
  const Json document = Json::parse(scores_json, nullptr, false);
  if (!document.is_object() || document.value("schema", Json()) != Json(kScoresSchema)) {
    throw DataError("scores.json: expected " + std::string(kScoresSchema) + ", got another text");
  }
  try {
    return summary_of(document);
  } catch (const Json::exception& error) {
    throw DataError("scores.json: expected all fields of " + std::string(kScoresSchema) + ", got: " + error.what());
  }
}

}  // namespace modattr
