#include "modattr/core/option_name.h"

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(OptionName, IsSpelledAsACommandLineDoes) {
  const std::string message = option("top_k") + ": expected at most 3, got 5; lower " + option("budget");
  EXPECT_EQ(spell_options(message, command_line_option), "--top-k: expected at most 3, got 5; lower --budget");
}

TEST(OptionName, LeavesOtherTextAlone) {
  EXPECT_EQ(spell_options("group 'budget' {top_k}", command_line_option), "group 'budget' {top_k}");
  EXPECT_EQ(spell_options("\x0e no end", command_line_option), "\x0e no end");
}

}  // namespace
}  // namespace modattr
