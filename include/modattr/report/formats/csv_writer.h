#pragma once

#include <span>
#include <string>

#include "modattr/core/attribution.h"

namespace modattr {

/// scores.csv: a header line and one line per row, quoted as RFC 4180 asks, lines ending in \n. Numbers read back as
/// the same doubles; unknown = empty cell. Text that a spreadsheet would run as a formula (it begins with = + - @ and
/// is not a number) gets a leading apostrophe; control characters other than line breaks and tabs become U+FFFD.
std::string to_csv(std::span<const Score> rows);

}  // namespace modattr
