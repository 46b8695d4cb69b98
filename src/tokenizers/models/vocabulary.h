#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace modattr {

/// Lets a map of strings be searched for a part of a text.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// Tokens by id, and ids by token.
class Vocabulary {
 public:
  /// The largest id that is possible, far above that of any vocabulary there is.
  static constexpr std::int64_t kLargestId = 4'194'303;

  /// Throws DataError for an id out of range, or one that another token has. A token that is there already is found by
  /// its last id.
  void add(std::string token, std::int64_t id);
  std::optional<std::int64_t> find(std::string_view token) const;
  /// Empty for an id of no token.
  const std::string& token(std::int64_t id) const;
  bool has(std::int64_t id) const;
  std::size_t size() const noexcept { return ids_.size(); }
  /// One more than the largest id.
  std::size_t end() const noexcept { return tokens_.size(); }
  /// Ids by token.
  const std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>>& ids() const noexcept { return ids_; }

 private:
  std::unordered_map<std::string, std::int64_t, TextHash, std::equal_to<>> ids_;
  /// By id.
  std::vector<std::optional<std::string>> tokens_;
};

}  // namespace modattr
