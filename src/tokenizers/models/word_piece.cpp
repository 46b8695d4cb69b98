#include "tokenizers/models/word_piece.h"

#include <algorithm>
#include <utility>

#include "modattr/core/error.h"
#include "tokenizers/text/shown.h"

namespace modattr {
namespace {

bool continues_char(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::size_t char_count(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) { return !continues_char(byte); }));
}

std::int64_t unknown_id(const Vocabulary& vocabulary, const std::string& unknown, std::string_view piece) {
  const std::optional<std::int64_t> id = vocabulary.find(unknown);
  if (id) return *id;
  throw DataError("text: expected words of the vocabulary, which has no unknown token " + shown(unknown) + ", got " +
                  shown(piece));
}

class WordPiece final : public TokenModel {
 public:
  explicit WordPiece(WordPieceOptions options) : options_(std::move(options)) {
    for (const auto& [token, id] : options_.vocabulary.ids()) longest_ = std::max(longest_, token.size());
  }

  void tokenize(std::string_view piece, std::vector<PieceToken>& tokens) const override {
    const std::size_t count = tokens.size();
    if (char_count(piece) <= options_.most_chars && cut(piece, tokens)) return;
    tokens.resize(count);
    tokens.push_back({unknown_id(options_.vocabulary, options_.unknown, piece), 0, piece.size()});
  }
  const Vocabulary& vocabulary() const noexcept override { return options_.vocabulary; }
  std::string_view name() const noexcept override { return "WordPiece"; }

 private:
  bool cut(std::string_view piece, std::vector<PieceToken>& tokens) const {
    std::string candidate;
    for (std::size_t first = 0; first < piece.size();) {
      candidate = first > 0 ? options_.continuing_prefix : std::string();
      const std::size_t prefix = candidate.size();
      // No token is longer.
      std::size_t end = std::min(piece.size(), first + (longest_ > prefix ? longest_ - prefix : 0));
      while (end > first && end < piece.size() && continues_char(piece[end])) --end;
      candidate += piece.substr(first, end - first);
      std::optional<std::int64_t> id;
      while (end > first && !(id = options_.vocabulary.find(candidate))) {
        do {
          --end;
          candidate.pop_back();
        } while (end > first && continues_char(piece[end]));
      }
      if (!id) return false;
      tokens.push_back({*id, first, end});
      first = end;
    }
    return true;
  }

  WordPieceOptions options_;
  /// Bytes of the longest token.
  std::size_t longest_ = 0;
};

class WordLevel final : public TokenModel {
 public:
  WordLevel(Vocabulary vocabulary, std::string unknown)
      : vocabulary_(std::move(vocabulary)), unknown_(std::move(unknown)) {}

  void tokenize(std::string_view piece, std::vector<PieceToken>& tokens) const override {
    const std::optional<std::int64_t> id = vocabulary_.find(piece);
    tokens.push_back({id ? *id : unknown_id(vocabulary_, unknown_, piece), 0, piece.size()});
  }
  const Vocabulary& vocabulary() const noexcept override { return vocabulary_; }
  std::string_view name() const noexcept override { return "WordLevel"; }

 private:
  Vocabulary vocabulary_;
  std::string unknown_;
};

}  // namespace

std::unique_ptr<TokenModel> make_word_piece(WordPieceOptions options) {
  return std::make_unique<WordPiece>(std::move(options));
}

std::unique_ptr<TokenModel> make_word_level(Vocabulary vocabulary, std::string unknown) {
  return std::make_unique<WordLevel>(std::move(vocabulary), std::move(unknown));
}

}  // namespace modattr
