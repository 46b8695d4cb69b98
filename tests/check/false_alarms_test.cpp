// How often equal models break a rule, and how often others do.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "check/made_results.h"
#include "modattr/check/check.h"

namespace modattr {
namespace {

CheckRules strict_rules(const std::vector<std::string>& texts) {
  return {.rules = parse_rules(texts), .is_strict = true};
}

int broken_count(const std::vector<Judgement>& judgements) {
  int count = 0;
  for (const Judgement& judgement : judgements) count += judgement.passed() ? 0 : 1;
  return count;
}

/// Strict judgements of pairs of halves of a made-up result; the text of the second half is larger by `shift`.
std::vector<Judgement> judge_halves(int pair_count, double shift) {
  std::vector<Judgement> judgements;
  const CheckRules rules =
      strict_rules({"change of share.abs <= 0.05", "change of shapley.mean_abs <= 0.05", "order of share.abs"});
  for (int number = 0; number < pair_count; ++number) {
    RandomStream stream(11, RandomPurpose::kExampleSubset, 0, static_cast<std::uint32_t>(number));
    ResultSet first = shap_result("first", made_values(200, 0.6, stream));
    ResultSet second = shap_result("second", made_values(200, 0.6 + shift, stream), 200);
    second.table.data.sha256 = "other";
    judgements.push_back(check(first, second, rules, {.data = DataRule::kAny}));
  }
  return judgements;
}

/// The same of two models on the same examples, whose answers differ by noise, and by `shift` in the text.
std::vector<Judgement> judge_twins(int pair_count, double shift) {
  std::vector<Judgement> judgements;
  for (int number = 0; number < pair_count; ++number) {
    RandomStream stream(12, RandomPurpose::kExampleSubset, 0, static_cast<std::uint32_t>(number));
    const std::vector<MadeValues> common = made_values(30, 0.6, stream);
    std::vector<MadeValues> old_values = common;
    std::vector<MadeValues> new_values = common;
    for (std::size_t example = 0; example < common.size(); ++example) {
      for (std::size_t modality = 0; modality < 2; ++modality) {
        old_values[example][modality] += 0.05 * normal_number(stream);
        new_values[example][modality] += 0.05 * normal_number(stream);
      }
      new_values[example][1] += shift;
    }
    ResultSet next = shap_result("new", new_values);
    next.table.seed = static_cast<std::uint64_t>(number);
    ResultSet baseline = shap_result("old", old_values);
    baseline.table.seed = next.table.seed;
    judgements.push_back(check(baseline, next, strict_rules({"change of share.abs <= 0.05"})));
  }
  return judgements;
}

TEST(FalseAlarms, AreRareBetweenHalvesOfOneResult) {
  const std::vector<Judgement> judgements = judge_halves(200, 0.0);
  EXPECT_EQ(judgements[0].rules[0].numbers[0].basis, "unpaired (other data)");
  EXPECT_LE(broken_count(judgements), 16) << "at most 8 % of 200";
}

TEST(FalseAlarms, AreRareBetweenTwins) {
  const std::vector<Judgement> judgements = judge_twins(50, 0.0);
  EXPECT_EQ(judgements[0].rules[0].numbers[0].basis, "paired, 30 examples");
  EXPECT_LE(broken_count(judgements), 4) << "at most 8 % of 50";
}

// 0.15 takes 0.047 off the share of the image, four standard errors of a paired change: 0.05 sqrt(2 / 30) sqrt(5) / 3
// of 0.9. 0.1 of the text is seven of an unpaired one, 0.15 sqrt(2 / 200).
TEST(FalseAlarms, DoNotCostPower) {
  EXPECT_GE(broken_count(judge_twins(10, 0.15)), 9);
  EXPECT_GE(broken_count(judge_halves(50, 0.1)), 48);
}

}  // namespace
}  // namespace modattr
