#include "run_options.h"

#include <cctype>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include "report/formats/json_text.h"

namespace modattr {
namespace {

/// Its keys are sorted: their order is no option.
using SortedJson = nlohmann::json;

const SortedJson* find_member(const SortedJson& object, std::string_view key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found == object.end() ? nullptr : &*found;
}

/// A file's name without its folder: paths are told from the working folder.
void drop_folder(SortedJson& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) return;
  SortedJson& path = object[key];
  if (path.is_string()) path = std::filesystem::path(path.get<std::string>()).filename().string();
}

/// The run whose model score a result of several runs has: the first one that has a metric.
std::string scored_run(const StoredHead& head) {
  const auto config = nlohmann::ordered_json::parse(head.config, nullptr, false);
  for (const auto& [name, options] : config.at("runs").items()) {
    if (options.is_object() && options.value("metric", nlohmann::ordered_json()) != "none") return name;
  }
  return {};
}

/// The options of a run: under the command's name, or of a result of several engines under runs and the run's name.
SortedJson run_options_in(const SortedJson& config, const StoredHead& head, std::string_view run) {
  const SortedJson* options = find_member(config, head.command);
  if (const SortedJson* runs = find_member(config, "runs"); runs != nullptr && runs->is_object()) {
    options = find_member(*runs, run.empty() ? scored_run(head) : std::string(run));
  }
  return options != nullptr && options->is_object() ? *options : SortedJson::object();
}

/// Which examples were used: all that the model's own score depends on.
SortedJson selection_of(const SortedJson& options, const SortedJson& config) {
  SortedJson selection = SortedJson::object();
  for (const char* const key : {"examples", "ids"}) {
    const SortedJson* value = find_member(options, key);
    if (value != nullptr) selection[key] = *value;
  }
  const SortedJson* count = find_member(selection, "examples");
  if (count != nullptr && !count->is_null() && config.contains("seed")) selection["seed"] = config["seed"];
  return selection;
}

SortedJson without_places(SortedJson config) {
  if (config.contains("model") && config["model"].is_object()) {
    config["model"].erase("path");
    config["model"].erase("rows_per_call");
    config["model"].erase("arguments");
  }
  if (config.contains("data") && config["data"].is_object()) {
    config["data"].erase("path");
    drop_folder(config["data"], "metadata");
    drop_folder(config["data"], "classes");
  }
  if (config.contains("modalities") && config["modalities"].is_array()) {
    for (SortedJson& modality : config["modalities"]) {
      drop_folder(modality, "vocab");
      drop_folder(modality, "columns");
      if (modality.is_object() && modality.contains("removal")) drop_folder(modality["removal"], "path");
    }
  }
  return config;
}

/// Without members that say nothing: an option that a later version adds, and that is not used, changes nothing.
void drop_empty_members(SortedJson& value) {
  if (value.is_array()) {
    for (SortedJson& element : value) drop_empty_members(element);
  }
  if (!value.is_object()) return;
  for (auto member = value.begin(); member != value.end();) {
    drop_empty_members(*member);
    // Also of null.
    member = member->empty() ? value.erase(member) : std::next(member);
  }
}

/// "/config/modalities/0/kind" as modalities[0].kind.
std::string readable_key(const std::string& pointer) {
  std::string key;
  std::size_t begin = pointer.find('/', 1);
  while (begin != std::string::npos) {
    const std::size_t end = pointer.find('/', begin + 1);
    const std::string part = pointer.substr(begin + 1, end == std::string::npos ? end : end - begin - 1);
    const bool is_place = !part.empty() && std::isdigit(static_cast<unsigned char>(part.front())) != 0;
    key += is_place ? "[" + part + "]" : (key.empty() ? "" : ".") + part;
    begin = end;
  }
  return key;
}

std::string readable_value(const SortedJson& flat, const std::string& pointer) {
  constexpr std::size_t kLongestValue = 40;
  const SortedJson* value = find_member(flat, pointer);
  if (value == nullptr || value->is_null()) return "none";
  const std::string text = value->is_string() ? value->get<std::string>() : to_line(*value);
  return text.size() <= kLongestValue ? text : "another text";
}

}  // namespace

std::string options_of_run(const StoredHead& head, std::string_view run) {
  SortedJson config = SortedJson::parse(head.config, nullptr, false);
  if (!config.is_object()) config = SortedJson::object();
  SortedJson options = run_options_in(config, head, run);
  // Of several engines each has a metric of its own; the engine is in the run's name.
  if (const SortedJson* metric = find_member(options, "metric"); metric != nullptr && metric->is_string()) {
    config["metric"] = *metric;
  }
  options.erase("metric");
  options.erase("engine");
  config.erase(head.command);
  config.erase("runs");
  config = without_places(std::move(config));
  SortedJson known = SortedJson::object();
  if (run.empty()) {
    for (const char* const key : {"model", "data", "metric"}) {
      if (config.contains(key)) known["config"][key] = config[key];
    }
    known["options"] = selection_of(options, config);
  } else {
    // The last one adds a file.
    for (const char* const key : {"device", "no_split", "per_example"}) options.erase(key);
    known["config"] = std::move(config);
    known["options"] = std::move(options);
  }
  drop_empty_members(known);
  return to_line(known);
}

std::string describe_change(const std::string& before, const std::string& after) {
  constexpr std::size_t kMostNamed = 3;
  const SortedJson old_values = SortedJson::parse(before).flatten();
  const SortedJson new_values = SortedJson::parse(after).flatten();
  std::set<std::string> keys;
  for (const SortedJson* const values : {&old_values, &new_values}) {
    for (const auto& [key, value] : values->items()) keys.insert(key);
  }
  std::string text;
  std::size_t count = 0;
  for (const std::string& key : keys) {
    const SortedJson* old_value = find_member(old_values, key);
    const SortedJson* new_value = find_member(new_values, key);
    const bool is_same =
        old_value != nullptr && new_value != nullptr ? *old_value == *new_value : old_value == new_value;
    if (is_same || ++count > kMostNamed) continue;
    text += (text.empty() ? "" : ", ") + readable_key(key) + " from " + readable_value(old_values, key) + " to " +
            readable_value(new_values, key);
  }
  if (count > kMostNamed) text += " and " + std::to_string(count - kMostNamed) + " more";
  return text;
}

}  // namespace modattr
