#include "modattr/history/store_reference.h"

#include "modattr/core/error.h"
#include "modattr/history/result_store.h"

namespace modattr {
namespace {

constexpr std::string_view kReferencePrefix = "store:";

}  // namespace

bool is_store_reference(std::string_view text) {
  return text.starts_with(kReferencePrefix);
}

StoreReference parse_store_reference(std::string_view text) {
  const auto refuse = [&](const std::string& got) {
    throw ConfigError("'" + std::string(text) + "': expected store:FILE@" + kLatest + " or store:FILE@TAG, got " + got);
  };
  if (!is_store_reference(text)) refuse("another text");
  const std::string_view place = text.substr(kReferencePrefix.size());
  // A tag holds no '@'.
  const std::size_t end = place.rfind('@');
  if (end == std::string_view::npos) refuse("no tag");
  if (end == 0) refuse("no file");
  if (end + 1 == place.size()) refuse("no tag");
  return {.file = place.substr(0, end), .tag = std::string(place.substr(end + 1))};
}

StoredFiles read_store_reference(std::string_view text) {
  const StoreReference reference = parse_store_reference(text);
  return ResultStore::open(reference.file).files_of(reference.tag);
}

}  // namespace modattr
