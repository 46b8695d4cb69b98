#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "modattr/data/zip_archive.h"

namespace modattr {

/// Reads the directory at the end of a zip archive, zip64 included, with minizip; the members' bytes lie inside
/// `archive`. DataError, starting with `where`, when the directory is damaged or disagrees with the members' own
/// headers.
std::vector<ZipMember> read_zip_directory(std::span<const std::byte> archive, std::string_view where);

}  // namespace modattr
