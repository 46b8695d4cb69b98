#include "modattr/check/check.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "check/made_results.h"
#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

enum class Strictness { kUsual, kStrict };

CheckRules rules_of(const std::vector<std::string>& texts, Strictness strictness = Strictness::kUsual) {
  return {.rules = parse_rules(texts), .is_strict = strictness == Strictness::kStrict};
}

/// Two models on the same 100 examples, whose share of the image is 0.25 and about `share`.
struct Twins {
  ResultSet baseline;
  ResultSet next;
};

Twins twins(double share, double noise = 0.02) {
  RandomStream stream(5, RandomPurpose::kBootstrap, 1, 2);
  std::vector<MadeValues> old_values;
  std::vector<MadeValues> new_values;
  for (int example = 0; example < 100; ++example) {
    const double size = 0.5 + stream.uniform();
    old_values.push_back({0.25 * size, 0.75 * size});
    const double own = share + noise * normal_number(stream);
    new_values.push_back({own * size, (1.0 - own) * size});
  }
  return {shap_result("old", old_values), shap_result("new", new_values)};
}

JudgedNumber only(const Judgement& judgement) {
  return judgement.rules.at(0).numbers.at(0);
}

/// Whether the only rule is broken.
bool breaks(const Twins& pair, const std::string& rule, Strictness strictness = Strictness::kUsual) {
  return !check(pair.baseline, pair.next, rules_of({rule}, strictness)).passed();
}

TEST(Check, FailsChangesThatAreLargeAndSignificant) {
  const Judgement judgement = check(twins(0.35).baseline, twins(0.35).next, rules_of({"change of share.abs <= 0.05"}));
  EXPECT_FALSE(judgement.passed());
  ASSERT_EQ(judgement.rules.at(0).numbers.size(), 2U);
  const JudgedNumber image = only(judgement);
  EXPECT_EQ(image.subject, "image.share.abs");
  EXPECT_NEAR(*image.change, 0.1, 0.01);
  EXPECT_EQ(image.basis, "paired, 100 examples");
  EXPECT_GT(image.interval->low, 0.08);
  EXPECT_LT(image.interval->high, 0.12);
  EXPECT_EQ(image.limit, 0.05);
  EXPECT_EQ(image.reason, "significant and larger");
  EXPECT_EQ(judgement.comparison_count, 2U);
  EXPECT_DOUBLE_EQ(judgement.level, 0.975);
}

TEST(Check, PassesChangesThatAreSmallOrByChance) {
  EXPECT_FALSE(breaks(twins(0.28), "change of share.abs <= 0.05")) << "significant, but within the tolerance";
  EXPECT_TRUE(breaks(twins(0.28), "change of share.abs <= 0.05", Strictness::kStrict));
  EXPECT_TRUE(breaks(twins(0.28), "change of image.share.abs <= 0.01"));
  // Larger than the tolerance, but not than chance.
  const Twins noisy = twins(0.25, 0.08);
  ASSERT_GT(std::abs(*only(check(noisy.baseline, noisy.next, rules_of({"change of share.abs <= 0"}))).change), 0.0);
  EXPECT_FALSE(breaks(noisy, "change of share.abs <= 0"));
  EXPECT_FALSE(breaks(noisy, "change of share.abs <= 0", Strictness::kStrict));
}

// 0.75 - 0.7 is more than 0.05 by rounding.
TEST(Check, ComparesToleranceWithoutRounding) {
  Twins pair{empty_result("old"), empty_result("new")};
  pair.baseline.table.rows = {made_row("text", "share.abs", 0.7)};
  pair.next.table.rows = {made_row("text", "share.abs", 0.75)};
  EXPECT_FALSE(breaks(pair, "change of share.abs <= 0.05"));
  EXPECT_TRUE(breaks(pair, "change of share.abs < 0.05"));
  EXPECT_TRUE(breaks(pair, "change of share.abs <= 0.049"));
}

