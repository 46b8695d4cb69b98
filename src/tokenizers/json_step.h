#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace modattr {

/// An object of a tokenizer.json, and where it stands there, for messages: "tokenizer.json: normalizer". Every function
/// throws DataError naming the place.
class JsonStep {
 public:
  /// Borrows the JSON.
  JsonStep(const nlohmann::json& json, std::string where);

  const std::string& where() const noexcept { return where_; }
  /// What "type" says; empty where there is none.
  std::string type() const;
  /// The same object, named by its type too.
  JsonStep named() const;
  /// nullptr for none and for null.
  const nlohmann::json* find(const char* key) const;
  const nlohmann::json& require(const char* key, const char* expected) const;

  std::string text(const char* key) const;
  std::string text(const char* key, std::string_view otherwise) const;
  std::optional<std::string> find_text(const char* key) const;
  bool flag(const char* key, bool otherwise) const;
  std::optional<bool> find_flag(const char* key) const;
  /// A whole number that is not negative.
  std::int64_t number(const char* key) const;
  std::int64_t number(const char* key, std::int64_t otherwise) const;
  JsonStep object(const char* key) const;
  /// The objects of a list.
  std::vector<JsonStep> steps(const char* key) const;
  /// One character.
  char32_t character(const char* key, char32_t otherwise) const;
  /// The place of a word of a list in it.
  std::size_t word(const char* key, std::span<const std::string_view> words) const;

  /// Throws for a key that is none of these, or "type": what it asks for is not known.
  void allow(std::initializer_list<std::string_view> keys) const;
  [[noreturn]] void fail(const std::string& expected, const std::string& got) const;
  [[noreturn]] void fail_key(const char* key, const std::string& expected, const nlohmann::json& got) const;

 private:
  const nlohmann::json* json_;
  std::string where_;
};

/// A value of JSON, fit for a message.
std::string shown_json(const nlohmann::json& json);

/// Reads JSON of a file. Throws DataError beginning with `where` where it is none, or nests deeper than 64.
nlohmann::json parse_json(std::string_view text, const std::string& where);

}  // namespace modattr
