#include "modattr/tokenizers/text_units.h"

#include <string>

#include <gtest/gtest.h>

namespace modattr {
namespace {

/// The units with bars between them.
std::string shown(std::string_view text, const std::vector<TextSpan>& units) {
  std::string all;
  for (const TextSpan& unit : units) {
    all += (all.empty() ? "" : "|") + std::string(text.substr(unit.first, unit.end - unit.first));
  }
  return all;
}

std::string words(std::string_view text) {
  return shown(text, words_of(text));
}

std::string sentences(std::string_view text) {
  return shown(text, sentences_of(text));
}

TEST(TextUnits, FindsWordsAndPunctuation) {
  EXPECT_EQ(words("What's on  the mat, 3.14 or x?"), "What's|on|the|mat|,|3.14|or|x|?");
  EXPECT_EQ(words("na\u00EFve \u05E9\u05DC\u05D5\u05DD \U0001F468\u200D\U0001F469\u200D\U0001F467!"),
            "na\u00EFve|\u05E9\u05DC\u05D5\u05DD|\U0001F468\u200D\U0001F469\u200D\U0001F467|!");
  EXPECT_EQ(words(""), "");
  EXPECT_EQ(words(" \n\t"), "");
}

TEST(TextUnits, FindsSentencesWithoutTheWhiteSpaceBetweenThem) {
  EXPECT_EQ(sentences("It is red. Is it?  Yes!\n"), "It is red.|Is it?|Yes!");
  EXPECT_EQ(sentences("one"), "one");
}

TEST(TextUnits, TakesBytesThatAreNoUtf8) {
  EXPECT_FALSE(words_of("a \xFF\xFE b").empty());
  EXPECT_EQ(words_of("a \xFF b").back(), (TextSpan{4, 5}));
}

}  // namespace
}  // namespace modattr
