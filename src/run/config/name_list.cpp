#include "name_list.h"

#include <fstream>
#include <map>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

/// Lines without their ends; empty ones at the end of the file are none.
std::vector<std::string> lines_of(const std::filesystem::path& file, const std::string& where) {
  std::error_code error;
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file, error)) {
    throw ConfigError(where + ": expected a list of names or a file with one name per line, got '" + file.string() +
                      "', which cannot be read");
  }
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (lines.empty() && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

}  // namespace

std::optional<std::string> problem_of_names(const std::vector<std::string>& names) {
  if (names.empty()) return "names, got none";
  std::map<std::string_view, std::size_t> places;
  for (std::size_t place = 0; place < names.size(); ++place) {
    const std::string& name = names[place];
    if (name.find_first_not_of(" \t") == std::string::npos) {
      return "names that are not empty, got an empty one for number " + std::to_string(place);
    }
    if (to_valid_utf8(name) != name) {
      return "names in UTF-8, got something else for number " + std::to_string(place);
    }
    const auto [entry, added] = places.try_emplace(name, place);
    if (added) continue;
    return "distinct names, got '" + name + "' twice (numbers " + std::to_string(entry->second) + " and " +
           std::to_string(place) + ")";
  }
  return std::nullopt;
}

NameList read_name_list(JsonObject& object, std::string_view key, const std::filesystem::path& folder) {
  const Json* value = object.find(key);
  if (value == nullptr) return {};
  NameList list;
  std::string source;
  if (value->is_string()) {
    list.file = (folder / object.require_string(key)).lexically_normal();
    list.names = lines_of(*list.file, object.where(key));
    source = " in " + list.file->string();
  } else {
    if (!value->is_array()) object.fail(key, "a list of names, or a file with one name per line");
    for (const Json& name : *value) {
      if (!name.is_string()) object.fail(key, "a list of names, all of them texts");
      list.names.push_back(name.get<std::string>());
    }
  }
  if (const std::optional<std::string> problem = problem_of_names(list.names)) {
    throw ConfigError(object.where(key) + ": expected " + *problem + source);
  }
  return list;
}

}  // namespace modattr
