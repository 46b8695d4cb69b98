#include "json_object.h"

#include <algorithm>
#include <set>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"

namespace modattr {
namespace {

constexpr int kDepthLimit = 32;

std::string shown(const Json& value) {
  constexpr std::size_t kLongest = 60;
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

}  // namespace

Json parse_json(const std::string& text, const std::string& file) {
  std::vector<std::set<std::string>> open_objects;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDepthLimit) throw ConfigError(file + ": expected at most 32 nested levels of JSON, got more");
    if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == Json::parse_event_t::object_end) open_objects.pop_back();
    if (event == Json::parse_event_t::key && !open_objects.back().insert(parsed.get<std::string>()).second) {
      throw ConfigError(file + ": expected distinct keys, got '" + parsed.get<std::string>() + "' twice");
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 3, column 5: ..."
    std::string reason = error.what();
    if (const auto end = reason.find("] "); end != std::string::npos) reason = reason.substr(end + 2);
    std::ranges::replace_if(
        reason, [](char letter) { return static_cast<unsigned char>(letter) < ' '; }, ' ');
    throw ConfigError(file + ": expected JSON, got a " + reason);
  }
}

JsonObject::JsonObject(const Json& value, std::string where) : value_(value), where_(std::move(where)) {
  if (!value.is_object()) throw ConfigError(where_ + ": expected an object {...}, got " + shown(value));
}

std::string JsonObject::where(std::string_view key) const {
  const bool is_file = where_.find(": ") == std::string::npos;
  return where_ + (is_file ? ": " : ".") + std::string(key);
}

const Json& JsonObject::require(std::string_view key) {
  if (const Json* value = find(key)) return *value;
  throw ConfigError(where(key) + ": expected a value, got none");
}

const Json* JsonObject::find(std::string_view key) {
  const auto found = value_.find(key);
  return found == value_.end() ? nullptr : &*found;
}

void JsonObject::fail(std::string_view key, std::string_view expected, const std::string& hint) const {
  throw ConfigError(where(key) + ": expected " + std::string(expected) + ", got " + shown(value_.at(std::string(key))) +
                    hint);
}

std::string JsonObject::require_string(std::string_view key) {
  require(key);
  return *find_string(key);
}

std::optional<std::string> JsonObject::find_string(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string() || value->get_ref<const std::string&>().empty()) fail(key, "a text that is not empty");
  return value->get<std::string>();
}

std::optional<std::uint64_t> JsonObject::find_count(std::string_view key) {
  const Json* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_unsigned()) fail(key, "a whole number of at least 0");
  return value->get<std::uint64_t>();
}

std::optional<std::string> JsonObject::find_word(std::string_view key, std::span<const std::string> known) {
  const std::optional<std::string> word = find_string(key);
  if (word && std::ranges::find(known, *word) == known.end()) fail(key, "a known word", suggestion(*word, known));
  return word;
}

std::vector<std::string> JsonObject::require_strings(std::string_view key) {
  const Json& list = require(key);
  if (!list.is_array() || list.empty()) fail(key, "a list of texts that is not empty");
  std::vector<std::string> texts;
  for (const Json& item : list) {
    if (!item.is_string()) fail(key, "a list of texts");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

void JsonObject::reject_unknown(std::span<const std::string> known) const {
  for (const auto& [key, value] : value_.items()) {
    if (std::ranges::find(known, key) == known.end()) {
      throw ConfigError(where_ + ": unknown key '" + key + "'" + suggestion(key, known));
    }
  }
}

}  // namespace modattr
