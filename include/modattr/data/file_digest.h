#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace modattr {

/// SHA-256 of the file's content as 64 lower-case hexadecimal digits; DataError when the file cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

/// The same of a text.
std::string sha256_of_text(std::string_view text);

}  // namespace modattr
