#include "modattr/engines/run_warnings.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace modattr {
namespace {

const char* why_undefined(std::string_view definition) {
  if (definition.starts_with("shape.")) return "no answer is right";
  if (definition == "share.net") return "no modality has any part in an answer";
  if (definition.starts_with("share.")) return "every Shapley value is 0";
  return "main effects and interactions are all 0, or no more than rounding";
}

}  // namespace

std::string short_number(double value) {
  if (!std::isfinite(value)) return "not known";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

void warn_about_undefined(const std::vector<Score>& rows, std::vector<std::string>& warnings) {
  std::set<std::pair<std::string, std::optional<std::string>>> told;
  for (const Score& row : rows) {
    if (row.value || !told.emplace(row.definition, row.group).second) continue;
    warnings.push_back(row.definition + " is not defined for " +
                       (row.group ? "group '" + *row.group + "'" : std::string("all examples")) + ": " +
                       why_undefined(row.definition));
  }
}

}  // namespace modattr
