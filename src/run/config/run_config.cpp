#include "run_config.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/registry.h"

namespace modattr {
namespace {

/// Beside the engine's options.
const std::vector<std::string> kRunKeys = {"engine", "examples", "ids", "modalities"};

/// Texts, or whole numbers that stand for them.
std::vector<std::string> read_ids(JsonObject& object) {
  const Json& list = object.require("ids");
  std::vector<std::string> ids;
  if (!list.is_array()) object.fail("ids", "a list of ids");
  for (const Json& id : list) {
    if (!id.is_string() && !id.is_number_integer()) object.fail("ids", "a list of texts or whole numbers");
    ids.push_back(id.is_string() ? id.get<std::string>() : id.dump());
  }
  return ids;
}

}  // namespace

RunConfig read_run(const Json& entry, const std::string& where) {
  JsonObject object(entry, where);
  const std::string name = object.require_string("engine");
  const Engine* engine = find_engine(name);
  if (engine == nullptr) {
    std::vector<std::string> names;
    for (const Engine& known : engine_registry()) names.emplace_back(known.name);
    throw ConfigError(object.where("engine") + ": unknown '" + name + "'" + suggestion(name, names));
  }
  std::vector<std::string> keys = kRunKeys;
  for (const OptionSchema& schema : engine->options) keys.push_back(schema.name);
  object.reject_unknown(keys);

  RunConfig run{.engine = name, .options = OptionValues(engine->options)};
  if (const Json* examples = object.find("examples"); examples != nullptr && !examples->is_null()) {
    run.examples = object.find_count("examples");
    if (*run.examples == 0) object.fail("examples", "a whole number above 0");
  }
  if (object.has("ids")) run.ids = read_ids(object);
  if (object.has("modalities")) run.modalities = object.require_strings("modalities");
  try {
    for (const auto& [key, value] : entry.items()) {
      const bool is_option = std::ranges::find(kRunKeys, key) == kRunKeys.end();
      if (is_option) run.options.set(key, to_option(value));
    }
    engine->check(run.options);
  } catch (const ConfigError& error) {
    // The first option that a message names is the one that is wrong.
    bool is_first = true;
    throw ConfigError(spell_options(error.what(), [&](std::string_view key) {
      return std::exchange(is_first, false) ? object.where(key) : std::string(key);
    }));
  }
  return run;
}

OptionValue to_option(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return value.get<std::string>();
  // No option takes it.
  return {};
}

Json to_json(const OptionValue& value) {
  return std::visit(
      [](const auto& held) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) {
          return nullptr;
        } else {
          return held;
        }
      },
      value);
}

}  // namespace modattr
