#include "modattr/report/text.h"

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(SanitizeForTerminal, KeepsOrdinaryText) {
  EXPECT_EQ(sanitize_for_terminal("val.npz: input 'é画😀'"), "val.npz: input 'é画😀'");
}

TEST(SanitizeForTerminal, RemovesColoursAndCursorMoves) {
  EXPECT_EQ(sanitize_for_terminal("a\x1B[31mb\x1B[2J\x1B[1;1Hc"), "abc");
  EXPECT_EQ(sanitize_for_terminal("a\x1B"
                                  "cb\x1B(Bc\x1B#8d"),
            "abcd");
}

TEST(SanitizeForTerminal, RemovesTitlesAndLinks) {
  EXPECT_EQ(sanitize_for_terminal("a\x1B]0;title\x07"
                                  "b\x1B]8;;http://x\x1B\\c\x1BPq\x1B\\d"),
            "abcd");
}

TEST(SanitizeForTerminal, RemovesEightBitSequences) {
  EXPECT_EQ(sanitize_for_terminal("a\u009B31mb\u009D0;title\u009Cc\u0090"), "abc");
}

TEST(SanitizeForTerminal, ShowsTheRestBehindAnUnfinishedSequence) {
  EXPECT_EQ(sanitize_for_terminal("a\x1B]0;never ends"), "a0;never ends");
  EXPECT_EQ(sanitize_for_terminal("a\x1B"), "a");
  EXPECT_EQ(sanitize_for_terminal("a\x1B["), "a");
  EXPECT_EQ(sanitize_for_terminal("a\x1B("), "a");
}

TEST(SanitizeForTerminal, NeverLeavesAnEscapeCharacter) {
  EXPECT_EQ(sanitize_for_terminal("\x1B\x1B[31m"), "");
  EXPECT_EQ(sanitize_for_terminal("\x1B[3\x1B[31m1m").find('\x1B'), std::string::npos);
}

TEST(SanitizeForTerminal, RemovesControlCharacters) {
  EXPECT_EQ(sanitize_for_terminal(std::string_view("a\0b\x08\x7F\u0084"
                                                   "c",
                                                   8)),
            "abc");
}

TEST(SanitizeForTerminal, TurnsLineBreaksAndTabsIntoOneSpace) {
  EXPECT_EQ(sanitize_for_terminal("a\r\n\tb\u2028c"), "a b c");
}

TEST(SanitizeForTerminal, RemovesDirectionOverrides) {
  EXPECT_EQ(sanitize_for_terminal("a\u202Eb\u2066c\u200Fd"), "abcd");
}

TEST(SanitizeForTerminal, ReplacesBrokenBytes) {
  EXPECT_EQ(sanitize_for_terminal("a\xFF"), "a\uFFFD");
}

TEST(TerminalText, UsesAsciiWhereUnicodeIsNotShown) {
  EXPECT_EQ(terminal_text("né画e\u0301", {.unicode = false}), "n??e");
}

TEST(CutToWidth, EndsInAnEllipsis) {
  EXPECT_EQ(cut_to_width("modality", 8, {}), "modality");
  EXPECT_EQ(cut_to_width("modality", 5, {}), "moda…");
  EXPECT_EQ(cut_to_width("modality", 5, {.unicode = false}), "mo...");
}

TEST(CutToWidth, NeverHalvesAWideCharacter) {
  EXPECT_EQ(cut_to_width("画像と音声", 6, {}), "画像…");
  EXPECT_EQ(cut_to_width("画像と音声", 5, {}), "画像…");
}

TEST(Pad, CountsCells) {
  EXPECT_EQ(pad("画", 4, Alignment::kLeft), "画  ");
  EXPECT_EQ(pad("é", 3, Alignment::kRight), "  é");
  EXPECT_EQ(pad("long", 2, Alignment::kRight), "long");
}

TEST(WrapWords, BreaksAtSpaces) {
  EXPECT_EQ(wrap_words("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap_words("incomprehensible a", 4), (std::vector<std::string>{"incomprehensible", "a"}));
  EXPECT_TRUE(wrap_words("", 4).empty());
}

TEST(Hanging, IndentsAllLinesButTheFirst) {
  EXPECT_EQ(hanging("one  two", 4, 80), "one  two");
  EXPECT_EQ(hanging("aaaa bbbb cccc dddd eeee ffff", 10, 30), "aaaa bbbb cccc dddd\n          eeee ffff");
  EXPECT_EQ(hanging("aaaa bbbb cccc dddd eeee ffff", 10, 5), "aaaa bbbb cccc dddd\n          eeee ffff")
      << "20 cells at least";
}

}  // namespace
}  // namespace modattr
