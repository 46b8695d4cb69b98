#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "modattr/core/attribution.h"

namespace modattr {

/// Most bytes of JSON that are read at once.
inline constexpr std::size_t kMostJsonBytes = std::size_t{256} << 20;

/// One JSON value. Throws DataError `<where>: expected <what>, got <what>` for anything else, for more than
/// kMostJsonBytes, more than 64 levels of nesting, more than 4096 keys of an object, and a key that is there twice.
nlohmann::ordered_json parse_result(std::string_view text, const std::string& where);

/// A value of a result file and its place in it. Throws DataError, with the place, where the value is not what is asked
/// for. Borrows the value and the name of the file.
class JsonField {
 public:
  JsonField(const nlohmann::ordered_json& value, const std::string& where) : value_(value), where_(where) {}

  const nlohmann::ordered_json& value() const noexcept { return value_; }

  bool has(std::string_view key) const { return value_.is_object() && value_.contains(key); }
  /// The value of a key that must be there.
  JsonField member(std::string_view key) const;
  /// All members of an object, in their order.
  std::vector<JsonField> members() const;
  /// All elements of a list.
  std::vector<JsonField> elements() const;
  /// The key of a member.
  const std::string& key() const noexcept { return key_; }

  std::string text() const;
  std::optional<std::string> text_or_null() const;
  /// NaN for null.
  double number() const;
  std::optional<double> number_or_null() const;
  std::uint64_t count() const;
  std::optional<std::uint64_t> count_or_null() const;
  /// A list of two numbers.
  Interval interval() const;
  std::optional<Interval> interval_or_null() const;

  [[noreturn]] void fail(std::string_view expected) const;

 private:
  JsonField(const nlohmann::ordered_json& value, const std::string& where, std::string place, std::string key)
      : value_(value), where_(where), place_(std::move(place)), key_(std::move(key)) {}

  JsonField child(const std::string& key, const nlohmann::ordered_json& value) const;

  const nlohmann::ordered_json& value_;
  const std::string& where_;
  /// E.g. `rows[3].value`; empty for the whole.
  std::string place_;
  std::string key_;
};

}  // namespace modattr
