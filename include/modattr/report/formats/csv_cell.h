#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace modattr {

/// A text as a cell of CSV, as to_csv() says. An empty cell means unknown, a quoted empty cell is a known empty text.
std::string csv_cell(std::string_view text);

/// All examples are the group "all"; a group of the data with that name gets the apostrophe of formulas.
std::string csv_group_cell(const std::optional<std::string>& group);

}  // namespace modattr
