#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <unicode/uchar.h>

#include "tokenizers/steps/normalizer.h"
#include "tokenizers/steps/pre_tokenizer.h"
#include "tokenizers/steps/splitting.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

enum class GptKind { kSpace, kLetter, kNumber, kOther };

GptKind gpt_kind(char32_t code) {
  if (code < 0x80) {
    if ((code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z')) return GptKind::kLetter;
    if (code >= '0' && code <= '9') return GptKind::kNumber;
    return is_white_space(code) ? GptKind::kSpace : GptKind::kOther;
  }
  const std::uint32_t mask = U_GET_GC_MASK(static_cast<UChar32>(code));
  if ((mask & U_GC_L_MASK) != 0) return GptKind::kLetter;
  if ((mask & U_GC_N_MASK) != 0) return GptKind::kNumber;
  return is_white_space(code) ? GptKind::kSpace : GptKind::kOther;
}

/// Characters of an English contraction ('s, 't, 're, 've, 'm, 'll, 'd) that begins at a place; 0 where none does.
std::size_t contraction_at(const AlignedText& text, std::size_t place) {
  if (text[place] != '\'' || place + 1 >= text.size()) return 0;
  const char32_t first = text[place + 1];
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  const char32_t second = place + 2 < text.size() ? text[place + 2] : U'\0';
  const bool is_long =
      (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l');
  return is_long ? 3 : 0;
}

/// Where the piece that begins at a place ends, as the regular expression of GPT-2 has it:
///   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
std::size_t gpt_piece_end(const AlignedText& text, std::size_t first) {
  if (const std::size_t length = contraction_at(text, first)) return first + length;
  // One space belongs to what stands behind it.
  const bool leads = text[first] == ' ' && first + 1 < text.size() && gpt_kind(text[first + 1]) != GptKind::kSpace;
  std::size_t end = leads ? first + 1 : first;
  const GptKind kind = gpt_kind(text[end]);
  while (end < text.size() && gpt_kind(text[end]) == kind) ++end;
  // Of several spaces before something else the last one is left to it.
  const bool leaves_one = kind == GptKind::kSpace && end < text.size() && end - first > 1;
  return leaves_one ? end - 1 : end;
}

class ByteLevel final : public PreTokenizer {
 public:
  explicit ByteLevel(ByteLevelOptions options) : options_(options) {}

  void apply(std::vector<TextPart>& parts) const override {
    cut_parts(parts, [this](AlignedText text, std::vector<AlignedText>& pieces) {
      if (options_.front == ByteLevelOptions::Front::kAddSpace && !text.starts_with(U" ")) text.prepend(U" ");
      if (options_.pieces == ByteLevelOptions::Pieces::kWhole) {
        pieces.push_back(std::move(text));
        return;
      }
      for (std::size_t first = 0; first < text.size();) {
        const std::size_t end = gpt_piece_end(text, first);
        pieces.push_back(text.slice(first, end));
        first = end;
      }
    });
    for (TextPart& part : parts) {
      if (!part.id) to_byte_characters(part.text);
    }
  }

 private:
  ByteLevelOptions options_;
};

}  // namespace

std::unique_ptr<PreTokenizer> make_byte_level(ByteLevelOptions options) {
  return std::make_unique<ByteLevel>(options);
}

}  // namespace modattr
