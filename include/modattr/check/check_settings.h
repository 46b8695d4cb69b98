#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace modattr {

/// The part `check` of a configuration.
struct CheckSettings {
  /// As parse_rule() reads them; empty = the usual ones.
  std::vector<std::string> rules;
  bool is_strict = false;
};

/// Reads `check` of a configuration; no other key is looked at. Throws ConfigError that names the key where it is not
/// as expected, and where the file cannot be read.
CheckSettings read_check_settings(const std::filesystem::path& file);

/// $MODATTR_CONFIG, else the nearest modattr.json in the working folder or above, relative where it is in the working
/// folder; nullopt where there is none.
std::optional<std::filesystem::path> nearest_config_file();

}  // namespace modattr
