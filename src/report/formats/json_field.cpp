#include "json_field.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "json_text.h"
#include "modattr/core/error.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kDeepestLevel = 64;
/// Looking for a key takes time in proportion to the keys before it.
constexpr std::size_t kMostKeys = 4096;
constexpr std::size_t kLongestQuote = 60;

/// One line for a message.
std::string in_quotes(std::string_view text) {
  const bool is_long = text.size() > kLongestQuote;
  return escape_invisible(to_line(Json(std::string(text.substr(0, kLongestQuote))))) + (is_long ? "..." : "");
}

std::string described(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list of " + std::to_string(value.size());
  return value.is_string() ? in_quotes(value.get_ref<const std::string&>()) : to_line(value);
}

[[noreturn]] void fail_at(const std::string& where, std::string_view expected, std::string_view got) {
  throw DataError(where + ": expected " + std::string(expected) + ", got " + std::string(got));
}

}  // namespace

Json parse_result(std::string_view text, const std::string& where) {
  if (text.size() > kMostJsonBytes) {
    fail_at(where, "at most " + std::to_string(kMostJsonBytes) + " bytes of JSON", std::to_string(text.size()));
  }
  std::vector<std::set<std::string>> open_objects;
  const auto check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDeepestLevel) {
      fail_at(where, "at most " + std::to_string(kDeepestLevel) + " nested levels of JSON", "more");
    }
    if (event == Json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == Json::parse_event_t::object_end) open_objects.pop_back();
    if (event != Json::parse_event_t::key) return true;
    const auto& key = parsed.get_ref<const std::string&>();
    std::set<std::string>& keys = open_objects.back();
    if (!keys.insert(key).second) fail_at(where, "every key once", in_quotes(key) + " twice");
    if (keys.size() > kMostKeys) {
      fail_at(where, "at most " + std::to_string(kMostKeys) + " keys of an object", "more");
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 3, column 5: ..."
    std::string_view reason = error.what();
    if (const std::size_t end = reason.find("] "); end != std::string_view::npos) reason.remove_prefix(end + 2);
    constexpr std::size_t kLongestReason = 200;
    std::string line(reason.substr(0, kLongestReason));
    std::ranges::replace_if(
        line, [](char letter) { return static_cast<unsigned char>(letter) < ' '; }, ' ');
    fail_at(where, "JSON", "a " + escape_invisible(line));
  }
}

void JsonField::fail(std::string_view expected) const {
  fail_at(where_, std::string(expected) + (place_.empty() ? "" : " at " + place_), described(value_));
}

JsonField JsonField::child(const std::string& key, const Json& value) const {
  return {value, where_, place_.empty() ? key : place_ + "." + key, key};
}

JsonField JsonField::member(std::string_view key) const {
  if (!value_.is_object()) fail("an object");
  const auto found = value_.find(key);
  if (found == value_.end()) {
    fail_at(where_, (place_.empty() ? "" : place_ + ".") + std::string(key), "no such key");
  }
  return child(std::string(key), *found);
}

std::vector<JsonField> JsonField::members() const {
  if (!value_.is_object()) fail("an object");
  std::vector<JsonField> members;
  for (const auto& [key, value] : value_.items()) members.push_back(child(key, value));
  return members;
}

std::vector<JsonField> JsonField::elements() const {
  if (!value_.is_array()) fail("a list");
  std::vector<JsonField> elements;
  elements.reserve(value_.size());
  for (std::size_t index = 0; index < value_.size(); ++index) {
    elements.push_back(JsonField(value_[index], where_, place_ + "[" + std::to_string(index) + "]", ""));
  }
  return elements;
}

std::string JsonField::text() const {
  if (!value_.is_string()) fail("a text");
  return value_.get<std::string>();
}

std::optional<std::string> JsonField::text_or_null() const {
  if (value_.is_null()) return std::nullopt;
  if (!value_.is_string()) fail("a text or null");
  return value_.get<std::string>();
}

double JsonField::number() const {
  return number_or_null().value_or(std::numeric_limits<double>::quiet_NaN());
}

std::optional<double> JsonField::number_or_null() const {
  if (value_.is_null()) return std::nullopt;
  if (!value_.is_number()) fail("a number or null");
  return value_.get<double>();
}

std::uint64_t JsonField::count() const {
  if (!value_.is_number_unsigned()) fail("a whole number of at least 0");
  return value_.get<std::uint64_t>();
}

std::optional<std::uint64_t> JsonField::count_or_null() const {
  if (value_.is_null()) return std::nullopt;
  if (!value_.is_number_unsigned()) fail("a whole number of at least 0 or null");
  return value_.get<std::uint64_t>();
}

Interval JsonField::interval() const {
  if (!value_.is_array() || value_.size() != 2) fail("a list of two numbers");
  const std::vector<JsonField> ends = elements();
  return {ends[0].number(), ends[1].number()};
}

std::optional<Interval> JsonField::interval_or_null() const {
  if (value_.is_null()) return std::nullopt;
  if (!value_.is_array() || value_.size() != 2) fail("a list of two numbers or null");
  return interval();
}

}  // namespace modattr
