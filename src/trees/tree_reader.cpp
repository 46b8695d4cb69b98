#include "modattr/trees/tree_reader.h"

#include <fstream>
#include <sstream>
#include <system_error>

#include "modattr/core/error.h"

namespace modattr {
namespace {

std::string read_model_text(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (!std::filesystem::is_regular_file(status)) {
    throw ModelError(path.string() + ": expected a model file, got " +
                     (std::filesystem::is_directory(status) ? "a folder"
                      : std::filesystem::exists(status)     ? "a device, pipe or socket"
                                                            : "none"));
  }
  constexpr std::uintmax_t kLargest = std::uintmax_t{1} << 30;
  if (std::filesystem::file_size(path, error) > kLargest && !error) {
    throw ModelError(path.string() + ": expected a model of at most 1 GiB, got a larger file");
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  // Of an empty file nothing can be inserted.
  if (file && file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (file.bad() || !file) throw ModelError(path.string() + ": expected a readable model file, got an unreadable one");
  return text.str();
}

}  // namespace

TreeEnsemble load_trees(const std::filesystem::path& path, TreeSplitRule format) {
  const std::string content = read_model_text(path);
  return format == TreeSplitRule::kXgboost ? read_xgboost(content, path.string())
                                           : read_lightgbm(content, path.string());
}

std::optional<TreeSplitRule> tree_format_of(std::string_view content) {
  // The first line of LightGBM's text is "tree".
  if (content.starts_with("tree\n") || content.starts_with("tree\r\n")) return TreeSplitRule::kLightgbm;
  if (content.starts_with('{')) return TreeSplitRule::kXgboost;
  return std::nullopt;
}

}  // namespace modattr
