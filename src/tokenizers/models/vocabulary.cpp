#include "tokenizers/models/vocabulary.h"

#include <utility>

#include "modattr/core/error.h"
#include "tokenizers/text/shown.h"

namespace modattr {

void Vocabulary::add(std::string token, std::int64_t id) {
  if (id < 0 || id > kLargestId) {
    throw DataError("id of " + shown(token) + ": expected one from 0 to " + std::to_string(kLargestId) + ", got " +
                    std::to_string(id));
  }
  const auto place = static_cast<std::size_t>(id);
  if (has(id)) {
    throw DataError("id of " + shown(token) + ": expected one of its own, got " + std::to_string(id) + " like " +
                    shown(*tokens_[place]));
  }
  if (place >= tokens_.size()) tokens_.resize(place + 1);
  ids_.insert_or_assign(token, id);
  tokens_[place] = std::move(token);
}

std::optional<std::int64_t> Vocabulary::find(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const std::string& Vocabulary::token(std::int64_t id) const {
  static const std::string none;
  return has(id) ? *tokens_[static_cast<std::size_t>(id)] : none;
}

bool Vocabulary::has(std::int64_t id) const {
  return id >= 0 && static_cast<std::size_t>(id) < tokens_.size() && tokens_[static_cast<std::size_t>(id)].has_value();
}

}  // namespace modattr
