#include "modattr/masking/text_pieces.h"

#include <gtest/gtest.h>

#include "modattr/tokenizers/text_units.h"

namespace modattr {
namespace {

/// Every word of a text as a player of its own.
std::vector<TextPiece> pieces_of_words(const std::string& text) {
  std::vector<TextPiece> pieces;
  std::size_t written = 0;
  for (const TextSpan& word : words_of(text)) {
    pieces.push_back({.player = static_cast<std::uint32_t>(pieces.size()),
                      .gap = text.substr(written, word.first - written),
                      .text = text.substr(word.first, word.end - word.first)});
    written = word.end;
  }
  return pieces;
}

std::string without(const std::string& text, const std::vector<std::size_t>& absent) {
  const std::vector<TextPiece> pieces = pieces_of_words(text);
  Coalition present = Coalition::full(pieces.size());
  for (const std::size_t player : absent) present = present.without(player);
  return text_left(pieces, present);
}

TEST(TextPieces, AreTheTextTogether) {
  for (const std::string text : {"what is  the man\tholding?", " a", "blue-green", "naïve 東京 😀!"}) {
    EXPECT_EQ(without(text, {}), text);
  }
}

TEST(TextPieces, GoWithTheSpaceInFrontOfThem) {
  EXPECT_EQ(without("what is the man", {0}), "is the man");
  EXPECT_EQ(without("what is the man", {1}), "what the man");
  EXPECT_EQ(without("what is the man", {3}), "what is the");
  EXPECT_EQ(without("the man, tall", {1}), "the, tall");
  EXPECT_EQ(without("the man, tall", {0, 1, 2, 3}), "");
}

TEST(TextPieces, DoNotGrowTogether) {
  EXPECT_EQ(without("a blue-green car", {2}), "a blue green car");
  EXPECT_EQ(without("so (very) tall", {2}), "so () tall");
}

TEST(TextPieces, OfNobodyStay) {
  std::vector<TextPiece> pieces = pieces_of_words("is it the ?");
  pieces[3].player = std::nullopt;
  EXPECT_EQ(text_left(pieces, Coalition::full(3).without(2)), "is it ?");
}

}  // namespace
}  // namespace modattr
