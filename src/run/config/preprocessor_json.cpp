#include "preprocessor_json.h"

#include <fstream>
#include <sstream>

#include "modattr/core/error.h"

namespace modattr {

Json read_preprocessor_json(const std::filesystem::path& file) {
  std::error_code error;
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file, error)) {
    throw ConfigError(file.string() + ": expected a preprocessor_config.json, got nothing that can be read");
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return parse_json(text.str(), file.string());
}

}  // namespace modattr
