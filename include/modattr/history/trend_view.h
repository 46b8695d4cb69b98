#pragma once

#include <string>

#include "modattr/history/trend.h"
#include "modattr/report/formats/output_format.h"
#include "modattr/report/text_style.h"

namespace modattr {

/// Trends as a table, CSV or JSON; `store` names the file. Ends in a line break.
///
/// Table: a line per trend of all examples, its first and latest value since the last break, their difference and a
/// sparkline, and why trends break. CSV: a line per result and value, as in scores.csv, groups too. JSON, schema
/// "modattr.history/1": results, trends with their points, breaks; numbers as in scores.json. Throws
/// std::invalid_argument for Markdown.
std::string render_history(const History& history, const std::string& store, OutputFormat format,
                           const TextStyle& style);

}  // namespace modattr
