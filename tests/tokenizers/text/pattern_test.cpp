#include "tokenizers/text/pattern.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using Ranges = std::vector<CharRange>;

Ranges matches(const std::string& expression, std::string_view text) {
  return regex_pattern(expression, "here")->find(AlignedText(text));
}

TEST(Pattern, CountsCharactersNotUnits) {
  EXPECT_EQ(matches("b", "\U0001F600b\U0001F600\U0001F600b"), (Ranges{{1, 2}, {4, 5}}));
  EXPECT_EQ(matches(".", "\U0001F600\u4E2D"), (Ranges{{0, 1}, {1, 2}}));
}

TEST(Pattern, ReadsOnigurumasWordsAsOnigurumaDoes) {
  // A vertical tab is white space, a superscript two a word character, U+2460 neither.
  EXPECT_EQ(matches("\\s", "\v\u0085x"), (Ranges{{0, 1}, {1, 2}}));
  EXPECT_EQ(matches("\\w+", "a\u00B2\u2460"), (Ranges{{0, 2}}));
  EXPECT_EQ(matches("[^\\s\\p{L}]", "a\v1"), (Ranges{{2, 3}}));
  EXPECT_EQ(matches("\\h", "g7F"), (Ranges{{1, 2}, {2, 3}}));
  EXPECT_EQ(matches("(?m:a.b)", "a\nb"), (Ranges{{0, 3}}));
  EXPECT_EQ(matches("^b$", "a\nb\nc"), (Ranges{{2, 3}}));
  EXPECT_EQ(icu_expression("(?:a)(?=b)(?i:c)\\\\s"), "(?:a)(?=b)(?i:c)\\\\s");
}

TEST(Pattern, FindsTextAsItStands) {
  EXPECT_EQ(literal_pattern(U"a.")->find(AlignedText(std::string_view("a.aba."))), (Ranges{{0, 2}, {4, 6}}));
  EXPECT_TRUE(literal_pattern(U"")->find(AlignedText(std::string_view("a"))).empty());
}

TEST(Pattern, GivesUpOnExpressionsThatTakeTooLong) {
  const std::string text(40, 'a');
  const std::string message = thrown_message<DataError>([&] { return matches("(a+)+b", text + "c"); });
  EXPECT_TRUE(mentions(message, {"here", "too much time"}));
}

}  // namespace
}  // namespace modattr
