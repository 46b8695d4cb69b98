#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tokenizers/models/token_model.h"

namespace modattr {

struct BpeOptions {
  Vocabulary vocabulary = {};
  /// Pairs of tokens that become one, the most important first.
  std::vector<std::pair<std::string, std::string>> merges = {};
  /// For characters of no token; nullopt = they are left out.
  std::optional<std::string> unknown = std::nullopt;
  std::string continuing_prefix = {};
  std::string word_suffix = {};
  enum class UnknownUse { kOnePerChar, kOnePerRun } unknown_use = UnknownUse::kOnePerChar;
  /// kBytes: characters of no token become <0x..> of their bytes, where the vocabulary has all of these.
  enum class Fallback { kNone, kBytes } fallback = Fallback::kNone;
  /// kSkip: a piece that is a token as it is, is not built from merges (ignore_merges).
  enum class WholePiece { kMerge, kSkip } whole_piece = WholePiece::kMerge;
};

/// Byte pair encoding (Sennrich, Haddow, Birch, ACL 2016): a piece begins as its characters; of all neighbours that may
/// be merged those of the first merge are, from the left, until none is left. Time is n log n in the length of a piece.
/// Throws DataError where a merge names a token that the vocabulary has not.
std::unique_ptr<TokenModel> make_bpe(BpeOptions options);

}  // namespace modattr