TEST(Check, FindsNothingBetweenEqualModels) {
  const Twins pair = twins(0.3);
  const Judgement judgement = check(pair.next, pair.next, {.is_strict = true});
  EXPECT_TRUE(judgement.passed());
  for (const RuleJudgement& rule : judgement.rules) {
    for (const JudgedNumber& number : rule.numbers) {
      if (!number.interval) continue;
      EXPECT_EQ(*number.change, 0.0) << number.subject;
      EXPECT_EQ(number.interval->low, 0.0) << number.subject;
      EXPECT_EQ(number.interval->high, 0.0) << number.subject;
    }
  }
  // The same without any examples.
  Twins rows{empty_result("same"), empty_result("same")};
  rows.baseline.table.rows = rows.next.table.rows = {made_row("text", "lime.r2", 0.7)};
  const JudgedNumber number = only(check(rows.baseline, rows.next, rules_of({"change of lime.r2 <= 0"})));
  EXPECT_EQ(number.basis, "the same model");
  EXPECT_EQ(number.interval->high, 0.0);
}

TEST(Check, JudgesDropsOfTheMetricByItsOrientation) {
  Twins pair{empty_result("old"), empty_result("new")};
  const auto set_scores = [&](double old_score, double new_score, Orientation orientation) {
    pair.baseline.table.score = old_score;
    pair.next.table.score = new_score;
    pair.baseline.table.score_ci95 = around(old_score, 0.001);
    pair.next.table.score_ci95 = around(new_score, 0.001);
    pair.baseline.table.orientation = pair.next.table.orientation = orientation;
  };
  set_scores(0.93, 0.90, Orientation::kHigherIsBetter);
  EXPECT_TRUE(breaks(pair, "drop of metric <= 0.02"));
  EXPECT_TRUE(breaks(pair, "change of metric <= 0.02"));
  EXPECT_FALSE(breaks(pair, "drop of metric <= 0.04"));
  EXPECT_TRUE(breaks(pair, "drop of metric <= 0.04", Strictness::kStrict));
  EXPECT_FALSE(breaks(pair, "drop of metric <= 4%"));
  EXPECT_TRUE(breaks(pair, "drop of metric <= 3%")) << "0.03 of 0.93 is 3.2 %";
  set_scores(0.90, 0.93, Orientation::kHigherIsBetter);
  EXPECT_FALSE(breaks(pair, "drop of metric <= 0.02", Strictness::kStrict)) << "it rose";
  EXPECT_TRUE(breaks(pair, "change of metric <= 0.02"));
  set_scores(0.90, 0.93, Orientation::kLowerIsBetter);
  EXPECT_TRUE(breaks(pair, "drop of metric <= 0.02"));
  set_scores(0.93, 0.90, Orientation::kLowerIsBetter);
  EXPECT_FALSE(breaks(pair, "drop of metric <= 0", Strictness::kStrict));
  EXPECT_TRUE(breaks(pair, "metric >= 0.91"));
  EXPECT_FALSE(breaks(pair, "metric >= 0.9"));
  const JudgedNumber number = only(check(pair.baseline, pair.next, rules_of({"drop of metric <= 0.02"})));
  EXPECT_EQ(number.subject, "accuracy");
  // Independent errors of 0.001 each; t of 198 degrees of freedom is 1.972.
  EXPECT_NEAR(number.interval->high - number.interval->low, 2.0 * 1.972 * 0.001 * std::sqrt(2.0), 1e-5);
  EXPECT_EQ(number.basis, "unpaired (no outcomes of single examples)");
}

// 10 of 100 answers become wrong, none right: the drop is 0.1 and its error sqrt(0.1 * 0.9 / 99).
TEST(Check, PairsRightAnswersExampleByExample) {
  Twins pair = twins(0.25);
  pair.baseline.table.score = 1.0;
  pair.next.table.score = 0.9;
  for (std::size_t example = 0; example < 10; ++example) pair.next.table.examples[example].predicted = 0;
  const Judgement judgement = check(pair.baseline, pair.next, rules_of({"drop of metric <= 0.02"}));
  const JudgedNumber number = only(judgement);
  EXPECT_EQ(number.basis, "paired, 100 examples");
  EXPECT_TRUE(number.is_broken);
  EXPECT_NEAR((number.interval->high - number.interval->low) / 2.0, 1.984 * std::sqrt(0.1 * 0.9 / 99.0), 0.005);
  ASSERT_TRUE(judgement.answers);
  EXPECT_EQ(judgement.answers->right_to_wrong.size(), 10U);
  EXPECT_EQ(judgement.answers->right_to_wrong.front(), "0");
  EXPECT_TRUE(judgement.answers->wrong_to_right.empty());
}

