#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "json_object.h"
#include "modattr/run/config/config.h"

namespace modattr {

/// Keys of a modality of raw files.
const std::vector<std::string>& raw_keys();

/// Reads them; paths are relative to `folder`. Throws ConfigError for a key that the modality's kind does not read.
RawConfig read_raw(JsonObject& modality, const std::string& kind, const std::filesystem::path& folder);

}  // namespace modattr
