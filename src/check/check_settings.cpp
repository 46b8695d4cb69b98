#include "modattr/check/check_settings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include "check_section.h"
#include "modattr/check/rule.h"
#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "report/formats/json_field.h"

namespace modattr {
namespace {

const std::vector<std::string> kCheckKeys = {"rules", "strict"};

[[noreturn]] void fail_setting(const std::string& where, const std::string& expected,
                               const nlohmann::ordered_json& got) {
  throw ConfigError(where + ": expected " + expected + ", got " +
                    got.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace).substr(0, 60));
}

}  // namespace

CheckSettings check_section(const nlohmann::ordered_json& value, const std::string& file) {
  const std::string where = file + ": check";
  if (!value.is_object()) fail_setting(where, "an object {...}", value);
  CheckSettings settings;
  for (const auto& [key, setting] : value.items()) {
    const bool is_known = std::ranges::find(kCheckKeys, key) != kCheckKeys.end();
    if (!is_known) {
      throw ConfigError(std::string(where).append(": unknown key '").append(key).append("'") +
                        suggestion(key, kCheckKeys));
    }
    if (key == "strict") {
      if (!setting.is_boolean()) fail_setting(where + ".strict", "true or false", setting);
      settings.is_strict = setting.get<bool>();
      continue;
    }
    if (!setting.is_array()) fail_setting(where + ".rules", "a list of rules", setting);
    for (std::size_t place = 0; place < setting.size(); ++place) {
      const std::string own = where + ".rules[" + std::to_string(place) + "]";
      if (!setting[place].is_string())
        fail_setting(own, "a rule such as \"change of share.abs <= 0.05\"", setting[place]);
      settings.rules.push_back(setting[place].get<std::string>());
      try {
        parse_rule(settings.rules.back());
      } catch (const ConfigError& error) {
        throw ConfigError(own + ": " + error.what());
      }
    }
  }
  return settings;
}

CheckSettings read_check_settings(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::error_code error;
  if (!stream || std::filesystem::is_directory(file, error)) {
    throw ConfigError(file.string() + ": expected a configuration file, got none");
  }
  std::ostringstream text;
  text << stream.rdbuf();
  try {
    const nlohmann::ordered_json document = parse_result(text.str(), file.string());
    if (!document.is_object()) fail_setting(file.string(), "an object {...}", document);
    const auto section = document.find("check");
    return section == document.end() ? CheckSettings{} : check_section(*section, file.string());
  } catch (const DataError& failure) {
    // A configuration is no data.
    throw ConfigError(failure.what());
  }
}

std::optional<std::filesystem::path> nearest_config_file() {
  if (const char* variable = std::getenv("MODATTR_CONFIG"); variable != nullptr && *variable != '\0') return variable;
  std::error_code error;
  const std::filesystem::path start = std::filesystem::current_path(error);
  for (std::filesystem::path folder = start; !folder.empty(); folder = folder.parent_path()) {
    const std::filesystem::path candidate = folder / "modattr.json";
    // Relative where it is in the working folder, so that messages stay short.
    if (std::filesystem::exists(candidate, error)) return folder == start ? "modattr.json" : candidate;
    if (folder == folder.parent_path()) break;
  }
  return std::nullopt;
}

}  // namespace modattr
