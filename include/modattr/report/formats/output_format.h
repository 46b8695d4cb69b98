#pragma once

#include <cstdint>
#include <string>

#include "modattr/report/score_table.h"
#include "modattr/report/text_style.h"

namespace modattr {

enum class OutputFormat : std::uint8_t { kTable, kCsv, kJson, kMarkdown };

/// `table` in one of the formats; `style` matters for kTable only. Ends in a line break.
std::string render(const ScoreTable& table, OutputFormat format, const TextStyle& style);

}  // namespace modattr
