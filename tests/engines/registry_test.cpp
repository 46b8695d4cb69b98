#include "modattr/engines/registry.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/every_engine.h"

namespace modattr {
namespace {

TEST(EngineRegistry, NamesEveryEngineAndVariantOnce) {
  std::set<std::string_view> names;
  std::set<std::string_view> variants;
  for (const Engine& engine : engine_registry()) {
    EXPECT_TRUE(names.insert(engine.name).second) << engine.name;
    for (const EngineVariant& variant : engine.variants) {
      EXPECT_TRUE(variants.insert(variant.name).second) << variant.name;
    }
  }
  EXPECT_TRUE(names.contains("permute"));
  EXPECT_TRUE(variants.contains("shap --sage"));
}

TEST(EngineRegistry, FindsEnginesByName) {
  ASSERT_NE(find_engine("lime"), nullptr);
  EXPECT_EQ(find_engine("lime")->name, "lime");
  EXPECT_EQ(find_engine("limes"), nullptr);
}

TEST(EngineRegistry, MakesTheEngineOfEveryVariant) {
  for (const Engine& engine : engine_registry()) {
    for (const EngineVariant& variant : engine.variants) {
      OptionValues options(engine.options);
      for (const auto& [name, value] : variant.options) options.set(name, value);
      EXPECT_NO_THROW(engine.check(options)) << variant.name;
      EXPECT_NE(engine.make(options, {.kinds = {"image", "tokens"}}), nullptr) << variant.name;
      for (const std::string_view text : {variant.summary, variant.needs, variant.cost, variant.source}) {
        EXPECT_FALSE(text.empty()) << variant.name;
      }
    }
  }
}

TEST(EngineRegistry, GivesEveryVariantANameOfItsOwn) {
  // The headers of evaluated examples tell engines apart by it.
  std::set<std::string, std::less<>> names;
  for (const EngineInUse& engine : every_engine()) {
    EXPECT_TRUE(names.emplace(engine.make()->name()).second) << engine.variant->name;
  }
}

TEST(EngineRegistry, DescribesEveryOption) {
  for (const Engine& engine : engine_registry()) {
    std::set<std::string> names;
    for (const OptionSchema& option : engine.options) {
      EXPECT_TRUE(names.insert(option.name).second) << option.name;
      EXPECT_FALSE(option.help.empty()) << option.name;
      EXPECT_EQ(option.placeholder.empty(), option.type == OptionType::kFlag) << option.name;
      EXPECT_TRUE(option.type != OptionType::kWord || !option.words.empty()) << option.name;
      for (const std::string& other : option.excludes) EXPECT_TRUE(names.contains(other)) << option.name;
    }
  }
}

TEST(EngineRegistry, TellsEveryOptionInForceButTheMetric) {
  for (const Engine& engine : engine_registry()) {
    const OptionValues options(engine.options);
    std::vector<std::string> expected;
    for (const OptionSchema& option : engine.options) {
      if (option.name != "metric") expected.push_back(option.name);
    }
    std::vector<std::string> told;
    for (const auto& [name, value] : engine.describe(options, {.kinds = {"columns"}}).in_force) told.push_back(name);
    EXPECT_EQ(told, expected) << engine.name;
  }
}

const OptionValue& in_force(const EngineDescription& description, std::string_view name) {
  return std::ranges::find(description.in_force, name, &std::pair<std::string, OptionValue>::first)->second;
}

TEST(EngineRegistry, TellsDefaultsThatDependOnTheRun) {
  const Engine& lime = *find_engine("lime");
  const OptionValues options(lime.options);
  EXPECT_EQ(in_force(lime.describe(options, {.kinds = {"columns", "columns"}}), "similarity"),
            OptionValue("euclidean"));
  EXPECT_EQ(in_force(lime.describe(options, {.kinds = {"columns", "image"}}), "similarity"), OptionValue("cosine"));
  // Only those that play count.
  EXPECT_EQ(in_force(lime.describe(options, {.kinds = {"columns", "image"}, .modalities = {0}}), "similarity"),
            OptionValue("euclidean"));
  const Engine& shap = *find_engine("shap");
  OptionValues features(shap.options);
  EXPECT_EQ(in_force(shap.describe(features, {}), "budget"), OptionValue());
  features.set("level", "feature");
  EXPECT_EQ(in_force(shap.describe(features, {}), "budget"), OptionValue("32 coalitions per player"));
  features.set("budget", std::uint64_t{100});
  EXPECT_EQ(in_force(shap.describe(features, {}), "budget"), OptionValue(std::uint64_t{100}));
}

/// A set of two modalities, 100 examples with data of their own, 20 rows of background, 3 and 12 players.
class TwoModalities : public CostFacts {
 public:
  std::size_t example_count() const override { return 100; }
  std::size_t modality_count() const override { return 2; }
  bool has_mean_metric() const override { return true; }
  double distinct_mixes(double asked) override { return std::min(asked, 100.0 * 100.0); }
  double distinct_pairs(std::size_t) override { return 100.0 * 99.0; }
  double background_rows() const override { return 20.0; }
  bool uses_background(std::size_t modality) const override { return modality == 0; }
  bool is_value_linear() const override { return true; }
  std::vector<double> player_counts() override { return {3.0, 12.0}; }
};

TEST(EngineRegistry, TellsCostsInEvaluations) {
  TwoModalities facts;
  std::vector<EngineCost> costs;
  for (const Engine& engine : engine_registry()) {
    engine.costs(facts, [&](EngineCost cost) { costs.push_back(std::move(cost)); });
  }
  ASSERT_EQ(costs.size(), 7U);
  // N (1 + R), N + N (N - 1), N (2 + 2 B) as one modality of two has a background.
  EXPECT_EQ(costs[0].evaluations, 1100.0);
  EXPECT_EQ(costs[1].evaluations, 10000.0);
  EXPECT_EQ(costs[2].evaluations, 100.0 * (2.0 + 2.0 * 20.0));
  // 100 wrong answers, 100 donors, three coalitions; at most every pair.
  EXPECT_EQ(costs[6].evaluations, 10000.0);
  // All 8 coalitions of 3 players and 32 * 12 of 12, each with and without the other modality.
  EXPECT_EQ(costs[3].encoder_rows, (std::vector<double>{8.0 * 20.0, 384.0 * 20.0}));
  EXPECT_EQ(costs[3].evaluations, 2.0 * (8.0 + 384.0) * 20.0);
  // And 64 for each of 15 players, of all of them at once.
  EXPECT_EQ(costs[4].encoder_rows, (std::vector<double>{(8.0 + 960.0) * 20.0, (384.0 + 960.0) * 20.0}));
  EXPECT_EQ(costs[4].evaluations, costs[3].evaluations + 960.0 * 20.0);
  // The example, no player with all rows, and 998 coalitions with 5 rows each.
  EXPECT_EQ(costs[5].encoder_rows, (std::vector<double>{8.0 * 20.0, 1.0 + 20.0 + 998.0 * 5.0}));
  EXPECT_EQ(costs[5].evaluations, 1.0 + 20.0 + 998.0 * 5.0);
}

}  // namespace
}  // namespace modattr
