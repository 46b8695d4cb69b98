#pragma once

#include <memory>
#include <string>

#include "tokenizers/models/token_model.h"

namespace modattr {

struct WordPieceOptions {
  Vocabulary vocabulary = {};
  std::string unknown = "[UNK]";
  /// Before a piece that continues a word.
  std::string continuing_prefix = "##";
  /// Longer words are unknown.
  std::size_t most_chars = 100;
};

/// WordPiece of BERT: the longest token that a word begins with, then the longest with `continuing_prefix` that the
/// rest begins with, and so on; a word of which a rest is in no token is unknown as a whole.
std::unique_ptr<TokenModel> make_word_piece(WordPieceOptions options);

/// Pieces are tokens as they are, or unknown.
std::unique_ptr<TokenModel> make_word_level(Vocabulary vocabulary, std::string unknown);

}  // namespace modattr
