#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/trees/tree_reader.h"
#include "support/thrown_message.h"

namespace modattr::lightgbm_reader_test {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

std::string lightgbm_header(const std::string& objective, const std::string& more = "", int outputs = 1) {
  return "tree\nversion=v4\nnum_class=" + std::to_string(outputs) +
         "\nnum_tree_per_iteration=" + std::to_string(outputs) +
         "\nlabel_index=0\nmax_feature_idx=2\nobjective=" + objective + "\n" + more +
         "feature_names=age income colour\nfeature_infos=[0:99] [-5:5] 0:1:2\ntree_sizes=1 1\n\n";
}

/// age <= 40.5 ? 1 : (income <= 0.25 ? 2 : 4); `decisions`: of the two splits.
std::string two_splits(const std::string& decisions, int number = 0) {
  return "Tree=" + std::to_string(number) + "\nnum_leaves=3\nnum_cat=0\nsplit_feature=0 1\nsplit_gain=1 1\n" +
         "threshold=40.5 0.25\ndecision_type=" + decisions +
         "\nleft_child=-1 -2\nright_child=1 -3\nleaf_value=1 2 4\nleaf_weight=6 3 1\nleaf_count=6 3 1\n"
         "internal_value=0 0\ninternal_weight=10 4\ninternal_count=10 4\nis_linear=0\nshrinkage=0.1\n\n\n";
}

const std::string kEnd =
    "end of trees\n\nfeature_importances:\nage=1\n\nparameters:\n[boosting: gbdt]\nend of parameters\n";

TreeEnsemble read(const std::string& text) {
  return read_lightgbm(text, "model.txt");
}

double margin(const TreeEnsemble& ensemble, const std::vector<double>& row) {
  std::vector<double> margins(ensemble.output_count());
  tree_margins(ensemble, row, margins);
  return margins.front();
}

void expect_lightgbm_error(const std::string& text, const std::string& phrase) {
  const std::string message = thrown_message<ModelError>([&] { read(text); });
  EXPECT_NE(message.find(phrase), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_EQ(message.rfind("model.txt: ", 0), 0U) << message;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(LightgbmReader, ReadsATreeOfTwoSplits) {
  const TreeEnsemble ensemble = read(lightgbm_header("regression") + two_splits("2 2") + kEnd);
  EXPECT_EQ(ensemble.column_count, 3U);
  EXPECT_EQ(ensemble.column_names, (std::vector<std::string>{"age", "income", "colour"}));
  EXPECT_EQ(ensemble.task, TreeTask::kRegression);
  EXPECT_TRUE(ensemble.has_covers);
  EXPECT_EQ(margin(ensemble, {40.5, 9.0, 0.0}), 1.0);
  EXPECT_EQ(margin(ensemble, {std::nextafter(40.5, 50.0), 0.25, 0.0}), 2.0);
  EXPECT_EQ(margin(ensemble, {50.0, std::nextafter(0.25, 1.0), 0.0}), 4.0);
}

TEST(LightgbmReader, SendsMissingValuesWhereTheNodeSays) {
  // decision_type: bit 1 = default left; bits 2 and 3: 0 = no missing values, 1 = zero, 2 = NaN.
  struct Case {
    std::string decisions;
    std::vector<double> row;
    double expected;
  };
  const std::vector<Case> cases = {
      // NaN is 0 where nothing is missing: left of 40.5, and left of 0.25.
      {"0 0", {kMissing, 9.0, 0.0}, 1.0},
      {"0 0", {50.0, kMissing, 0.0}, 2.0},
      // NaN goes the default way.
      {"8 8", {kMissing, kMissing, 0.0}, 4.0},
      {"8 10", {kMissing, kMissing, 0.0}, 2.0},
      {"10 8", {kMissing, 9.0, 0.0}, 1.0},
      // Zero and NaN go the default way, and so does what is almost zero.
      {"4 4", {0.0, 0.0, 0.0}, 4.0},
      {"4 4", {1e-36, kMissing, 0.0}, 4.0},
      {"4 6", {0.0, -1e-36, 0.0}, 2.0},
      {"4 4", {1e-30, 0.0, 0.0}, 1.0},
  };
  for (const Case& one : cases) {
    const TreeEnsemble ensemble = read(lightgbm_header("regression") + two_splits(one.decisions) + kEnd);
    EXPECT_EQ(margin(ensemble, one.row), one.expected) << one.decisions;
  }
}

TEST(LightgbmReader, FindsCategoriesInTheirBitSets) {
  // Set 0: {1, 33}, set 1: {0}; colours of set 1 go left.
  const std::string tree =
      "Tree=0\nnum_leaves=2\nnum_cat=2\nsplit_feature=2\nthreshold=1\ndecision_type=1\nleft_child=-1\nright_child=-2\n"
      "leaf_value=10 20\nleaf_count=1 1\ninternal_count=2\ncat_boundaries=0 2 3\ncat_threshold=2 2 1\nis_linear=0\n\n";
  const TreeEnsemble second = read(lightgbm_header("regression") + tree + kEnd);
  EXPECT_EQ(margin(second, {0, 0, 0.0}), 10.0);
  EXPECT_EQ(margin(second, {0, 0, 0.9}), 10.0);
  EXPECT_EQ(margin(second, {0, 0, 1.0}), 20.0);
  EXPECT_EQ(margin(second, {0, 0, kMissing}), 20.0);
  EXPECT_EQ(margin(second, {0, 0, -1.0}), 20.0);
  EXPECT_EQ(margin(second, {0, 0, 1e300}), 20.0);
  const TreeEnsemble first = read(lightgbm_header("regression") + replaced(tree, "threshold=1", "threshold=0") + kEnd);
  EXPECT_EQ(margin(first, {0, 0, 33.0}), 10.0);
  EXPECT_EQ(margin(first, {0, 0, 1.0}), 10.0);
  EXPECT_EQ(margin(first, {0, 0, 32.0}), 20.0);
}

TEST(LightgbmReader, AveragesAForest) {
  const TreeEnsemble ensemble = read(lightgbm_header("regression", "average_output\n") + two_splits("2 2") +
                                     replaced(two_splits("2 2", 1), "leaf_value=1 2 4", "leaf_value=3 2 4") + kEnd);
  EXPECT_EQ(margin(ensemble, {0, 0, 0}), 2.0);
}

TEST(LightgbmReader, TurnsScoresIntoLogits) {
  const TreeEnsemble ensemble = read(lightgbm_header("binary sigmoid:0.5") + two_splits("2 2") + kEnd);
  EXPECT_EQ(ensemble.task, TreeTask::kBinary);
  EXPECT_EQ(margin(ensemble, {50.0, 1.0, 0.0}), 2.0);
}

TEST(LightgbmReader, GivesEachClassItsTrees) {
  const TreeEnsemble ensemble = read(lightgbm_header("multiclass num_class:2", "", 2) + two_splits("2 2") +
                                     replaced(two_splits("2 2", 1), "leaf_value=1 2 4", "leaf_value=-1 -2 -4") + kEnd);
  std::vector<double> margins(2);
  tree_margins(ensemble, std::vector<double>{50.0, 0.0, 0.0}, margins);
  EXPECT_EQ(margins, (std::vector<double>{2.0, -2.0}));
}

TEST(LightgbmReader, KnowsTheLinksOfRegressions) {
  for (const auto& [objective, link] :
       std::vector<std::pair<std::string, TreeLink>>{{"poisson", TreeLink::kExponential},
                                                     {"gamma", TreeLink::kExponential},
                                                     {"tweedie tweedie_variance_power:1.5", TreeLink::kExponential},
                                                     {"cross_entropy", TreeLink::kLogistic},
                                                     {"regression sqrt", TreeLink::kSignedSquare},
                                                     {"quantile alpha:0.9", TreeLink::kIdentity}}) {
    EXPECT_EQ(read(lightgbm_header(objective) + two_splits("2 2") + kEnd).link, link) << objective;
  }
}

TEST(LightgbmReader, ReadsATreeThatIsOneLeaf) {
  const TreeEnsemble ensemble =
      read(lightgbm_header("regression") + "Tree=0\nnum_leaves=1\nnum_cat=0\nleaf_value=0.75\nshrinkage=1\n\n" + kEnd);
  EXPECT_EQ(margin(ensemble, {0, 0, 0}), 0.75);
  EXPECT_TRUE(ensemble.has_covers);
}

TEST(LightgbmReader, ForgetsNamesThatLightgbmMadeUp) {
  const std::string header = replaced(lightgbm_header("regression"), "feature_names=age income colour",
                                      "feature_names=Column_0 Column_1 Column_2");
  EXPECT_TRUE(read(header + two_splits("2 2") + kEnd).column_names.empty());
}

TEST(LightgbmReader, ReadsLinesThatEndInCarriageReturns) {
  std::string text = lightgbm_header("regression") + two_splits("2 2") + kEnd;
  for (std::size_t place = 0; (place = text.find('\n', place)) != std::string::npos; place += 2)
    text.insert(place, "\r");
  EXPECT_EQ(margin(read(text), {50.0, 1.0, 0.0}), 4.0);
}

TEST(LightgbmReader, RefusesWhatItDoesNotKnow) {
  const std::string good = lightgbm_header("regression") + two_splits("2 2") + kEnd;
  expect_lightgbm_error(lightgbm_header("multiclassova num_class:3", "", 3) + kEnd, "objective: expected");
  expect_lightgbm_error(replaced(good, "objective=regression\n", ""), "objective: expected one of LightGBM's own");
  expect_lightgbm_error(replaced(good, "is_linear=0", "is_linear=1"), "linear_tree=false");
  expect_lightgbm_error(replaced(good, "decision_type=2 2", "decision_type=2 12"), "decision_type");
}

TEST(LightgbmReader, RefusesDamagedFiles) {
  const std::string good = lightgbm_header("regression") + two_splits("2 2") + kEnd;
  expect_lightgbm_error("", "expected a LightGBM model in text");
  expect_lightgbm_error("PK\x03\x04", "expected a LightGBM model in text");
  expect_lightgbm_error(good.substr(0, good.find("end of trees")), "is it complete?");
  expect_lightgbm_error(good.substr(0, good.find("leaf_value")), "leaf_value");
  expect_lightgbm_error(replaced(good, "left_child=-1 -2", "left_child=-1 1"), "one parent");
  expect_lightgbm_error(replaced(good, "left_child=-1 -2", "left_child=-1 0"), "one parent");
  expect_lightgbm_error(replaced(good, "left_child=-1 -2", "left_child=-1 7"), "left_child: expected nodes below 2");
  expect_lightgbm_error(replaced(good, "left_child=-1 -2", "left_child=-1 -9223372036854775808"), "left_child");
  expect_lightgbm_error(replaced(good, "split_feature=0 1", "split_feature=0 3"), "a column below 3");
  expect_lightgbm_error(replaced(good, "threshold=40.5 0.25", "threshold=nan 0.25"), "a threshold, got NaN");
  expect_lightgbm_error(replaced(good, "threshold=40.5 0.25", "threshold=40.5"),
                        "threshold: expected 2 numbers, got 1");
  expect_lightgbm_error(replaced(good, "leaf_value=1 2 4", "leaf_value=1 inf 4"), "a finite value");
  expect_lightgbm_error(replaced(good, "leaf_value=1 2 4", "leaf_value=1 2 x"), "expected a number, got 'x'");
  expect_lightgbm_error(replaced(good, "num_leaves=3", "num_leaves=4000000000"), "num_leaves");
  expect_lightgbm_error(replaced(good, "max_feature_idx=2", "max_feature_idx=5"), "feature_names: expected 6 names");
  expect_lightgbm_error(replaced(good, "num_tree_per_iteration=1", "num_tree_per_iteration=99999999"), "expected 1");
}

TEST(LightgbmReader, DoesWithoutCovers) {
  const TreeEnsemble ensemble =
      read(lightgbm_header("regression") + replaced(two_splits("2 2"), "leaf_count=6 3 1\n", "") + kEnd);
  EXPECT_FALSE(ensemble.has_covers);
}

}  // namespace
}  // namespace modattr::lightgbm_reader_test
