#include "modattr/masking/text_pieces.h"

#include <algorithm>

#include "modattr/tokenizers/text_units.h"

namespace modattr {
namespace {

/// Whether there is no bound of words between two texts that are written together.
bool grow_together(const std::string& before, const std::string& after) {
  const std::vector<TextSpan> words = words_of(before + after);
  return std::ranges::any_of(
      words, [&](const TextSpan& word) { return word.first < before.size() && word.end > before.size(); });
}

}  // namespace

std::string text_left(std::span<const TextPiece> pieces, const Coalition& present) {
  std::string left;
  const TextPiece* before = nullptr;
  for (const TextPiece& piece : pieces) {
    if (piece.player && !present.contains(*piece.player)) continue;
    const bool is_first = &piece == pieces.data();
    const bool has_lost_one = before != nullptr && before + 1 != &piece;
    if (is_first || before != nullptr) left += piece.gap;
    if (has_lost_one && piece.gap.empty() && grow_together(before->text, piece.text)) left += ' ';
    left += piece.text;
    before = &piece;
  }
  return left;
}

}  // namespace modattr
