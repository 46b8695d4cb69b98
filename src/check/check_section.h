#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "modattr/check/check_settings.h"

namespace modattr {

/// Reads the value of `check` of a configuration. `file` is for messages. Throws ConfigError that names the key.
CheckSettings check_section(const nlohmann::ordered_json& value, const std::string& file);

}  // namespace modattr
