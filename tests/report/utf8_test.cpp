#include "modattr/report/utf8.h"

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(Utf8, DecodesEveryLength) {
  EXPECT_EQ(decode_utf8("a").value, U'a');
  EXPECT_EQ(decode_utf8("éa").value, U'é');
  EXPECT_EQ(decode_utf8("画").value, U'画');
  EXPECT_EQ(decode_utf8("😀").value, U'😀');
  EXPECT_EQ(decode_utf8("😀").length, 4U);
}

TEST(Utf8, RefusesBytesThatAreNotUtf8) {
  for (const std::string_view text :
       {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "\xE7\x94"}) {
    EXPECT_EQ(decode_utf8(text).value, 0xFFFDU);
    EXPECT_EQ(decode_utf8(text).length, 1U);
  }
}

TEST(Utf8, ReplacesBrokenBytesAndKeepsTheRest) {
  EXPECT_EQ(to_valid_utf8("a\xFFé\xC3"), "a\uFFFDé\uFFFD");
  EXPECT_EQ(to_valid_utf8("\uFFFD"), "\uFFFD");
}

TEST(Utf8, CountsTerminalCells) {
  EXPECT_EQ(display_width("image"), 5U);
  EXPECT_EQ(display_width("é"), 1U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("画像"), 4U);
  EXPECT_EQ(display_width("한국"), 4U);
  EXPECT_EQ(display_width("😀"), 2U);
  EXPECT_EQ(display_width("█▏–±"), 4U);
}

}  // namespace
}  // namespace modattr
