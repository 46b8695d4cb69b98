#include "modattr/check/rule_subject.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "check/made_results.h"
#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

ResultSet set_of_rows(std::vector<Score> rows) {
  ResultSet set = empty_result("new");
  set.table.rows = std::move(rows);
  return set;
}

RuleSubject subject_in(const std::string& rule, const ResultSet& set) {
  return find_subject(parse_rule(rule), set, set);
}

std::string message_in(const std::string& rule, const ResultSet& set) {
  return thrown_message<ConfigError>([&] { return rows_of(subject_in(rule, set), parse_rule(rule), set, set); });
}

Score in_group(Score row, std::string group) {
  row.group = std::move(group);
  return row;
}

Score in_run(Score row, std::string run) {
  row.run = std::move(run);
  return row;
}

TEST(RuleSubject, FindsDefinitionsAndModalities) {
  const ResultSet set = set_of_rows({made_row("image", "share.abs", 0.5), made_row("text", "share.abs", 0.5)});
  EXPECT_EQ(subject_in("change of share.abs <= 0.1", set).definition, "share.abs");
  EXPECT_FALSE(subject_in("change of share.abs <= 0.1", set).modality);
  EXPECT_EQ(subject_in("change of text.share.abs <= 0.1", set).modality, "text");
  EXPECT_EQ(subject_in("drop of metric <= 0.1", set).kind, SubjectKind::kMetric);
  EXPECT_EQ(subject_in("ndcg of players >= 0.9", set).kind, SubjectKind::kPlayers);
  const Rule rule = parse_rule("change of share.abs <= 0.1");
  EXPECT_EQ(rows_of(find_subject(rule, set, set), rule, set, set).size(), 2U);
}

TEST(RuleSubject, FindsEveryGroup) {
  ResultSet set = set_of_rows({made_row("image", "share.abs", 0.5), in_group(made_row("image", "share.abs", 0.4), "a"),
                               in_group(made_row("image", "share.abs", 0.3), "b"),
                               in_group(made_row("image", "share.abs", 0.2), "too small")});
  set.table.rows.back().value.reset();
  const Rule rule = parse_rule("change of share.abs in groups <= 0.1");
  const std::vector<RowPair> rows = rows_of(find_subject(rule, set, set), rule, set, set);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].new_row->group, "a");
  EXPECT_EQ(rows[1].new_row->group, "b");
  EXPECT_NE(message_in("order of share.abs in groups", set).find("expected a change or a bound"), std::string::npos);
}

TEST(RuleSubject, NamesTheRunOnlyWhereSeveralHaveIt) {
  const ResultSet set = set_of_rows({in_run(made_row("image", "share.abs", 0.5), "shap"),
                                     in_run(made_row("text", "share.owen", 0.5), "shap"),
                                     in_run(made_row("text", "share.owen", 0.4), "shap-2")});
  EXPECT_EQ(subject_of(set.table.rows[0], set.table), "image.share.abs");
  EXPECT_EQ(subject_of(set.table.rows[2], set.table), "text.share.owen in shap-2");
}

TEST(RuleSubject, TakesTheLongestNameThatFits) {
  const ResultSet set = set_of_rows({made_row("a", "share.abs", 0.1), made_row("a.share", "share.abs", 0.2),
                                     made_row("words in context", "share.abs", 0.3),
                                     made_row("words", "share.abs", 0.4), made_row("share.abs", "share.abs", 0.5)});
  EXPECT_EQ(subject_in("a.share.share.abs <= 1", set).modality, "a.share");
  EXPECT_EQ(subject_in("a.share.abs <= 1", set).modality, "a");
  EXPECT_EQ(subject_in("words in context.share.abs <= 1", set).modality, "words in context");
  EXPECT_EQ(subject_in("share.abs.share.abs <= 1", set).modality, "share.abs");
  EXPECT_FALSE(subject_in("share.abs <= 1", set).modality);
}

