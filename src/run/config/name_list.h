#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json_object.h"

namespace modattr {

/// Names of classes or columns, and the file that they come from, where there is one.
struct NameList {
  std::vector<std::string> names;
  std::optional<std::filesystem::path> file;
};

/// The names under a key: a list of texts, or a file with one name per line, which is relative to `folder`; none where
/// the key is missing. Throws ConfigError, naming the key, where there is no name, or one is empty, is there twice or
/// is no UTF-8.
NameList read_name_list(JsonObject& object, std::string_view key, const std::filesystem::path& folder);

/// What is wrong with names that are to be told apart, as "<what>, got <what>"; nothing where all is well.
std::optional<std::string> problem_of_names(const std::vector<std::string>& names);

}  // namespace modattr