TEST(Check, BoundsTheNewResult) {
  const Twins pair = twins(0.30);
  EXPECT_FALSE(breaks(pair, "text.share.abs <= 0.75"));
  EXPECT_TRUE(breaks(pair, "text.share.abs <= 0.65"));
  EXPECT_TRUE(breaks(pair, "text.share.abs >= 0.75"));
  EXPECT_FALSE(breaks(pair, "text.share.abs >= 0.65"));
  EXPECT_TRUE(breaks(pair, "share.abs >= 0.5")) << "every modality is bounded";
  // The interval has to be on the right side, too, where one is strict.
  const JudgedNumber number =
      only(check(pair.baseline, pair.next, rules_of({"text.share.abs <= 0.75"}, Strictness::kStrict)));
  const double between = 0.5 * (*number.new_value + number.interval->high);
  const std::string rule = "text.share.abs <= " + std::to_string(between);
  EXPECT_FALSE(breaks(pair, rule));
  EXPECT_TRUE(breaks(pair, rule, Strictness::kStrict));
  EXPECT_EQ(number.basis, "of the row, 100 examples");
}

TEST(Check, FailsOrdersThatFlipSignificantly) {
  EXPECT_FALSE(breaks(twins(0.4), "order of share.abs"));
  EXPECT_TRUE(breaks(twins(0.6), "order of share.abs"));
  // The new difference is 0.2.
  EXPECT_TRUE(breaks(twins(0.6), "order of share.abs <= 0.19"));
  EXPECT_FALSE(breaks(twins(0.6), "order of share.abs <= 0.21"));
  const Twins close = twins(0.501, 0.1);
  EXPECT_FALSE(breaks(close, "order of share.abs")) << "the new difference is chance";
  const Judgement judgement = check(twins(0.6).baseline, twins(0.6).next, rules_of({"order of share.abs"}));
  const std::vector<JudgedNumber>& numbers = judgement.rules.at(0).numbers;
  ASSERT_EQ(numbers.size(), 2U);
  EXPECT_EQ(numbers[0].old_order, "text > image");
  EXPECT_EQ(numbers[0].new_order, "image > text");
  EXPECT_EQ(numbers[1].subject, "image - text");
  EXPECT_NEAR(*numbers[1].old_value, -0.5, 1e-12);
  EXPECT_NEAR(*numbers[1].new_value, 0.2, 0.02);
  EXPECT_TRUE(numbers[1].is_broken);
  EXPECT_EQ(judgement.comparison_count, 1U);
}

TEST(Check, RanksByNdcg) {
  // Old 0.25 and 0.75, swapped: (0.25 + 0.75 / log2 3) / (0.75 + 0.25 / log2 3) = 0.795.
  const Twins pair = twins(0.7);
  const double log3 = std::log2(3.0);
  const JudgedNumber number = only(check(pair.baseline, pair.next, rules_of({"ndcg of share.abs >= 0.9"})));
  EXPECT_NEAR(*number.new_value, (0.25 + 0.75 / log3) / (0.75 + 0.25 / log3), 1e-9);
  EXPECT_TRUE(number.is_broken);
  EXPECT_FALSE(breaks(pair, "ndcg of share.abs >= 0.7"));
  EXPECT_FALSE(breaks(twins(0.3), "ndcg of shapley.mean_abs >= 1"));
}

TEST(Check, RanksFeatures) {
  Twins pair = twins(0.25);
  const auto add_players = [](ResultSet& set, double red, double blue) {
    for (ExampleRecord& record : set.table.examples) {
      record.attribution.players = {
          {.modality = 1, .player = 0, .label = "red", .value = red, .std_error = std::nullopt},
          {.modality = 1, .player = 1, .label = "blue", .value = blue, .std_error = std::nullopt}};
    }
  };
  add_players(pair.baseline, 0.9, -0.1);
  add_players(pair.next, 0.7, -0.6);
  EXPECT_FALSE(breaks(pair, "ndcg of players >= 0.9"));
  add_players(pair.next, 0.1, -0.6);
  EXPECT_TRUE(breaks(pair, "ndcg of players >= 0.9"));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] {
                         const Twins bare = twins(0.25);
                         return check(bare.baseline, bare.next, rules_of({"ndcg of players >= 0.9"}));
                       }),
                       {"expected features of examples in both results, got none"}));
}

