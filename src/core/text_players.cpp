#include "modattr/core/text_players.h"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>

namespace modattr {
namespace {

/// Bytes of a character, and whether it belongs to words. Bytes that are not UTF-8 are words of one byte each.
struct Character {
  std::size_t length = 1;
  bool is_word = true;
};

bool is_separator(char32_t code_point) {
  // Of Latin-1, the superscripts, the fractions and the ordinal marks count as letters and digits do.
  constexpr std::u32string_view kLatinWords = U"\u00AA\u00B2\u00B3\u00B5\u00B9\u00BA\u00BC\u00BD\u00BE";
  const bool is_latin_mark =
      (code_point >= 0x80 && code_point <= 0xBF && kLatinWords.find(code_point) == std::u32string_view::npos) ||
      code_point == 0xD7 || code_point == 0xF7;
  return is_latin_mark || (code_point >= 0x2000 && code_point <= 0x206F) ||
         (code_point >= 0x3000 && code_point <= 0x303F && code_point != 0x3005 && code_point != 0x3006);
}

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t place) { return static_cast<unsigned char>(text[place]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    const bool is_letter = (lead >= 'a' && lead <= 'z') || (lead >= 'A' && lead <= 'Z');
    return {1, is_letter || (lead >= '0' && lead <= '9') || lead == '_'};
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (length == 1 || length > text.size()) return {1, true};
  char32_t code_point = lead & (0x7FU >> length);
  for (std::size_t place = 1; place < length; ++place) {
    if ((byte(place) & 0xC0U) != 0x80U) return {1, true};
    code_point = code_point << 6U | (byte(place) & 0x3FU);
  }
  return {length, !is_separator(code_point)};
}

}  // namespace

TextPlayers split_text(std::string_view text, WordIdentity identity) {
  TextPlayers result;
  std::unordered_map<std::string, std::size_t> player_of_word;
  for (std::size_t first = 0; first < text.size();) {
    const bool is_word = first_character(text.substr(first)).is_word;
    std::size_t end = first;
    while (end < text.size()) {
      const Character next = first_character(text.substr(end));
      if (next.is_word != is_word) break;
      end += next.length;
    }
    result.offsets.push_back(first);
    result.pieces.emplace_back(text.substr(first, end - first));
    first = end;
    if (!is_word) continue;
    const std::string& word = result.pieces.back();
    std::size_t player = result.players.size();
    if (identity == WordIdentity::kEqualWordsAreOne) player = player_of_word.try_emplace(word, player).first->second;
    if (player == result.players.size()) {
      result.players.push_back(word);
      result.positions.emplace_back();
    }
    result.positions[player].push_back(result.pieces.size() - 1);
  }
  return result;
}

std::string TextPlayers::with_present(const Coalition& present, std::string_view baseline) const {
  if (present.player_count() != players.size()) {
    throw std::invalid_argument("text: expected a coalition of the text's own players");
  }
  std::vector<std::string_view> shown(pieces.begin(), pieces.end());
  for (std::size_t player = 0; player < players.size(); ++player) {
    if (present.contains(player)) continue;
    for (const std::size_t piece : positions[player]) shown[piece] = baseline;
  }
  std::string text;
  for (const std::string_view piece : shown) text += piece;
  return text;
}

}  // namespace modattr
