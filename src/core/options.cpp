#include "modattr/core/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"

namespace modattr {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + " or ";
  return text;
}

std::string count_range(const OptionSchema& schema) {
  return listed(schema.words) + "a whole number from " + std::to_string(schema.least) + " to " +
         std::to_string(schema.most);
}

bool has_word(const OptionSchema& schema, const std::string& word) {
  return std::ranges::find(schema.words, word) != schema.words.end();
}

bool excludes(const OptionSchema& schema, const OptionSchema& other) {
  return std::ranges::find(schema.excludes, other.name) != schema.excludes.end();
}

template <typename Number>
std::optional<Number> parse_number(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// What is wrong with a value; empty where nothing is.
std::string fault(const OptionSchema& schema, const OptionValue& value) {
  const auto* word = std::get_if<std::string>(&value);
  switch (schema.type) {
    case OptionType::kFlag:
      return std::holds_alternative<bool>(value) ? "" : "expected true or false";
    case OptionType::kCount: {
      const auto* count = std::get_if<std::uint64_t>(&value);
      const bool is_count = count != nullptr && *count >= schema.least && *count <= schema.most;
      return is_count || (word != nullptr && has_word(schema, *word)) ? "" : "expected " + count_range(schema);
    }
    case OptionType::kPositiveNumber: {
      const auto* number = std::get_if<double>(&value);
      return number != nullptr && std::isfinite(*number) && *number > 0.0 ? "" : "expected a positive number";
    }
    case OptionType::kWord:
      if (word == nullptr) return "expected a word";
      return has_word(schema, *word) ? "" : "unknown '" + *word + "'" + suggestion(*word, schema.words);
    case OptionType::kText:
      return word != nullptr ? "" : "expected a text";
  }
  throw std::logic_error("unknown type of option");
}

}  // namespace

OptionValues::OptionValues(std::span<const OptionSchema> schema) : schema_(schema) {
  for (const OptionSchema& entry : schema) {
    const bool is_off = entry.type == OptionType::kFlag && std::holds_alternative<std::monostate>(entry.fallback);
    slots_.push_back({is_off ? OptionValue(false) : entry.fallback, false});
  }
}

std::size_t OptionValues::place_of(std::string_view name) const {
  const auto found = std::ranges::find(schema_, name, &OptionSchema::name);
  if (found == schema_.end()) throw std::out_of_range("no option '" + std::string(name) + "'");
  return static_cast<std::size_t>(found - schema_.begin());
}

void OptionValues::set(std::string_view name, OptionValue value) {
  const auto found = std::ranges::find(schema_, name, &OptionSchema::name);
  if (found == schema_.end()) {
    std::vector<std::string> known;
    for (const OptionSchema& entry : schema_) known.push_back(entry.name);
    throw ConfigError("unknown option '" + std::string(name) + "'" + suggestion(name, known));
  }
  // A whole number is a number, too.
  if (const auto* count = std::get_if<std::uint64_t>(&value); count && found->type == OptionType::kPositiveNumber) {
    value = static_cast<double>(*count);
  }
  if (const std::string wrong = fault(*found, value); !wrong.empty()) {
    throw ConfigError(option(found->name) + ": " + wrong);
  }
  for (const OptionSchema& other : schema_) {
    if (is_given(other.name) && (excludes(*found, other) || excludes(other, *found))) {
      throw ConfigError(option(found->name) + ": expected no " + option(other.name) + ", got both");
    }
  }
  slots_[static_cast<std::size_t>(found - schema_.begin())] = {std::move(value), true};
}

bool OptionValues::flag(std::string_view name) const {
  const auto* flag = std::get_if<bool>(&value(name));
  return flag != nullptr && *flag;
}

std::optional<std::uint64_t> OptionValues::count(std::string_view name) const {
  const auto* count = std::get_if<std::uint64_t>(&value(name));
  return count ? std::optional(*count) : std::nullopt;
}

std::optional<double> OptionValues::number(std::string_view name) const {
  const auto* number = std::get_if<double>(&value(name));
  return number ? std::optional(*number) : std::nullopt;
}

std::optional<std::string> OptionValues::text(std::string_view name) const {
  const auto* text = std::get_if<std::string>(&value(name));
  return text ? std::optional(*text) : std::nullopt;
}

OptionValue parse_option(const OptionSchema& schema, const std::string& text) {
  OptionValue value = text;
  if (schema.type == OptionType::kFlag && (text == "true" || text == "false")) value = text == "true";
  if (schema.type == OptionType::kCount) {
    if (const auto count = parse_number<std::uint64_t>(text)) value = *count;
  }
  if (schema.type == OptionType::kPositiveNumber) {
    if (const auto number = parse_number<double>(text)) value = *number;
  }
  if (const std::string wrong = fault(schema, value); !wrong.empty()) {
    throw ConfigError(schema.type == OptionType::kWord ? wrong : wrong + ", got '" + text + "'");
  }
  return value;
}

}  // namespace modattr