TEST(Check, ReadsErrorsOfRowsWhereExamplesAreOfOthers) {
  Twins pair = twins(0.35);
  pair.next.table.examples.pop_back();
  const JudgedNumber number = only(check(pair.baseline, pair.next, rules_of({"change of share.abs <= 0.05"})));
  EXPECT_EQ(number.basis, "unpaired (other examples are explained)");
  pair.baseline.table.examples.pop_back();
  EXPECT_EQ(only(check(pair.baseline, pair.next, rules_of({"change of share.abs <= 0.05"}))).basis,
            "unpaired (the files hold other examples than the rows are of)");
  for (Score& row : pair.next.table.rows) row.ci95.reset();
  const Judgement judgement = check(pair.baseline, pair.next, rules_of({"change of share.abs <= 0.05"}));
  EXPECT_TRUE(only(judgement).basis.starts_with("no interval: the rows have none"));
  EXPECT_FALSE(only(judgement).interval);
  EXPECT_TRUE(only(judgement).is_broken) << "larger, chance or not";
  EXPECT_EQ(judgement.comparison_count, 0U);
  EXPECT_FALSE(breaks(pair, "change of share.abs <= 0.2"));
}

TEST(Check, CountsMonteCarloErrorsOfRows) {
  Twins pair{empty_result("old"), empty_result("new")};
  pair.baseline.table.rows = {made_row("text", "sage", 0.5, around(0.5, 0.03))};
  pair.next.table.rows = {made_row("text", "sage", 0.6, around(0.6, 0.0))};
  pair.next.table.rows[0].std_error = 0.04;
  const JudgedNumber number = only(check(pair.baseline, pair.next, rules_of({"change of sage <= 0.05"})));
  // 0.05 together; t of Welch's 1 / ((0.6^4 + 0.8^4) / 99) = 184 degrees of freedom is 1.973.
  EXPECT_NEAR(number.interval->high - 0.1, 1.973 * 0.05, 1e-4);
  EXPECT_EQ(number.basis, "unpaired (no numbers of single examples)");
}

TEST(Check, FailsWhatIsNotKnown) {
  Twins pair{empty_result("old"), empty_result("new")};
  pair.baseline.table.rows = {made_row("image", "share.abs", 0.5), made_row("text", "share.abs", 0.5)};
  pair.next.table.rows = {made_row("image", "share.abs", std::nullopt), made_row("text", "share.abs", std::nullopt)};
  for (const char* const rule : {"change of share.abs <= 1", "share.abs >= 0", "order of share.abs",
                                 "ndcg of share.abs >= 0", "change of share.abs <= 100%"}) {
    const Judgement judgement = check(pair.baseline, pair.next, rules_of({rule}));
    EXPECT_FALSE(judgement.passed()) << rule;
    EXPECT_EQ(only(judgement).reason, "not known") << rule;
    EXPECT_FALSE(only(judgement).new_value) << rule;
  }
}

TEST(Check, JudgesGroups) {
  Twins pair{empty_result("old"), empty_result("new")};
  for (ResultSet* set : {&pair.baseline, &pair.next}) {
    set->table.config = R"({"data":{"group":"type"}})";
    Score row = made_row("text", "share.abs", set == &pair.next ? 0.7 : 0.5, around(0.5, 0.01), 40);
    row.group = "count";
    set->table.rows = {made_row("text", "share.abs", 0.5), row};
  }
  EXPECT_TRUE(breaks(pair, "change of share.abs in type=count <= 0.1"));
  EXPECT_FALSE(breaks(pair, "change of share.abs in type=count <= 0.3"));
  const JudgedNumber number =
      only(check(pair.baseline, pair.next, rules_of({"change of share.abs in type=count <= 0.1"})));
  EXPECT_EQ(number.subject, "text.share.abs in count");
  EXPECT_EQ(number.group, "count");
  EXPECT_EQ(number.basis, "unpaired (no single examples)");
}

