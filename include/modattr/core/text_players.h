#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/coalition.h"

namespace modattr {

/// Whether all occurrences of a word are one player (lime's bag of words) or each is one of its own.
enum class WordIdentity { kEqualWordsAreOne, kEachOccurrence };

/// A text cut into words and what stands between them, as lime's text explainer does by the expression \W+.
struct TextPlayers {
  /// Words and separators in the order of the text, which they make up without gaps.
  std::vector<std::string> pieces;
  /// First byte of each piece, [pieces].
  std::vector<std::size_t> offsets;
  /// The words that play, by first occurrence.
  std::vector<std::string> players;
  /// The pieces of each player, [players].
  std::vector<std::vector<std::size_t>> positions;

  /// The text with `baseline` in the place of every word of an absent player; separators stay. Throws
  /// std::invalid_argument for a coalition of another number of players.
  std::string with_present(const Coalition& present, std::string_view baseline) const;
};

/// Cuts a UTF-8 text. Words are runs of ASCII letters, digits and underscores, and of other characters but spaces and
/// the punctuation of Latin-1, U+2000 to U+206F and U+3000 to U+303F.
TextPlayers split_text(std::string_view text, WordIdentity identity);

}  // namespace modattr
