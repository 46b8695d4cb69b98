#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizers/models/vocabulary.h"

namespace modattr {

/// A token of a piece of text.
struct PieceToken {
  std::int64_t id = 0;
  /// Bytes of the piece.
  std::size_t first = 0;
  std::size_t end = 0;

  friend bool operator==(const PieceToken&, const PieceToken&) = default;
};

/// Cuts pieces of text, which pre-tokenization has made, into tokens of a vocabulary. Safe to call from many threads.
class TokenModel {
 public:
  virtual ~TokenModel() = default;
  /// Appends the tokens of a piece of UTF-8. Throws DataError where a token that stands for unknown text is needed, and
  /// the vocabulary has none.
  virtual void tokenize(std::string_view piece, std::vector<PieceToken>& tokens) const = 0;
  virtual const Vocabulary& vocabulary() const noexcept = 0;
  virtual std::string_view name() const noexcept = 0;
};

}  // namespace modattr
