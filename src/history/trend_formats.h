#pragma once

#include <string>

#include "modattr/history/trend.h"
#include "modattr/report/text_style.h"

namespace modattr {

/// What render_history() gives for each format.
std::string history_table(const History& history, const std::string& store, const TextStyle& style);
std::string history_csv(const History& history);
std::string history_json(const History& history, const std::string& store);

}  // namespace modattr