TEST(RuleSubject, FindsGroupsByTheirColumn) {
  ResultSet set = set_of_rows({made_row("text", "permutation.drop", 0.5),
                               in_group(made_row("text", "permutation.drop", 0.4), "count"),
                               in_group(made_row("text", "permutation.drop", 0.3), "size a b")});
  set.table.config = R"({"data":{"group":"question_type"},"shap":{"by":"size"}})";
  EXPECT_EQ(subject_in("change of text.permutation.drop in question_type=count <= 0.1", set).group, "count");
  EXPECT_EQ(subject_in("change of permutation.drop in size=a b <= 0.1", set).group, "size a b");
  EXPECT_EQ(message_in("change of permutation.drop in question_typ=count <= 0.1", set),
            "rule 'change of permutation.drop in question_typ=count <= 0.1': expected a column that the results are "
            "broken down by, got 'question_typ'; did you mean 'question_type'?");
  EXPECT_EQ(message_in("change of permutation.drop in question_type=cuont <= 0.1", set),
            "rule 'change of permutation.drop in question_type=cuont <= 0.1': expected a group of 'question_type', got "
            "'cuont'; did you mean 'count'?");
  EXPECT_TRUE(mentions(message_in("drop of metric in question_type=count <= 0.1", set), {"metric of all examples"}));
}

TEST(RuleSubject, FindsRuns) {
  const ResultSet set = set_of_rows(
      {in_run(made_row("text", "share.abs", 0.5), "shap"), in_run(made_row("text", "share.abs", 0.4), "shap-2")});
  const Rule rule = parse_rule("change of share.abs in shap-2 <= 0.1");
  const std::vector<RowPair> rows = rows_of(find_subject(rule, set, set), rule, set, set);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].new_row->value, 0.4);
  EXPECT_EQ(
      message_in("change of share.abs in shap_2 <= 0.1", set),
      "rule 'change of share.abs in shap_2 <= 0.1': expected COLUMN=VALUE or a run of the results behind 'in', got "
      "'shap_2'; did you mean 'shap-2'?");
  EXPECT_EQ(engine_of(set.table, "shap-2"), "shap");
  EXPECT_EQ(engine_of(set.table, "permute"), "permute");
  EXPECT_EQ(engine_of(set.table, ""), "shap");
}

TEST(RuleSubject, NamesTheNearestWord) {
  const ResultSet set = set_of_rows({made_row("image", "share.abs", 0.5), made_row("text", "shapley.mean", 0.5)});
  EXPECT_EQ(message_in("change of share.ab <= 0.1", set),
            "rule 'change of share.ab <= 0.1': expected a definition of the results, got 'share.ab'; did you mean "
            "'share.abs'?");
  EXPECT_EQ(
      message_in("change of imagine.share.abs <= 0.1", set),
      "rule 'change of imagine.share.abs <= 0.1': expected a modality of the results, got 'imagine'; did you mean "
      "'image'?");
  EXPECT_EQ(message_in("change of image.share.bas <= 0.1", set),
            "rule 'change of image.share.bas <= 0.1': expected a definition of the results, got 'share.bas'; did you "
            "mean 'share.abs'?");
  EXPECT_EQ(message_in("chagne of share.abs <= 0.1", set),
            "rule 'chagne of share.abs <= 0.1': unknown 'chagne'; did you mean 'change'?");
  EXPECT_EQ(message_in("change of image.shapley.mean <= 0.1", set),
            "rule 'change of image.shapley.mean <= 0.1': expected a definition of modality 'image', got "
            "'shapley.mean'; expected one of share.abs");
  EXPECT_TRUE(mentions(message_in("metrik >= 0.5", set), {"did you mean 'metric'?"}));
}

TEST(RuleSubject, RefusesWhatOneResultLacks) {
  const ResultSet whole = set_of_rows({made_row("image", "share.abs", 0.5), made_row("text", "share.abs", 0.5)});
  ResultSet part = set_of_rows({made_row("image", "share.abs", 0.5)});
  part.name = "old";
  const Rule change = parse_rule("change of share.abs <= 0.1");
  const std::string expected =
      "rule 'change of share.abs <= 0.1': expected share.abs of text in both results, got none in old";
  for (const auto& [baseline, next] : {std::pair(std::as_const(part), whole), std::pair(whole, std::as_const(part))}) {
    EXPECT_EQ(thrown_message<ConfigError>(
                  [&] { return rows_of(find_subject(change, baseline, next), change, baseline, next); }),
              expected);
  }
  // A bound is about the new result.
  const Rule bound = parse_rule("text.share.abs <= 0.6");
  EXPECT_EQ(rows_of(find_subject(bound, part, whole), bound, part, whole).size(), 1U);
}

}  // namespace
}  // namespace modattr
