#include "modattr/stats/wrong_rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"

namespace modattr {
namespace {

/// In the order of WrongQuantity.
constexpr std::array<std::string_view, 4> kQuantities = {"abs_error", "probability", "log_probability",
                                                         "soft_accuracy"};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

WrongRule parse_wrong_rule(std::string_view text) {
  const auto refuse = [&](const std::string& got) {
    return ConfigError(option("wrong_if") + ": expected a rule such as \"abs_error > 0.5\", got " + got);
  };
  const std::size_t sign = text.find_first_of("<>");
  if (sign == std::string_view::npos) throw refuse("'" + std::string(text) + "'");
  const std::string_view name = trimmed(text.substr(0, sign));
  const auto quantity = std::ranges::find(kQuantities, name);
  if (quantity == kQuantities.end()) {
    const std::vector<std::string> known(kQuantities.begin(), kQuantities.end());
    throw refuse("'" + std::string(name) + "'" + suggestion(std::string(name), known));
  }
  const std::string_view number = trimmed(text.substr(sign + 1));
  WrongRule rule{.quantity = static_cast<WrongQuantity>(quantity - kQuantities.begin()),
                 .comparison = text[sign] == '>' ? WrongComparison::kAbove : WrongComparison::kBelow};
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), rule.limit);
  if (error != std::errc{} || end != number.data() + number.size() || !std::isfinite(rule.limit)) {
    throw refuse("'" + std::string(number) + "' for the number");
  }
  return rule;
}

std::string to_text(const WrongRule& rule) {
  std::array<char, 32> number{};
  const auto end = std::to_chars(number.data(), number.data() + number.size(), rule.limit).ptr;
  return std::string(kQuantities[static_cast<std::size_t>(rule.quantity)]) +
         (rule.comparison == WrongComparison::kAbove ? " > " : " < ") + std::string(number.data(), end);
}

}  // namespace modattr