/// The same with rows of every second example, "odd". Each model has its intervals from itself.
Twins with_groups(Twins pair) {
  for (ResultSet* set : {&pair.baseline, &pair.next}) {
    set->table.config = R"({"data":{"group":"type"}})";
    std::vector<MadeValues> odd;
    for (ExampleRecord& record : set->table.examples) {
      const bool is_odd = record.attribution.example % 2 == 1;
      record.group = is_odd ? "odd" : "even";
      if (is_odd) odd.push_back({record.attribution.modalities[0], record.attribution.modalities[1]});
    }
    for (Score& row : shap_result(set->name, odd).table.rows) {
      row.group = "odd";
      set->table.rows.push_back(std::move(row));
    }
  }
  return pair;
}

// The answers differ a lot among examples and little between the models: what only the same examples can tell.
TEST(Check, PairsTheExamplesOfAGroup) {
  RandomStream stream(9, RandomPurpose::kBootstrap, 3, 1);
  std::vector<MadeValues> old_values;
  std::vector<MadeValues> new_values;
  for (int example = 0; example < 100; ++example) {
    const double image = 0.1 + 0.8 * stream.uniform();
    old_values.push_back({image, 1.0 - image});
    const double change = example % 2 == 1 ? 0.05 + 0.01 * normal_number(stream) : 0.0;
    new_values.push_back({image + change, 1.0 - image - change});
  }
  Twins pair = with_groups({shap_result("old", old_values), shap_result("new", new_values)});
  const std::string rule = "change of image.share.abs in type=odd <= 0.02";
  const JudgedNumber paired = only(check(pair.baseline, pair.next, rules_of({rule})));
  EXPECT_EQ(paired.basis, "paired, 50 examples");
  EXPECT_NEAR(*paired.change, 0.05, 0.005);
  EXPECT_TRUE(breaks(pair, rule));

  for (ExampleRecord& record : pair.next.table.examples) record.group.reset();
  const JudgedNumber unpaired = only(check(pair.baseline, pair.next, rules_of({rule})));
  EXPECT_EQ(unpaired.basis, "unpaired (examples do not tell this group)");
  EXPECT_LT(10.0 * (paired.interval->high - paired.interval->low), unpaired.interval->high - unpaired.interval->low);
  EXPECT_FALSE(breaks(pair, rule)) << "the change is within the noise of other examples";
}

TEST(Check, RefusesRulesAboutWhatIsNotThere) {
  const Twins pair = twins(0.3);
  const auto message = [&](const std::string& rule) {
    return thrown_message<ConfigError>([&] { return check(pair.baseline, pair.next, rules_of({rule})); });
  };
  EXPECT_TRUE(mentions(message("drop of metric <= 0.1"), {"expected results with a score, got none"}));
  EXPECT_TRUE(mentions(message("drop of share.abs <= 0.1"), {"expected metric behind 'drop of', got 'share.abs'"}));
  EXPECT_TRUE(mentions(message("order of metric"), {"expected a definition that modalities have, got 'metric'"}));
  EXPECT_TRUE(mentions(message("order of text.share.abs"), {"expected a definition of all modalities"}));
  EXPECT_TRUE(mentions(message("change of permutation.drop <= 0.1"), {"got 'permutation.drop'"}));
  Twins negative{empty_result("old"), empty_result("new")};
  negative.baseline.table.rows = negative.next.table.rows = {made_row("text", "shapley.mean", -0.5)};
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] {
                         return check(negative.baseline, negative.next, rules_of({"ndcg of shapley.mean >= 0.9"}));
                       }),
                       {"expected numbers of at least 0, got negative ones"}));
  const Twins bare{empty_result("old"), empty_result("new")};
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return check(bare.baseline, bare.next, {}); }),
                       {"new: expected a score or shares to judge"}));
}

TEST(Check, WarnsWhereTheProgramsDiffer) {
  Twins pair = twins(0.3);
  EXPECT_TRUE(check(pair.baseline, pair.next, {}).warnings.empty());
  pair.next.table.version = "2";
  EXPECT_EQ(check(pair.baseline, pair.next, {}).warnings,
            std::vector<std::string>{"the results are of modattr 1 and 2: what changed may be the program"});
}

}  // namespace
}  // namespace modattr
