#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tokenizers/models/token_model.h"

namespace modattr {

struct UnigramOptions {
  Vocabulary vocabulary = {};
  /// Log-probabilities by id; a token of -inf is never cut out of a text.
  std::vector<double> scores = {};
  std::optional<std::int64_t> unknown = std::nullopt;
  /// kBytes: unknown text becomes <0x..> of its bytes, where the vocabulary has all of these.
  enum class Fallback { kNone, kBytes } fallback = Fallback::kNone;
  /// In which sums are kept, which decides between cuts of equal sums: Hugging Face's library and SentencePiece's.
  enum class Sums { kDouble, kSingle } sums = Sums::kDouble;
};

/// The unigram language model (Kudo, ACL 2018): of all ways to cut a piece into tokens the one with the largest sum of
/// scores, where a character of no token counts as the smallest score - 10. Neighbours that are unknown are one token.
std::unique_ptr<TokenModel> make_unigram(UnigramOptions options);

}  // namespace modattr
