#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "modattr/history/stored_result.h"

namespace modattr {

/// A result in a store: `store:FILE@latest` or `store:FILE@TAG`.
struct StoreReference {
  std::filesystem::path file;
  /// "latest", or a tag.
  std::string tag;
};

/// Whether a text is meant as one, and not as the name of a file: it begins with "store:".
bool is_store_reference(std::string_view text);

/// Reads `store:FILE@TAG`; FILE may hold '@' itself. Throws ConfigError for anything else.
StoreReference parse_store_reference(std::string_view text);

/// The files of the result that `store:FILE@TAG` names. Throws like parse_store_reference() and ResultStore.
StoredFiles read_store_reference(std::string_view text);

}  // namespace modattr
