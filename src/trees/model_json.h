#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace modattr {

/// An object of a model file, and where it stands, for messages. Borrows the JSON.
class ModelJson {
 public:
  using Json = nlohmann::json;

  ModelJson(const Json& json, std::string where);

  bool has(const char* key) const { return json_->contains(key); }
  ModelJson object(const char* key) const;
  const Json& list(const char* key) const;
  /// The objects of a list, one by one.
  std::vector<ModelJson> objects(const char* key) const;
  std::string text(const char* key) const;
  /// A whole number that may be written as a text, as XGBoost does; `fallback` where the key is missing.
  std::uint64_t count(const char* key, std::uint64_t fallback) const;
  /// A list of numbers, null being NaN, of `size` where that is given.
  std::vector<double> numbers(const char* key) const;
  std::vector<double> numbers(const char* key, std::size_t size) const;
  /// The same for whole numbers, or true and false.
  std::vector<std::int64_t> integers(const char* key) const;
  std::vector<std::int64_t> integers(const char* key, std::size_t size) const;

  [[noreturn]] void fail(const std::string& key, const std::string& expected, const std::string& found) const;

 private:
  const Json& require(const char* key, const char* expected) const;
  void expect_size(const char* key, std::size_t found, std::size_t expected) const;

  const Json* json_;
  std::string where_;
};

/// Parses JSON or UBJSON. Throws ModelError for anything else, and for values that are more, or nested deeper, than a
/// model's can be.
nlohmann::json parse_model_json(std::string_view content, const std::string& name);

}  // namespace modattr
