#include "modattr/data/messages.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

TEST(Messages, JoinTheirParts) {
  try {
    throw_data_error("a.npz", "x", "y", "do z");
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "a.npz: expected x, got y; do z");
  }
}

TEST(Messages, EscapeControlCharactersAndInvalidText) {
  EXPECT_EQ(quoted_text("a\nb\x1b"), R"('a\x0ab\x1b')");
  EXPECT_EQ(quoted_text("\xff\xc3\xa9"), "'\\xff\xc3\xa9'");
}

TEST(Messages, CutLongText) {
  EXPECT_EQ(quoted_text(std::string(5000, 'a')), "'" + std::string(200, 'a') + "...'");
}

TEST(Utf8, AcceptsEveryLength) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("a\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80"));
}

TEST(Utf8, RefusesWhatIsNotWellFormed) {
  for (const char* const text : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                 "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xc3(", "\xe4\xb8"}) {
    EXPECT_FALSE(is_utf8(text)) << quoted_text(text);
  }
}

TEST(NumberText, HasNoSignBeforeNan) {
  EXPECT_EQ(number_text(-std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(number_text(-0.5), "-0.5");
}

TEST(ArrayNames, MustBePrintable) {
  EXPECT_NO_THROW(check_array_name("f", "Größe/中"));
  EXPECT_THROW(check_array_name("f", ""), DataError);
  EXPECT_THROW(check_array_name("f", "a\n"), DataError);
  EXPECT_THROW(check_array_name("f", "\xff"), DataError);
}

}  // namespace
}  // namespace modattr
