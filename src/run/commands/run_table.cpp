#include "run_table.h"

#include <algorithm>

#include "run/config/json_object.h"

namespace modattr {
namespace {

constexpr const char* kRunSchema = "modattr.run/1";

Json number_or_null(const std::optional<double>& number) {
  return number ? Json(*number) : Json(nullptr);
}

/// The run's own options in force.
Json options_of(const NamedTable& named) {
  return Json::parse(named.table.config).at(named.table.command);
}

Json counts_of(const EvaluationCounts& counts) {
  return {{"model", counts.model}, {"encoder", counts.encoder}, {"fusion", counts.fusion}};
}

/// The configuration in force, with the options of every run by its name under "runs".
std::string joined_config(std::span<const NamedTable> tables, const NamedTable& first) {
  Json config = Json::parse(first.table.config);
  config.erase(first.table.command);
  config["runs"] = Json::object();
  for (const NamedTable& named : tables) {
    Json& run = config["runs"][named.name];
    run["engine"] = named.table.command;
    run["metric"] = named.table.metric;
    const Json options = options_of(named);
    for (const auto& [key, value] : options.items()) run[key] = value;
  }
  return config.dump(-1, ' ', false, Json::error_handler_t::replace);
}

EvaluationCounts total_of(std::span<const NamedTable> tables) {
  EvaluationCounts total;
  for (const NamedTable& named : tables) {
    total.model += named.table.evaluations.model;
    total.encoder += named.table.evaluations.encoder;
    total.fusion += named.table.evaluations.fusion;
  }
  return total;
}

double seconds_of(std::span<const NamedTable> tables) {
  double seconds = 0.0;
  for (const NamedTable& named : tables) seconds += named.table.seconds;
  return seconds;
}

}  // namespace

ScoreTable joined_table(std::span<const NamedTable> tables) {
  const auto scored = std::ranges::find_if(
      tables, [](const NamedTable& named) { return has_metric(named.table) && named.table.score.has_value(); });
  const NamedTable& first = scored == tables.end() ? tables.front() : *scored;
  ScoreTable joined = first.table;
  joined.command = "run";
  joined.config = joined_config(tables, first);
  joined.rows.clear();
  joined.examples.clear();
  joined.explained.clear();
  joined.warnings.clear();
  joined.repeat_count.reset();
  joined.evaluations = total_of(tables);
  joined.seconds = seconds_of(tables);
  for (const NamedTable& named : tables) {
    joined.example_count = std::max(joined.example_count, named.table.example_count);
    for (Score row : named.table.rows) {
      row.run = named.name;
      joined.rows.push_back(std::move(row));
    }
    for (ExampleRecord record : named.table.examples) {
      record.run = named.name;
      joined.examples.push_back(std::move(record));
    }
    // What all runs say of the model is said once.
    for (const std::string& warning : named.table.warnings) {
      if (std::ranges::find(joined.warnings, warning) == joined.warnings.end()) joined.warnings.push_back(warning);
    }
  }
  return joined;
}

std::string run_document(std::span<const NamedTable> tables) {
  const ScoreTable& first = tables.front().table;
  Json document = {{"schema", kRunSchema},
                   {"version", first.version},
                   {"created", first.created},
                   {"model", {{"path", first.model.path}, {"sha256", first.model.sha256}}},
                   {"data", {{"path", first.data.path}, {"sha256", first.data.sha256}}},
                   {"evaluations", counts_of(total_of(tables))},
                   {"seconds", seconds_of(tables)},
                   {"runs", Json::array()}};
  for (const NamedTable& named : tables) {
    document["runs"].push_back({{"run", named.name},
                                {"engine", named.table.command},
                                {"options", options_of(named)},
                                {"metric", named.table.metric},
                                {"score", number_or_null(named.table.score)},
                                {"examples", named.table.example_count},
                                {"rows", named.table.rows.size()},
                                {"evaluations", counts_of(named.table.evaluations)},
                                {"seconds", named.table.seconds},
                                {"warnings", named.table.warnings}});
  }
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace modattr
