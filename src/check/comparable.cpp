#include "modattr/check/comparable.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

/// Options in force that change no result.
constexpr std::array<std::string_view, 2> kWithoutEffect = {"device", "no_split"};
/// Options in force that choose examples: part of the data.
constexpr std::array<std::string_view, 2> kChoicesOfExamples = {"examples", "ids"};
/// Keys of the configuration that stand for nothing in a result: options in force say more, or they are about others.
constexpr std::array<std::string_view, 4> kNotInForce = {"target", "value", "runs", "check"};
/// Of the model only the kind of its answers says what the numbers are.
constexpr std::array<std::string_view, 4> kModelsOwn = {"path", "output", "rows_per_call", "arguments"};
constexpr std::array<std::string_view, 2> kDataPaths = {"path", "metadata"};
/// Files that only give names.
constexpr std::array<std::string_view, 3> kNameFiles = {"classes", "vocab", "columns"};

template <std::size_t Count>
bool contains(const std::array<std::string_view, Count>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// One line of JSON, cut where it is long.
std::string brief(const Json* value) {
  if (value == nullptr) return "nothing";
  constexpr std::size_t kLongest = 80;
  const std::string text = value->dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

class TableComparison {
 public:
  TableComparison(const ResultSet& baseline, const ResultSet& next, DataRule rule)
      : baseline_(baseline), next_(next), rule_(rule) {}

  void expect_same_tables() const {
    expect_same("command", baseline_.table.command, next_.table.command);
    expect_same("metric", baseline_.table.metric, next_.table.metric);
    const Json old_config = config_of(baseline_);
    const Json new_config = config_of(next_);
    compare(&old_config, &new_config, {"config"});
    if (rule_ == DataRule::kAny) return;
    const std::string hint = "; " + option("allow_other_data") + " compares results of other data, unpaired";
    expect_same("data.sha256", baseline_.table.data.sha256, next_.table.data.sha256, hint);
    if (baseline_.table.example_count != next_.table.example_count) {
      fail("data.examples", std::to_string(baseline_.table.example_count), std::to_string(next_.table.example_count),
           hint);
    }
  }

 private:
  using Path = std::vector<std::string>;

  [[noreturn]] void fail(const std::string& where, const std::string& expected, const std::string& got,
                         const std::string& hint = {}) const {
    throw ConfigError(next_.name + ": " + where + ": expected " + expected + " as in " + baseline_.name + ", got " +
                      got + (hint.empty() ? "; compare results of the same options" : hint));
  }

  void expect_same(const std::string& where, const std::string& expected, const std::string& got,
                   const std::string& hint = {}) const {
    const Json old_value = expected;
    const Json new_value = got;
    if (expected != got) fail(where, brief(&old_value), brief(&new_value), hint);
  }

  static Json config_of(const ResultSet& set) {
    if (set.table.config.empty()) return Json::object();
    Json config = Json::parse(set.table.config, nullptr, false);
    if (!config.is_object()) throw DataError(set.name + ": expected an object at config, got other text");
    return config;
  }

  /// Whether the path is that of options in force: of the command, or of a run.
  bool is_options(const Path& path) const {
    if (path.size() == 2 && path[1] == baseline_.table.command) return path[1] != "run";
    return path.size() == 3 && path[1] == "runs" && baseline_.table.command == "run";
  }

  bool may_differ(const Path& path) const {
    const std::string& key = path.back();
    const Path parent(path.begin(), path.end() - 1);
    if (path.size() == 2 && contains(kNotInForce, key)) {
      return key != "runs" || baseline_.table.command != "run";
    }
    if (path.size() == 3 && path[1] == "model") return contains(kModelsOwn, key);
    if (path.size() == 3 && path[1] == "data" && contains(kDataPaths, key)) return true;
    const bool is_option = is_options(parent) || (path.size() == 3 && path[1] == "run");
    if (!is_option) return false;
    return contains(kWithoutEffect, key) || (rule_ == DataRule::kAny && contains(kChoicesOfExamples, key));
  }

  static bool same_file_name(const Path& path, const Json& old_value, const Json& new_value) {
    if (!contains(kNameFiles, path.back()) || !old_value.is_string() || !new_value.is_string()) return false;
    const auto name_of = [](const Json& value) { return std::filesystem::path(value.get<std::string>()).filename(); };
    return name_of(old_value) == name_of(new_value);
  }

  static std::string written(const Path& path) {
    std::string text;
    for (const std::string& key : path) text += (text.empty() || key.starts_with('[') ? "" : ".") + key;
    return text;
  }

  /// nullptr: there is no such key, which says the same as null.
  void compare(const Json* old_value, const Json* new_value, const Path& path) const {
    if (may_differ(path)) return;
    const auto is_nothing = [](const Json* value) { return value == nullptr || value->is_null(); };
    if (is_nothing(old_value) && is_nothing(new_value)) return;
    if (is_nothing(old_value) || is_nothing(new_value) || old_value->type() != new_value->type()) {
      const bool are_numbers = old_value != nullptr && new_value != nullptr && *old_value == *new_value;
      if (!are_numbers) fail(written(path), brief(old_value), brief(new_value));
    } else if (old_value->is_object()) {
      compare_members(*old_value, *new_value, path);
    } else if (old_value->is_array() && old_value->size() == new_value->size()) {
      for (std::size_t place = 0; place < old_value->size(); ++place) {
        Path element = path;
        element.push_back("[" + std::to_string(place) + "]");
        compare(&(*old_value)[place], &(*new_value)[place], element);
      }
    } else if (*old_value != *new_value && !same_file_name(path, *old_value, *new_value)) {
      fail(written(path), brief(old_value), brief(new_value));
    }
  }

  void compare_members(const Json& old_value, const Json& new_value, const Path& path) const {
    const auto find = [](const Json& object, const std::string& key) {
      const auto found = object.find(key);
      return found == object.end() ? nullptr : &*found;
    };
    const auto compare_key = [&](const std::string& key) {
      Path member = path;
      member.push_back(key);
      compare(find(old_value, key), find(new_value, key), member);
    };
    for (const auto& [key, value] : old_value.items()) compare_key(key);
    for (const auto& [key, value] : new_value.items()) {
      if (!old_value.contains(key)) compare_key(key);
    }
  }

  const ResultSet& baseline_;
  const ResultSet& next_;
  DataRule rule_;
};

}  // namespace

void expect_comparable(const ResultSet& baseline, const ResultSet& next, DataRule rule) {
  TableComparison(baseline, next, rule).expect_same_tables();
}

bool same_data(const ResultSet& baseline, const ResultSet& next) {
  return baseline.table.data.sha256 == next.table.data.sha256 &&
         baseline.table.example_count == next.table.example_count;
}

}  // namespace modattr
