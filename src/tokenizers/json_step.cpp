#include "tokenizers/json_step.h"

#include <algorithm>
#include <utility>

#include "modattr/core/error.h"
#include "tokenizers/text/shown.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

using Json = nlohmann::json;

bool is_whole(const Json& json) {
  return json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
}

/// Whether brackets nest deeper than `most`.
bool is_deeper(std::string_view text, int most) {
  int depth = 0;
  bool is_quoted = false;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const char letter = text[place];
    if (is_quoted && letter == '\\') {
      ++place;
    } else if (letter == '"') {
      is_quoted = !is_quoted;
    } else if (!is_quoted && (letter == '[' || letter == '{')) {
      if (++depth > most) return true;
    } else if (!is_quoted && (letter == ']' || letter == '}')) {
      --depth;
    }
  }
  return false;
}

}  // namespace

std::string shown_json(const Json& json) {
  if (json.is_string()) return shown(json.get_ref<const std::string&>());
  if (json.is_object()) return "an object";
  if (json.is_array()) return "a list";
  return json.dump();
}

Json parse_json(std::string_view text, const std::string& where) {
  constexpr int kDeepest = 64;
  if (is_deeper(text, kDeepest)) {
    throw DataError(where + ": expected JSON, got values nested more than " + std::to_string(kDeepest) + " deep");
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw DataError(where + ": expected JSON, got something else at byte " + std::to_string(error.byte));
  } catch (const Json::exception&) {
    throw DataError(where + ": expected JSON, got numbers out of range");
  }
}

JsonStep::JsonStep(const Json& json, std::string where) : json_(&json), where_(std::move(where)) {
  if (!json.is_object()) fail("an object", shown_json(json));
}

std::string JsonStep::type() const {
  return find_text("type").value_or("");
}

JsonStep JsonStep::named() const {
  return {*json_, where_ + " " + type()};
}

const Json* JsonStep::find(const char* key) const {
  const auto found = json_->find(key);
  return found == json_->end() || found->is_null() ? nullptr : &*found;
}

const Json& JsonStep::require(const char* key, const char* expected) const {
  if (const Json* found = find(key)) return *found;
  throw DataError(where_ + ": " + key + ": expected " + expected + ", got none");
}

std::optional<std::string> JsonStep::find_text(const char* key) const {
  const Json* found = find(key);
  if (!found) return std::nullopt;
  if (!found->is_string()) fail_key(key, "a text", *found);
  return found->get<std::string>();
}

std::string JsonStep::text(const char* key) const {
  static_cast<void>(require(key, "a text"));
  return *find_text(key);
}

std::string JsonStep::text(const char* key, std::string_view otherwise) const {
  return find_text(key).value_or(std::string(otherwise));
}

std::optional<bool> JsonStep::find_flag(const char* key) const {
  const Json* found = find(key);
  if (!found) return std::nullopt;
  if (!found->is_boolean()) fail_key(key, "true or false", *found);
  return found->get<bool>();
}

bool JsonStep::flag(const char* key, bool otherwise) const {
  return find_flag(key).value_or(otherwise);
}

std::int64_t JsonStep::number(const char* key) const {
  const Json& found = require(key, "a whole number");
  if (!is_whole(found)) fail_key(key, "a whole number", found);
  const auto number = found.get<std::uint64_t>();
  constexpr std::uint64_t kLargest = 1'000'000'000'000;
  // Lengths without a limit are written as the largest number that Python's tokenizers know.
  return static_cast<std::int64_t>(std::min(number, kLargest));
}

std::int64_t JsonStep::number(const char* key, std::int64_t otherwise) const {
  return find(key) ? number(key) : otherwise;
}

JsonStep JsonStep::object(const char* key) const {
  return {require(key, "an object"), where_ + ": " + key};
}

std::vector<JsonStep> JsonStep::steps(const char* key) const {
  const Json& list = require(key, "a list");
  if (!list.is_array()) fail_key(key, "a list", list);
  std::vector<JsonStep> steps;
  for (std::size_t place = 0; place < list.size(); ++place) {
    steps.emplace_back(list[place], where_ + ": " + key + "[" + std::to_string(place) + "]");
  }
  return steps;
}

char32_t JsonStep::character(const char* key, char32_t otherwise) const {
  const std::optional<std::string> found = find_text(key);
  if (!found) return otherwise;
  const std::u32string codes = decode_text(*found);
  if (codes.size() != 1) fail_key(key, "one character", *find(key));
  return codes.front();
}

std::size_t JsonStep::word(const char* key, std::span<const std::string_view> words) const {
  const std::string given = text(key);
  const auto found = std::ranges::find(words, given);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string list;
  for (const std::string_view one : words) list += (list.empty() ? "" : ", ") + std::string(one);
  fail_key(key, "one of " + list, *find(key));
}

void JsonStep::allow(std::initializer_list<std::string_view> keys) const {
  for (const auto& [key, value] : json_->items()) {
    if (key == "type" || value.is_null() || std::ranges::find(keys, key) != keys.end()) continue;
    fail("what is known", "the key " + shown(key) + ", which is not supported");
  }
}

void JsonStep::fail(const std::string& expected, const std::string& got) const {
  throw DataError(where_ + ": expected " + expected + ", got " + got);
}

void JsonStep::fail_key(const char* key, const std::string& expected, const Json& got) const {
  throw DataError(where_ + ": " + key + ": expected " + expected + ", got " + shown_json(got));
}

}  // namespace modattr
