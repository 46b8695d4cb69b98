#include "modattr/report/formats/json_reader.h"

#include <nlohmann/json.hpp>

#include "json_field.h"
#include "json_text.h"
#include "modattr/stats/metrics.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

void check_schema(const JsonField& schema) {
  if (schema.text() != kScoresSchema) schema.fail(to_line(Json(kScoresSchema)));
}

Score read_row(const JsonField& row) {
  return {.modality = row.member("modality").text(),
          .definition = row.member("definition").text(),
          .group = row.member("group").text_or_null(),
          .value = row.member("value").number_or_null(),
          .std_error = row.member("std_error").number_or_null(),
          .ci95 = row.member("ci95").interval_or_null(),
          .examples = row.member("examples").count(),
          .p_value = row.member("p_value").number_or_null(),
          .p_value_examples = row.member("p_value_examples").number_or_null(),
          .run = row.has("run") ? row.member("run").text() : std::string()};
}

const Json* find(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> count_of(const Json& object, std::string_view key) {
  const Json* count = find(object, key);
  return count != nullptr && count->is_number_unsigned() ? std::optional(count->get<std::uint64_t>()) : std::nullopt;
}

/// A configuration is the user's: what is not as expected in it says nothing, and is no error.
void read_config(const Json& config, ScoreTable& table) {
  table.config = to_line(config);
  table.seed = count_of(config, "seed");
  if (const Json* options = find(config, table.command)) table.repeat_count = count_of(*options, "repeats");
  const Json* modalities = find(config, "modalities");
  if (modalities == nullptr || !modalities->is_array()) return;
  for (const Json& modality : *modalities) {
    const Json* name = find(modality, "name");
    if (name == nullptr || !name->is_string()) {
      table.modalities.clear();
      return;
    }
    table.modalities.push_back(name->get<std::string>());
  }
}

}  // namespace

ScoreTable read_scores(std::string_view text, const std::string& file) {
  const Json parsed = parse_result(text, file);
  const JsonField document(parsed, file);
  check_schema(document.member("schema"));
  ScoreTable table;
  table.version = document.member("version").text();
  table.command = document.member("command").text();
  table.created = document.member("created").text();
  const JsonField model = document.member("model");
  table.model = {model.member("path").text(), model.member("sha256").text()};
  const JsonField data = document.member("data");
  table.data = {data.member("path").text(), data.member("sha256").text()};
  table.example_count = data.member("examples").count();
  const JsonField config = document.member("config");
  if (!config.value().is_object()) config.fail("an object");
  read_config(config.value(), table);
  table.metric = document.member("metric").text();
  table.orientation = metric_orientation(table.metric);
  table.score = document.member("score").number_or_null();
  table.score_ci95 = document.member("score_ci95").interval_or_null();
  const JsonField evaluations = document.member("evaluations");
  table.evaluations = {.model = evaluations.member("model").count(),
                       .encoder = evaluations.member("encoder").count(),
                       .fusion = evaluations.member("fusion").count()};
  table.seconds = document.member("seconds").number();
  for (const JsonField& row : document.member("rows").elements()) table.rows.push_back(read_row(row));
  for (const JsonField& warning : document.member("warnings").elements()) table.warnings.push_back(warning.text());
  return table;
}

}  // namespace modattr
