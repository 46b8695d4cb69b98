#include "tokenizers/pipeline_tokenizer.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "modattr/core/error.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

template <typename Value>
void append(std::vector<Value>& values, const std::vector<Value>& others) {
  values.insert(values.end(), others.begin(), others.end());
}

Encoding joined(const std::vector<EncodedPart>& parts) {
  Encoding all;
  for (const EncodedPart& part : parts) {
    append(all.ids, part.encoding.ids);
    append(all.attention_mask, part.encoding.attention_mask);
    append(all.type_ids, part.encoding.type_ids);
    append(all.spans, part.encoding.spans);
    append(all.texts, part.encoding.texts);
    append(all.is_special, part.encoding.is_special);
  }
  return all;
}

/// The characters that the bytes of a piece of UTF-8 lie in.
class BytePlaces {
 public:
  explicit BytePlaces(const AlignedText& text) : text_(text) {}

  /// The character of a byte; for bytes in rising order.
  std::size_t place(std::size_t byte) {
    while (place_ < text_.size() && byte >= first_ + utf8_bytes(text_[place_])) first_ += utf8_bytes(text_[place_++]);
    return place_;
  }

 private:
  const AlignedText& text_;
  std::size_t place_ = 0;
  /// The first byte of the character at the place.
  std::size_t first_ = 0;
};

class PipelineTokenizer final : public Tokenizer {
 public:
  explicit PipelineTokenizer(TokenizerParts parts)
      : parts_(std::move(parts)), added_tokens_(parts_.added_tokens, parts_.normalizer.get()) {
    size_ = vocabulary().end();
    for (const AddedToken& token : parts_.added_tokens) {
      added_ids_.emplace(token.content, token.id);
      added_texts_.emplace(token.id, token.content);
      size_ = std::max(size_, static_cast<std::size_t>(token.id) + 1);
    }
  }

  Encoding encode(const TextInput& input, const EncodingOptions& options) const override {
    // Texts of added tokens, which values of parts point at.
    std::deque<std::string> kept;
    std::vector<EncodedPart> parts;
    parts.push_back(encode_text(input.text, 0, kept));
    if (input.pair) parts.push_back(encode_text(*input.pair, 1, kept));
    const bool adds = parts_.post_processor && options.special_tokens == SpecialTokenUse::kAdd;
    if (const std::optional<Truncation> truncation = truncation_to(options)) {
      truncate(parts, *truncation, adds ? parts_.post_processor->added_count(parts.size()) : 0);
    }
    if (parts_.post_processor) parts_.post_processor->apply(parts, options.special_tokens);
    Encoding encoding = joined(parts);
    lengthen(encoding, options);
    return encoding;
  }

  std::size_t vocabulary_size() const noexcept override { return size_; }
  std::string token(std::int64_t id) const override {
    const auto added = added_texts_.find(id);
    return added == added_texts_.end() ? vocabulary().token(id) : added->second;
  }
  std::optional<std::int64_t> id_of(std::string_view token) const override {
    const auto added = added_ids_.find(token);
    return added == added_ids_.end() ? vocabulary().find(token) : std::optional(added->second);
  }
  const SpecialTokenIds& special_ids() const noexcept override { return parts_.special_ids; }
  std::string_view model_name() const noexcept override { return parts_.model->name(); }

 private:
  const Vocabulary& vocabulary() const noexcept { return parts_.model->vocabulary(); }

  EncodedPart encode_text(std::string_view original, std::uint8_t text, std::deque<std::string>& kept) const {
    std::vector<TextPart> pieces = added_tokens_.split(AlignedText(original));
    if (parts_.pre_tokenizer) parts_.pre_tokenizer->apply(pieces);
    EncodedPart encoded;
    encoded.original = original;
    std::vector<PieceToken> tokens;
    for (const TextPart& piece : pieces) {
      if (piece.id) {
        kept.push_back(piece.text.utf8());
        add_token(encoded, *piece.id, piece.text.span(0, piece.text.size()), kept.back());
        continue;
      }
      tokens.clear();
      parts_.model->tokenize(piece.text.utf8(), tokens);
      BytePlaces firsts(piece.text);
      BytePlaces lasts(piece.text);
      for (const PieceToken& token : tokens) {
        const bool is_empty = token.end <= token.first;
        const std::size_t first = is_empty ? 0 : firsts.place(token.first);
        const std::size_t end = is_empty ? 0 : std::min(lasts.place(token.end - 1) + 1, piece.text.size());
        add_token(encoded, token.id, piece.text.span(first, end), vocabulary().token(token.id));
      }
    }
    const std::size_t count = encoded.encoding.size();
    encoded.encoding.attention_mask.assign(count, 1);
    encoded.encoding.type_ids.assign(count, text);
    encoded.encoding.texts.assign(count, text);
    encoded.encoding.is_special.assign(count, false);
    return encoded;
  }

  static void add_token(EncodedPart& encoded, std::int64_t id, TextSpan span, std::string_view value) {
    encoded.encoding.ids.push_back(id);
    encoded.encoding.spans.push_back(span);
    encoded.values.push_back(value);
  }

  std::optional<Truncation> truncation_to(const EncodingOptions& options) const {
    if (!options.length) return parts_.truncation;
    Truncation truncation = parts_.truncation.value_or(Truncation{});
    truncation.length = *options.length;
    return truncation;
  }

  void lengthen(Encoding& encoding, const EncodingOptions& options) const {
    if (!options.length) {
      if (parts_.padding) pad(encoding, *parts_.padding);
      return;
    }
    if (encoding.size() >= *options.length) return;
    Padding padding = parts_.padding.value_or(Padding{});
    if (!parts_.padding) {
      if (!parts_.special_ids.pad) {
        throw DataError("text: expected " + std::to_string(*options.length) + " tokens, got " +
                        std::to_string(encoding.size()) + ", and the tokenizer has no padding token");
      }
      padding.id = *parts_.special_ids.pad;
    }
    padding.length = options.length;
    padding.multiple.reset();
    pad(encoding, padding);
  }

  TokenizerParts parts_;
  AddedTokens added_tokens_;
  std::map<std::string, std::int64_t, std::less<>> added_ids_;
  std::map<std::int64_t, std::string> added_texts_;
  std::size_t size_ = 0;
};

}  // namespace

std::unique_ptr<Tokenizer> make_pipeline_tokenizer(TokenizerParts parts) {
  return std::make_unique<PipelineTokenizer>(std::move(parts));
}

}  // namespace modattr
