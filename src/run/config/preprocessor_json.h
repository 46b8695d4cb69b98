#pragma once

#include <filesystem>

#include "json_object.h"

namespace modattr {

/// The content of a preprocessor_config.json; throws ConfigError where it cannot be read.
Json read_preprocessor_json(const std::filesystem::path& file);

}  // namespace modattr
