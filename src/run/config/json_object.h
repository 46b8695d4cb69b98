#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace modattr {

using Json = nlohmann::ordered_json;

/// Parses JSON text strictly: no duplicate keys, bounded depth. Throws ConfigError naming `file`.
Json parse_json(const std::string& text, const std::string& file);

/// A JSON object that is read key by key, with errors that name the key.
class JsonObject {
 public:
  /// `where`: file and path of the object, for messages. Throws ConfigError when `value` is no object.
  JsonObject(const Json& value, std::string where);

  const std::string& where() const noexcept { return where_; }
  std::string where(std::string_view key) const;
  bool has(std::string_view key) const { return value_.contains(key); }
  /// The value of a key; throws ConfigError when it is missing.
  const Json& require(std::string_view key);
  /// nullptr when missing.
  const Json* find(std::string_view key);

  std::string require_string(std::string_view key);
  std::optional<std::string> find_string(std::string_view key);
  std::optional<std::uint64_t> find_count(std::string_view key);
  /// One of `known`, else ConfigError with the nearest one.
  std::optional<std::string> find_word(std::string_view key, std::span<const std::string> known);
  std::vector<std::string> require_strings(std::string_view key);

  /// Throws ConfigError for the first key that is not `known`, naming the nearest one that is.
  void reject_unknown(std::span<const std::string> known) const;
  [[noreturn]] void fail(std::string_view key, std::string_view expected, const std::string& hint = {}) const;

 private:
  const Json& value_;
  std::string where_;
};

}  // namespace modattr
