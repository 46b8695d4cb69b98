#include "modattr/check/rule.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

TEST(Rule, HasOneFormPerKind) {
  const Rule change = parse_rule("  change of text.share.abs <= 0.05 ");
  EXPECT_EQ(change.text, "change of text.share.abs <= 0.05");
  EXPECT_EQ(change.kind, RuleKind::kChange);
  EXPECT_EQ(change.subject, "text.share.abs");
  EXPECT_EQ(change.relation, Relation::kAtMost);
  EXPECT_EQ(change.limit, 0.05);
  EXPECT_FALSE(change.is_relative);

  EXPECT_EQ(parse_rule("drop of metric <= 2%").kind, RuleKind::kDrop);
  EXPECT_TRUE(parse_rule("drop of metric <= 2%").is_relative);
  EXPECT_EQ(parse_rule("drop of metric <= 2 %").limit, 2.0);
  EXPECT_EQ(parse_rule("order of share.abs").kind, RuleKind::kOrder);
  EXPECT_EQ(parse_rule("order of share.abs").subject, "share.abs");
  EXPECT_EQ(parse_rule("ndcg of players >= 0.9").kind, RuleKind::kNdcg);
  EXPECT_EQ(parse_rule("ndcg of players > .9").relation, Relation::kMore);
}

TEST(Rule, BoundsWithEverySign) {
  const std::vector<std::pair<std::string, Relation>> cases = {{"text.share.abs <= -0.5", Relation::kAtMost},
                                                               {"text.share.abs<-0.5", Relation::kLess},
                                                               {"text.share.abs >= -5e-1", Relation::kAtLeast},
                                                               {"text.share.abs > -0.5", Relation::kMore}};
  for (const auto& [text, relation] : cases) {
    const Rule rule = parse_rule(text);
    EXPECT_EQ(rule.kind, RuleKind::kBound) << text;
    EXPECT_EQ(rule.subject, "text.share.abs") << text;
    EXPECT_EQ(rule.relation, relation) << text;
    EXPECT_EQ(rule.limit, -0.5) << text;
    EXPECT_EQ(text.find(relation_sign(relation)), 14U + (text[14] == ' ' ? 1U : 0U)) << text;
  }
}

// The last sign and number are the rule's; the others belong to names.
TEST(Rule, LeavesSignsToNames) {
  const Rule rule = parse_rule("change of a <= 3.share.abs in size=<5 cm <= 0.1");
  EXPECT_EQ(rule.subject, "a <= 3.share.abs in size=<5 cm");
  EXPECT_EQ(rule.limit, 0.1);
}

TEST(Rule, SaysWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "rule '': expected a rule such as 'change of share.abs <= 0.05', got an empty text"},
      {"change of share.abs",
       "rule 'change of share.abs': expected a comparison such as '<= 0.05' at its end, got none"},
      {"change of share.abs <= much",
       "rule 'change of share.abs <= much': expected a comparison such as '<= 0.05' at its end, got none"},
      {"change of share.abs <= nan",
       "rule 'change of share.abs <= nan': expected a comparison such as '<= 0.05' at its end, got none"},
      {"ordre of share.abs",
       "rule 'ordre of share.abs': expected a comparison such as '<= 0.05' at its end, got none; "
       "did you mean 'order'?"},
      {"change of share.abs >= 0.05",
       "rule 'change of share.abs >= 0.05': expected <= and a tolerance of at least 0 at "
       "its end, got '>= 0.05'"},
      {"drop of metric <= -1%",
       "rule 'drop of metric <= -1%': expected <= and a tolerance of at least 0 at its end, got '<= -1%'"},
      {"ndcg of players <= 0.9",
       "rule 'ndcg of players <= 0.9': expected >= and a number up to 1 at its end, got '<= 0.9'"},
      {"ndcg of players >= 90",
       "rule 'ndcg of players >= 90': expected >= and a number up to 1 at its end, got '>= 90'"},
      {"text.share.abs <= 70%",
       "rule 'text.share.abs <= 70%': expected a bound in units of the number, such as 0.7, "
       "got '<= 70%'"},
      {"order of share.abs >= 2",
       "rule 'order of share.abs >= 2': expected <= and the largest new difference that is allowed, or nothing, at its "
       "end, got '>= 2'"},
      {"change of <= 0.1", "rule 'change of <= 0.1': expected what it is about, such as share.abs, got nothing"}};
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(thrown_message<ConfigError>([&text = text] { return parse_rule(text); }), message);
  }
}

TEST(Rule, HoldsBySign) {
  EXPECT_TRUE(holds(Relation::kAtMost, 1.0, 1.0));
  EXPECT_FALSE(holds(Relation::kLess, 1.0, 1.0));
  EXPECT_TRUE(holds(Relation::kAtLeast, 1.0, 1.0));
  EXPECT_FALSE(holds(Relation::kMore, 1.0, 1.0));
  EXPECT_TRUE(holds(Relation::kMore, 1.5, 1.0));
}

}  // namespace
}  // namespace modattr
