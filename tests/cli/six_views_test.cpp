// What is known about the models of tests/fixtures/mfeat and the example configurations; see the README there.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

const std::vector<std::string> kViews = {"fac", "fou", "kar", "mor", "pix", "zer"};

class SixViewsHead : public testing::TestWithParam<const char*> {};

TEST_P(SixViewsHead, NeedsItsOwnViewOnly) {
  const std::string head = GetParam();
  Json config = Json::parse(read_file(kConfigs / "six-views.json"));
  config["model"]["path"] = (kFixtures / "mfeat/views.pt").string();
  config["model"]["output"] = head;
  config["data"]["path"] = (kFixtures / "mfeat/views.npz").string();
  const TemporaryFolder folder;
  write_file(folder / "head.json", config.dump());
  const Scores scores(run_program(
      {.arguments = {"permute", "--repeats", "3", "--format", "json", "--config", (folder / "head.json").string()}}));
  EXPECT_GE(scores.score(), 0.94);
  for (const std::string& view : kViews) {
    if (view == head) {
      EXPECT_GT(scores.drop(view), 0.8);
      EXPECT_EQ(scores.value(view, "permutation.alone"), scores.score());
    } else {
      EXPECT_EQ(scores.drop(view), 0.0);
      EXPECT_EQ(scores.std_error(view), 0.0);
      EXPECT_EQ(scores.value(view, "permutation.without"), scores.score());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Strong, SixViewsHead, testing::Values("fac", "kar", "pix"),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST(SixViews, AnyOneViewCanBeMissed) {
  const Scores scores = permute_config("six-views.json");
  EXPECT_GT(scores.score(), 0.98);
  for (const std::string& view : kViews) EXPECT_GE(scores.value(view, "permutation.without"), 0.975) << view;
  EXPECT_LT(std::abs(scores.drop("kar")), 0.01);
  EXPECT_LT(std::abs(scores.drop("pix")), 0.01);
}

TEST(SixViews, ARedundantPairIsMissedTogether) {
  const Scores scores = permute_config("redundant-pair.json");
  EXPECT_GT(scores.drop("kar+pix"), 0.05);
  EXPECT_LE(scores.row("kar+pix", "permutation.drop").at("p_value").get<double>(), 0.1);
}

TEST(SixViews, ColumnsOfAVectorAreTheViewsItJoins) {
  std::string ids;
  for (int digit = 0; digit < 10; ++digit) {
    for (int row = 140; row < 170; ++row) ids += (ids.empty() ? "" : ",") + std::to_string(200 * digit + row);
  }
  const Scores columns = permute_config("vector-columns.json", {"--repeats", "3"});
  const Scores views = permute_config("six-views.json", {"--repeats", "3", "--ids", ids});
  EXPECT_EQ(columns.document().at("data").at("examples"), 300);
  EXPECT_EQ(columns.row_text(), views.row_text());
}

TEST(SixViews, TheRegressionExplainsMostVariance) {
  const Scores scores = permute_config("regression.json");
  EXPECT_GT(scores.score(), 0.85);
  EXPECT_GT(scores.drop("pix"), scores.drop("fou"));
  EXPECT_GT(scores.drop("fou"), scores.drop("zer"));
  EXPECT_GT(scores.drop("zer"), 0.0);
}

TEST(Configurations, EveryExampleRunsAnywhere) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kConfigs)) {
    if (entry.is_directory()) continue;
    const Scores scores =
        permute_config(entry.path().filename().string(), {"--repeats", "1", "--examples", "50", "--threads", "1"});
    EXPECT_TRUE(scores.document().is_object()) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 5U);
}

TEST(Configurations, TheRootHoldsADemo) {
  const ProgramResult result = run_program(
      {.arguments = {"permute", "--modality", "text", "--examples", "100", "--format", "json"}, .folder = kConfigs});
  const Scores scores(result);
  EXPECT_GT(scores.drop("text"), 0.0);
}

}  // namespace
}  // namespace modattr
