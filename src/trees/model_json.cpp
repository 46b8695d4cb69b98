#include "model_json.h"

#include <charconv>
#include <cstddef>
#include <limits>
#include <utility>

#include "modattr/core/error.h"
#include "shown_text.h"

namespace modattr {
namespace {

using Json = nlohmann::json;

/// Reads events of a parser, and stops it where a file pretends to hold more than its bytes can, or nests deeper than
/// a recursive parser can follow.
class SizeGuard final : public nlohmann::json_sax<Json> {
 public:
  explicit SizeGuard(std::size_t most_values) : most_values_(most_values) {}

  const std::string& problem() const noexcept { return problem_; }

  bool null() override { return one(); }
  bool boolean(bool) override { return one(); }
  bool number_integer(number_integer_t) override { return one(); }
  bool number_unsigned(number_unsigned_t) override { return one(); }
  bool number_float(number_float_t, const string_t&) override { return one(); }
  bool string(string_t&) override { return one(); }
  bool binary(binary_t&) override { return one(); }
  bool key(string_t&) override { return one(); }
  bool start_object(std::size_t) override { return enter(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    problem_ = "something else at byte " + std::to_string(position);
    return false;
  }

 private:
  bool one() {
    if (++value_count_ <= most_values_) return true;
    problem_ = "more values than bytes";
    return false;
  }
  bool enter() {
    constexpr std::size_t kDeepest = 64;
    if (++depth_ <= kDeepest) return one();
    problem_ = "values nested more than " + std::to_string(kDeepest) + " deep";
    return false;
  }
  bool leave() {
    --depth_;
    return true;
  }

  std::size_t most_values_;
  std::size_t value_count_ = 0;
  std::size_t depth_ = 0;
  std::string problem_;
};

bool is_text(std::string_view content) {
  // In UBJSON the type of a key's length follows the first brace.
  const std::size_t second = content.find_first_not_of(" \t\r\n", 1);
  return second != std::string_view::npos && (content[second] == '"' || content[second] == '}');
}

/// XGBoost writes numbers that are none as NaN and Infinity, which JSON does not have.
std::string with_null_for_nan(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  bool is_quoted = false;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const std::string_view rest = text.substr(place);
    const std::string_view word = is_quoted                       ? ""
                                  : rest.starts_with("NaN")       ? "NaN"
                                  : rest.starts_with("Infinity")  ? "Infinity"
                                  : rest.starts_with("-Infinity") ? "-Infinity"
                                                                  : "";
    if (!word.empty()) {
      result += "null";
      place += word.size() - 1;
      continue;
    }
    if (text[place] == '"') is_quoted = !is_quoted;
    result += text[place];
    if (is_quoted && text[place] == '\\' && place + 1 < text.size()) result += text[++place];
  }
  return result;
}

std::string kind_of(const Json& json) {
  if (json.is_string()) return shown_text(json.get_ref<const std::string&>());
  return json.type_name();
}

std::uint64_t whole_number(const Json& json, bool& is_whole) {
  is_whole = json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
  if (is_whole) return json.get<std::uint64_t>();
  if (!json.is_string()) return 0;
  const auto& text = json.get_ref<const std::string&>();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  is_whole = error == std::errc() && end == text.data() + text.size();
  return number;
}

}  // namespace

ModelJson::ModelJson(const Json& json, std::string where) : json_(&json), where_(std::move(where)) {
  if (!json.is_object()) throw ModelError(where_ + ": expected an object, got " + kind_of(json));
}

void ModelJson::fail(const std::string& key, const std::string& expected, const std::string& found) const {
  throw ModelError(where_ + ": " + key + ": expected " + expected + ", got " + found);
}

const Json& ModelJson::require(const char* key, const char* expected) const {
  const auto found = json_->find(key);
  if (found == json_->end()) fail(key, expected, "none");
  return *found;
}

ModelJson ModelJson::object(const char* key) const {
  return {require(key, "an object"), where_ + ": " + key};
}

const Json& ModelJson::list(const char* key) const {
  const Json& json = require(key, "a list");
  if (!json.is_array()) fail(key, "a list", kind_of(json));
  return json;
}

std::vector<ModelJson> ModelJson::objects(const char* key) const {
  std::vector<ModelJson> objects;
  for (const Json& json : list(key)) {
    objects.emplace_back(json, where_ + ": " + key + "[" + std::to_string(objects.size()) + "]");
  }
  return objects;
}

std::string ModelJson::text(const char* key) const {
  const Json& json = require(key, "a text");
  if (!json.is_string()) fail(key, "a text", kind_of(json));
  return json.get<std::string>();
}

std::uint64_t ModelJson::count(const char* key, std::uint64_t fallback) const {
  if (!has(key)) return fallback;
  const Json& json = require(key, "a whole number");
  bool is_whole = false;
  const std::uint64_t number = whole_number(json, is_whole);
  if (!is_whole) fail(key, "a whole number", kind_of(json));
  return number;
}

void ModelJson::expect_size(const char* key, std::size_t found, std::size_t expected) const {
  if (found != expected) fail(key, std::to_string(expected) + " numbers", std::to_string(found));
}

std::vector<double> ModelJson::numbers(const char* key) const {
  std::vector<double> numbers;
  for (const Json& json : list(key)) {
    if (!json.is_number() && !json.is_null()) fail(key, "numbers", kind_of(json));
    numbers.push_back(json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>());
  }
  return numbers;
}

std::vector<double> ModelJson::numbers(const char* key, std::size_t size) const {
  std::vector<double> result = numbers(key);
  expect_size(key, result.size(), size);
  return result;
}

std::vector<std::int64_t> ModelJson::integers(const char* key) const {
  std::vector<std::int64_t> numbers;
  for (const Json& json : list(key)) {
    if (json.is_boolean()) {
      numbers.push_back(json.get<bool>() ? 1 : 0);
    } else if (json.is_number_integer()) {
      numbers.push_back(json.get<std::int64_t>());
    } else {
      fail(key, "whole numbers", kind_of(json));
    }
  }
  return numbers;
}

std::vector<std::int64_t> ModelJson::integers(const char* key, std::size_t size) const {
  std::vector<std::int64_t> result = integers(key);
  expect_size(key, result.size(), size);
  return result;
}

Json parse_model_json(std::string_view content, const std::string& name) {
  if (content.empty() || content.front() != '{') {
    throw ModelError(name +
                     ": expected a model in JSON or UBJSON, got another file; save it as model.json or model.ubj");
  }
  const auto format = is_text(content) ? Json::input_format_t::json : Json::input_format_t::ubjson;
  std::string rewritten;
  if (format == Json::input_format_t::json &&
      (content.find("NaN") != std::string_view::npos || content.find("Infinity") != std::string_view::npos)) {
    rewritten = with_null_for_nan(content);
    content = rewritten;
  }
  SizeGuard guard(content.size());
  if (!Json::sax_parse(content, &guard, format)) {
    throw ModelError(name + ": expected a model in JSON or UBJSON, got " + guard.problem());
  }
  return format == Json::input_format_t::json ? Json::parse(content) : Json::from_ubjson(content);
}

}  // namespace modattr
