#pragma once

#include <optional>
#include <string_view>

#include "modattr/data/metadata.h"

namespace modattr {

/// The number in a cell, true and false as 1 and 0; nullopt where there is none.
std::optional<double> cell_number(std::string_view text, MetadataType type);

}  // namespace modattr
