#include "tokenizers/text/aligned_text.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tokenizers/text/normal_forms.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

/// "first-end" of every character.
std::string spans_of(const AlignedText& text) {
  std::string spans;
  for (const AlignedChar& one : text.chars()) {
    spans += (spans.empty() ? "" : " ") + std::to_string(one.first) + "-" + std::to_string(one.end);
  }
  return spans;
}

TEST(AlignedText, KnowsTheBytesOfItsCharacters) {
  const AlignedText text{std::string_view("a\u00E9\u4E2D\U0001F600")};
  EXPECT_EQ(spans_of(text), "0-1 1-3 3-6 6-10");
  EXPECT_EQ(text.utf8(), "a\u00E9\u4E2D\U0001F600");
  EXPECT_EQ(text.span(1, 3), (TextSpan{1, 6}));
  EXPECT_TRUE(text.span(2, 2).empty());
}

TEST(AlignedText, InsertsFromTheCharacterBeforeAndRemovesBehind) {
  AlignedText text{std::string_view("abcd")};
  text.transform(std::vector<CharChange>{{U'X', 0}, {U'Y', 1}, {U'Z', -1}}, 1);
  EXPECT_EQ(text.utf8(), "XYZ");
  EXPECT_EQ(spans_of(text), "1-2 1-2 2-3");
}

TEST(AlignedText, ReplacesMatchesByWhatComesFromTheirEnd) {
  AlignedText text{std::string_view("a--b")};
  const std::vector<std::pair<std::size_t, std::size_t>> ranges{{1, 3}};
  text.replace(ranges, U"+++");
  EXPECT_EQ(text.utf8(), "a+++b");
  EXPECT_EQ(spans_of(text), "0-1 2-3 2-3 2-3 3-4");
}

TEST(AlignedText, KeepsBytesThroughNormalForms) {
  AlignedText text{std::string_view("e\u0301\u1E69")};
  normalize(text, NormalForm::kNfc);
  EXPECT_EQ(text.utf8(), "\u00E9\u1E69");
  EXPECT_EQ(spans_of(text), "0-1 3-6");
  normalize(text, NormalForm::kNfd);
  EXPECT_EQ(text.utf8(), "e\u0301s\u0323\u0307");
  EXPECT_EQ(spans_of(text), "0-1 0-1 3-6 3-6 3-6");
  AlignedText letters{std::string_view("\uFB01\uAC01")};
  normalize(letters, NormalForm::kNfkd);
  EXPECT_EQ(letters.utf8(), "fi\u1100\u1161\u11A8");
}

TEST(AlignedText, StripsWhiteSpaceAtItsEnds) {
  AlignedText text{std::string_view(" \u3000a b\n")};
  text.strip_left();
  text.strip_right();
  EXPECT_EQ(text.utf8(), "a b");
  text.prepend(U"<>");
  EXPECT_EQ(spans_of(text), "4-5 4-5 4-5 5-6 6-7");
}

TEST(Unicode, DecodesAsMaximalSubparts) {
  // Overlong, a surrogate, beyond U+10FFFF, cut off.
  EXPECT_EQ(decode_text("\xC0\xAF"), U"\uFFFD\uFFFD");
  EXPECT_EQ(decode_text("\xED\xA0\x80"), U"\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decode_text("\xF4\x90\x80\x80"), U"\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decode_text("\xE2\x82"), U"\uFFFD");
  EXPECT_EQ(decode_text("\xF0\x9F\x98z"), U"\uFFFDz");
  const std::u32string all = U"a\u07FF\u0800\uFFFF\U00010000\U0010FFFF";
  EXPECT_EQ(decode_text(encode_text(all)), all);
}

TEST(Unicode, GoesByTheTablesThatTokenizersKnow) {
  EXPECT_TRUE(is_punctuation('$'));
  EXPECT_TRUE(is_punctuation(0x2014));
  EXPECT_FALSE(is_punctuation(0x20AC));
  // Punctuation since Unicode 10.
  EXPECT_FALSE(is_punctuation(0x09FD));
  EXPECT_TRUE(is_white_space(0x85));
  EXPECT_FALSE(is_white_space(0x200B));
  EXPECT_TRUE(is_word_char(0x200D));
  EXPECT_TRUE(is_control_or_private(0xE000));
  EXPECT_FALSE(is_control_or_private(0x378));
}

}  // namespace
}  // namespace modattr
