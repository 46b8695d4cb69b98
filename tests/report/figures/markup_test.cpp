#include "report/figures/markup.h"

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(Markup, IsEscapedInElementsAndAttributes) {
  EXPECT_EQ(escape_markup("<b title=\"a\">it's & more</b>"),
            "&lt;b title=&quot;a&quot;&gt;it&#39;s &amp; more&lt;/b&gt;");
}

TEST(Markup, HasNoCharactersThatDriveTheReader) {
  EXPECT_EQ(escape_markup("a\x1b[31mb\x01"), "ab");
  EXPECT_EQ(escape_markup("abc\xE2\x80\xAE"
                          "fed"),
            "abcfed");
  EXPECT_EQ(escape_markup("a\nb"), "a b");
}

TEST(Markup, IsValidUtf8AndXml) {
  EXPECT_EQ(escape_markup("\xff"), "\xEF\xBF\xBD");
  EXPECT_EQ(escape_markup("\xEF\xBF\xBE"), "\xEF\xBF\xBD");
  EXPECT_EQ(escape_markup("größer 😀"), "größer 😀");
}

}  // namespace
}  // namespace modattr
