#pragma once

#include <string>
#include <string_view>

#include "modattr/report/score_table.h"

namespace modattr {

/// examples.jsonl: one JSON object per explained example. Numbers read back as the same doubles; what is unknown is
/// null; invisible characters are escaped. Throws std::logic_error when a detail has the name of another key.
std::string to_json_lines(const ScoreTable& table);

/// Whether a file that begins with this text was written by to_json_lines().
bool begins_like_json_lines(std::string_view text);

/// The verdict on every traced example and its evidence, one JSON object per line (trace.jsonl).
std::string to_trace_lines(const ScoreTable& table);

/// Whether a text begins like one that to_trace_lines() made.
bool begins_like_trace_lines(std::string_view text);

}  // namespace modattr
