#include "tokenizers/added_tokens.h"

#include <optional>
#include <string_view>
#include <utility>

#include "tokenizers/steps/splitting.h"
#include "tokenizers/text/byte_trie.h"
#include "tokenizers/text/unicode.h"

namespace modattr {

/// Finds tokens in a text that is at one stage.
class AddedTokens::Finder {
 public:
  void add(const std::string& content, const AddedToken& token) {
    if (content.empty()) return;
    trie_.add(content, static_cast<std::int64_t>(tokens_.size()));
    tokens_.push_back(token);
  }

  void cut(AlignedText text, std::vector<TextPart>& parts) const {
    const std::string bytes = tokens_.empty() ? std::string() : text.utf8();
    std::size_t done = 0;
    std::size_t byte = 0;
    for (std::size_t place = 0; place < text.size() && !tokens_.empty();) {
      const std::optional<Match> match = match_at(bytes, byte, text, place);
      if (!match) {
        byte += utf8_bytes(text[place]);
        ++place;
        continue;
      }
      const AddedToken& token = *match->token;
      const std::size_t match_end = place + match->chars;
      const std::size_t next_byte = byte + match->bytes;
      if (token.place == AddedToken::Place::kAnywhere || stands_alone(text, place, match_end)) {
        const std::size_t first = std::max(done, strips_left(token) ? space_start(text, place) : place);
        const std::size_t end = strips_right(token) ? space_end(text, match_end) : match_end;
        if (first < end) {
          if (done < first) parts.push_back({text.slice(done, first)});
          parts.push_back({text.slice(first, end), token.id});
          done = end;
        }
      }
      place = match_end;
      byte = next_byte;
    }
    if (done < text.size()) parts.push_back({done == 0 ? std::move(text) : text.slice(done, text.size())});
  }

 private:
  struct Match {
    const AddedToken* token = nullptr;
    std::size_t chars = 0;
    std::size_t bytes = 0;
  };

  std::optional<Match> match_at(std::string_view bytes, std::size_t byte, const AlignedText& text,
                                std::size_t place) const {
    std::optional<Match> longest;
    trie_.visit_prefixes(bytes.substr(byte), [&](std::size_t length, std::int64_t number) {
      longest = Match{&tokens_[static_cast<std::size_t>(number)], 0, length};
    });
    for (std::size_t left = longest ? longest->bytes : 0; left > 0; ++longest->chars) {
      left -= utf8_bytes(text[place + longest->chars]);
    }
    return longest;
  }

  static bool stands_alone(const AlignedText& text, std::size_t first, std::size_t end) {
    return (first == 0 || !is_word_char(text[first - 1])) && (end == text.size() || !is_word_char(text[end]));
  }
  static bool strips_left(const AddedToken& token) {
    return token.strip == AddedToken::Strip::kLeft || token.strip == AddedToken::Strip::kBoth;
  }
  static bool strips_right(const AddedToken& token) {
    return token.strip == AddedToken::Strip::kRight || token.strip == AddedToken::Strip::kBoth;
  }
  static std::size_t space_start(const AlignedText& text, std::size_t place) {
    while (place > 0 && is_white_space(text[place - 1])) --place;
    return place;
  }
  static std::size_t space_end(const AlignedText& text, std::size_t place) {
    while (place < text.size() && is_white_space(text[place])) ++place;
    return place;
  }

  ByteTrie trie_;
  std::vector<AddedToken> tokens_;
};

AddedTokens::AddedTokens(const std::vector<AddedToken>& tokens, const Normalizer* normalizer)
    : normalizer_(normalizer), raw_(std::make_unique<Finder>()), normalized_(std::make_unique<Finder>()) {
  for (const AddedToken& token : tokens) {
    if (token.stage == AddedToken::Stage::kRaw) {
      raw_->add(token.content, token);
      continue;
    }
    AlignedText content{std::string_view(token.content)};
    if (normalizer_) normalizer_->apply(content);
    normalized_->add(content.utf8(), token);
  }
}

AddedTokens::~AddedTokens() = default;
AddedTokens::AddedTokens(AddedTokens&&) noexcept = default;
AddedTokens& AddedTokens::operator=(AddedTokens&&) noexcept = default;

std::vector<TextPart> AddedTokens::split(AlignedText text) const {
  std::vector<TextPart> raw_parts;
  raw_->cut(std::move(text), raw_parts);
  std::vector<TextPart> parts;
  for (TextPart& part : raw_parts) {
    if (part.id) {
      parts.push_back(std::move(part));
      continue;
    }
    if (normalizer_) normalizer_->apply(part.text);
    normalized_->cut(std::move(part.text), parts);
  }
  return parts;
}

}  // namespace modattr
