#include "page_commands.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/registry.h"
#include "run/config/json_object.h"

namespace modattr {
namespace {

/// As a command line has a value; nullopt where it is none.
std::optional<std::string> word_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  return std::nullopt;
}

/// The option as a command line has it; empty where it would be refused, such as words about what was in force.
std::string option_text(const OptionSchema& schema, const Json& value, OptionValues& values) {
  const std::string argument = " " + command_line_option(schema.name);
  const bool is_flag = value.is_boolean();
  const std::optional<std::string> word = is_flag ? "true" : word_of(value);
  if (!word || (is_flag && !value.get<bool>())) return "";
  try {
    values.set(schema.name, parse_option(schema, *word));
  } catch (const ConfigError&) {
    return "";
  }
  return is_flag ? argument : argument + " " + shell_word(*word);
}

bool is_fallback(const OptionSchema& schema, const Json& value) {
  if (value.is_null()) return true;
  if (value.is_boolean()) return !value.get<bool>();
  if (const auto* word = std::get_if<std::string>(&schema.fallback)) return value == Json(*word);
  if (const auto* count = std::get_if<std::uint64_t>(&schema.fallback)) return value == Json(*count);
  if (const auto* number = std::get_if<double>(&schema.fallback)) return value == Json(*number);
  return false;
}

/// Lists with commas between their words.
std::string list_text(const Json& options, const char* key, const std::string& argument) {
  const auto list = options.find(key);
  if (list == options.end() || !list->is_array() || list->empty()) return "";
  std::string text;
  for (const Json& entry : *list) text += (text.empty() ? "" : ",") + word_of(entry).value_or("");
  return " " + argument + " " + shell_word(text);
}

std::string engine_command(const std::string& engine, const Json& options) {
  std::string text = "modattr " + shell_word(engine);
  const Engine* known = find_engine(engine);
  if (known == nullptr || !options.is_object()) return text;
  OptionValues values(known->options);
  for (const OptionSchema& schema : known->options) {
    const auto value = options.find(schema.name);
    // The metric is that of the configuration.
    if (value == options.end() || schema.name == "metric" || is_fallback(schema, *value)) continue;
    text += option_text(schema, *value, values);
  }
  if (const auto examples = options.find("examples"); examples != options.end() && examples->is_number()) {
    text += " --examples " + examples->dump();
  }
  text += list_text(options, "ids", "--ids") + list_text(options, "modalities", "--modality");
  if (const auto device = options.find("device"); device != options.end() && device->is_string() && *device != "auto") {
    text += " --device " + shell_word(device->get<std::string>());
  }
  if (const auto whole = options.find("no_split"); whole != options.end() && *whole == Json(true))
    text += " --no-split";
  return text;
}

}  // namespace

std::string shell_word(const std::string& word) {
  const auto is_plain = [](char letter) {
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+-@%";
    return kPlain.find(letter) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
  std::string quoted = "'";
  for (const char letter : word) quoted += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return quoted + "'";
}

std::vector<PageCommand> page_commands(const ScoreTable& table, const std::string& folder) {
  const Json config = Json::parse(table.config, nullptr, false);
  const std::string out = " --out " + shell_word(folder);
  std::vector<PageCommand> commands;
  if (!config.is_object()) return commands;
  const auto runs = config.find("runs");
  if (table.command == "run" && runs != config.end() && runs->is_object()) {
    commands.push_back({.run = "", .command = "modattr run" + out});
    for (const auto& [name, options] : runs->items()) {
      const auto engine = options.find("engine");
      if (engine == options.end() || !engine->is_string()) continue;
      commands.push_back({.run = name, .command = engine_command(engine->get<std::string>(), options)});
    }
    return commands;
  }
  const auto options = config.find(table.command);
  if (options == config.end()) return commands;
  commands.push_back({.run = "", .command = engine_command(table.command, *options) + out});
  return commands;
}

std::string page_configuration(const ScoreTable& table) {
  Json config = Json::parse(table.config, nullptr, false);
  if (!config.is_object()) return "";
  for (const Engine& engine : engine_registry()) config.erase(std::string(engine.name));
  if (const auto runs = config.find("runs"); runs != config.end() && runs->is_object()) {
    Json list = Json::array();
    for (const auto& [name, options] : runs->items()) {
      Json run = Json::object();
      const auto engine = options.find("engine");
      if (engine == options.end() || !engine->is_string()) continue;
      run["engine"] = *engine;
      const Engine* known = find_engine(engine->get<std::string>());
      if (known == nullptr) continue;
      for (const OptionSchema& schema : known->options) {
        const auto value = options.find(schema.name);
        if (value != options.end() && !is_fallback(schema, *value)) run[schema.name] = *value;
      }
      for (const char* const key : {"examples", "ids", "modalities"}) {
        const auto value = options.find(key);
        if (value != options.end() && !value->is_null() && !value->empty()) run[key] = *value;
      }
      list.push_back(std::move(run));
    }
    config["runs"] = std::move(list);
  }
  if (config.value("metric", "") == "none") config.erase("metric");
  return config.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace modattr
