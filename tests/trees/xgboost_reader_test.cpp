#include <cmath>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "modattr/trees/tree_reader.h"
#include "support/thrown_message.h"
#include "support/tree_fixture.h"

namespace modattr::xgboost_reader_test {
namespace {

using Json = nlohmann::json;

/// x0 < 0.5 ? 1 : (x1 < 2 ? 2 : 4), missing values left and right.
Json small_model() {
  const Json tree = {{"left_children", {1, -1, 3, -1, -1}},      {"right_children", {2, -1, 4, -1, -1}},
                     {"split_indices", {0, 0, 1, 0, 0}},         {"split_conditions", {0.5, 1.0, 2.0, 2.0, 4.0}},
                     {"default_left", {1, 0, 0, 0, 0}},          {"sum_hessian", {10.0, 6.0, 4.0, 3.0, 1.0}},
                     {"tree_param", {{"size_leaf_vector", "0"}}}};
  return {{"learner",
           {{"feature_names", Json::array()},
            {"gradient_booster", {{"name", "gbtree"}, {"model", {{"tree_info", {0}}, {"trees", {tree}}}}}},
            {"learner_model_param", {{"base_score", "5E-1"}, {"num_class", "0"}, {"num_feature", "2"}}},
            {"objective", {{"name", "reg:squarederror"}}}}},
          {"version", {1, 7, 4}}};
}

Json& tree_of(Json& model) {
  return model["learner"]["gradient_booster"]["model"]["trees"][0];
}

TreeEnsemble read(const Json& model) {
  return read_xgboost(model.dump(), "model.json");
}

double margin(const TreeEnsemble& ensemble, const std::vector<double>& row) {
  std::vector<double> margins(ensemble.output_count());
  tree_margins(ensemble, row, margins);
  return margins.front();
}

void expect_xgboost_error(const std::string& content, const std::string& phrase) {
  const std::string message = thrown_message<ModelError>([&] { read_xgboost(content, "model.json"); });
  EXPECT_NE(message.find(phrase), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_EQ(message.rfind("model.json: ", 0), 0U) << message;
}

void expect_error_after(const std::function<void(Json&)>& damage, const std::string& phrase) {
  Json model = small_model();
  damage(model);
  expect_xgboost_error(model.dump(), phrase);
}

std::string content_of(const std::string& file) {
  std::ifstream stream(testing::tree_fixture_path(file), std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

TEST(XgboostReader, ReadsATreeAndItsBaseScore) {
  const TreeEnsemble ensemble = read(small_model());
  EXPECT_EQ(ensemble.column_count, 2U);
  EXPECT_TRUE(ensemble.has_covers);
  EXPECT_EQ(margin(ensemble, {0.4, 9.0}), 1.5);
  EXPECT_EQ(margin(ensemble, {0.5, 1.0}), 2.5);
  EXPECT_EQ(margin(ensemble, {0.5, 2.0}), 4.5);
  const double missing = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(margin(ensemble, {missing, 9.0}), 1.5);
  EXPECT_EQ(margin(ensemble, {0.5, missing}), 4.5);
}

TEST(XgboostReader, ComparesInSinglePrecision) {
  Json model = small_model();
  tree_of(model)["split_conditions"][0] = 0.1F;
  const TreeEnsemble ensemble = read(model);
  // Less than the threshold in double, equal to it as float32.
  EXPECT_EQ(margin(ensemble, {0.1, 1.0}), 2.5);
  EXPECT_EQ(margin(ensemble, {0.0999, 1.0}), 1.5);
}

TEST(XgboostReader, ReadsTheSameFromJsonAndUbjson) {
  const TreeEnsemble from_json = read_xgboost(content_of("regression.json"), "a");
  const TreeEnsemble from_ubjson = read_xgboost(content_of("regression.ubj"), "b");
  ASSERT_EQ(from_json.trees.size(), from_ubjson.trees.size());
  EXPECT_EQ(from_json.base, from_ubjson.base);
  for (std::size_t tree = 0; tree < from_json.trees.size(); ++tree) {
    ASSERT_EQ(from_json.trees[tree].nodes.size(), from_ubjson.trees[tree].nodes.size());
    for (std::size_t node = 0; node < from_json.trees[tree].nodes.size(); ++node) {
      const TreeNode& one = from_json.trees[tree].nodes[node];
      const TreeNode& other = from_ubjson.trees[tree].nodes[node];
      EXPECT_EQ(one.left, other.left);
      EXPECT_EQ(one.threshold, other.threshold);
      EXPECT_EQ(one.value, other.value);
      EXPECT_EQ(one.is_default_left, other.is_default_left);
    }
  }
}

TEST(XgboostReader, PredictsWhatXgboostPredicts) {
  for (const testing::TreeFixture& fixture : testing::tree_fixtures()) {
    const std::size_t output_count = fixture.ensemble.output_count();
    std::vector<double> margins(fixture.outputs.size() * output_count);
    tree_margins(fixture.ensemble, fixture.rows, margins);
    const auto expected = fixture.expected.at("margins").get<std::vector<double>>();
    for (std::size_t row = 0; row < expected.size(); ++row) {
      EXPECT_NEAR(margins[row * output_count + fixture.outputs[row]], expected[row], 1e-6) << fixture.name;
    }
  }
}

TEST(XgboostReader, ReadsBaseScoresInBothSpellings) {
  Json model = small_model();
  model["learner"]["learner_model_param"]["base_score"] = "[5E-1]";
  EXPECT_EQ(read(model).base, (std::vector<double>{0.5}));
  model["learner"]["learner_model_param"]["num_class"] = "3";
  model["learner"]["objective"]["name"] = "multi:softprob";
  EXPECT_EQ(read(model).base, (std::vector<double>{0.5, 0.5, 0.5}));
  model["learner"]["learner_model_param"]["base_score"] = "[1E-1,-2E-1,3E0]";
  EXPECT_EQ(read(model).base, (std::vector<double>{0.1, -0.2, 3.0}));
}

TEST(XgboostReader, TurnsBaseScoresIntoMargins) {
  Json model = small_model();
  model["learner"]["learner_model_param"]["base_score"] = "2.5E-1";
  model["learner"]["objective"]["name"] = "binary:logistic";
  EXPECT_NEAR(read(model).base.front(), std::log(0.25 / 0.75), 1e-15);
  EXPECT_EQ(read(model).task, TreeTask::kBinary);
  model["learner"]["objective"]["name"] = "count:poisson";
  EXPECT_NEAR(read(model).base.front(), std::log(0.25), 1e-15);
  model["learner"]["objective"]["name"] = "binary:logitraw";
  EXPECT_EQ(read(model).base.front(), 0.25);
}

TEST(XgboostReader, WeighsTreesOfDart) {
  Json model = small_model();
  Json& booster = model["learner"]["gradient_booster"];
  booster = {{"name", "dart"}, {"gbtree", {{"model", booster["model"]}}}, {"weight_drop", {0.25}}};
  EXPECT_EQ(margin(read(model), {0.5, 2.0}), 1.5);
}

TEST(XgboostReader, TakesSeveralTargetsOfALogisticModelForLabels) {
  Json model = small_model();
  model["learner"]["learner_model_param"]["num_target"] = "2";
  model["learner"]["objective"]["name"] = "binary:logistic";
  EXPECT_EQ(read(model).task, TreeTask::kLabels);
  EXPECT_EQ(read(model).output_count(), 2U);
}

TEST(XgboostReader, SendsListedCategoriesRight) {
  Json model = small_model();
  Json& tree = tree_of(model);
  tree["split_type"] = {1, 0, 0, 0, 0};
  tree["categories"] = {7, 3};
  tree["categories_nodes"] = {0};
  tree["categories_segments"] = {0};
  tree["categories_sizes"] = {2};
  const TreeEnsemble ensemble = read(model);
  EXPECT_EQ(margin(ensemble, {3.0, 0.0}), 2.5);
  EXPECT_EQ(margin(ensemble, {7.9, 0.0}), 2.5);
  EXPECT_EQ(margin(ensemble, {4.0, 0.0}), 1.5);
  EXPECT_EQ(margin(ensemble, {-1.0, 0.0}), 1.5);
  EXPECT_EQ(margin(ensemble, {1e30, 0.0}), 1.5);
}

TEST(XgboostReader, RefusesWhatItDoesNotKnow) {
  expect_error_after([](Json& model) { model["learner"]["gradient_booster"]["name"] = "gblinear"; }, "'gblinear'");
  expect_error_after([](Json& model) { model["learner"]["objective"]["name"] = "binary:hinge"; }, "'binary:hinge'");
  expect_error_after([](Json& model) { tree_of(model)["tree_param"]["size_leaf_vector"] = "3"; }, "multi_output_tree");
  // A categorical split without its categories.
  expect_error_after([](Json& model) { tree_of(model)["split_type"] = {1, 0, 0, 0, 0}; }, "sets of categories");
}

TEST(XgboostReader, RefusesDamagedFiles) {
  expect_xgboost_error("", "expected a model in JSON or UBJSON");
  expect_xgboost_error("binf", "expected a model in JSON or UBJSON");
  expect_xgboost_error("{}", "learner: expected an object, got none");
  const std::string text = small_model().dump();
  expect_xgboost_error(text.substr(0, text.size() / 2), "something else at byte");
  const std::string binary = content_of("regression.ubj");
  expect_xgboost_error(binary.substr(0, binary.size() / 2), "something else at byte");
  expect_error_after([](Json& model) { tree_of(model)["left_children"][2] = 0; }, "one parent");
  expect_error_after([](Json& model) { tree_of(model)["left_children"][2] = 99; }, "children below 5");
  expect_error_after([](Json& model) { tree_of(model)["right_children"][2] = -1; }, "children below 5");
  expect_error_after([](Json& model) { tree_of(model)["left_children"].push_back(-1); }, "expected 6 numbers, got 5");
  expect_error_after([](Json& model) { tree_of(model)["split_indices"][2] = 2; }, "a column below 2");
  expect_error_after([](Json& model) { tree_of(model)["split_indices"][2] = -3; }, "split_indices");
  expect_error_after([](Json& model) { tree_of(model)["split_conditions"][0] = nullptr; }, "a threshold, got NaN");
  expect_error_after([](Json& model) { tree_of(model)["split_conditions"][1] = 1e300; }, "a finite value");
  expect_error_after([](Json& model) { tree_of(model)["split_conditions"] = "x"; }, "expected a list, got 'x'");
  expect_error_after([](Json& model) { model["learner"]["gradient_booster"]["model"]["tree_info"] = {1}; },
                     "outputs below 1");
  expect_error_after([](Json& model) { model["learner"]["learner_model_param"]["base_score"] = "[1,x]"; },
                     "base_score: expected a number");
  expect_error_after([](Json& model) { model["learner"]["learner_model_param"]["num_class"] = "99999999"; },
                     "at most 65536");
  expect_error_after([](Json& model) { model["learner"]["learner_model_param"]["num_feature"] = "0"; }, "num_feature");
}

TEST(XgboostReader, RefusesFilesThatPretendToBeLarge) {
  using namespace std::string_literals;
  // 2^62 times true, which takes no byte each.
  expect_xgboost_error("{i\x01x[$T#L\x40\x00\x00\x00\x00\x00\x00\x00}"s, "more values than bytes");
  expect_xgboost_error("{i\x01x"s + std::string(100000, '['), "nested more than 64 deep");
  expect_xgboost_error("{\"x\":" + std::string(100000, '['), "nested more than 64 deep");
}

TEST(XgboostReader, RefusesTreesThatAreTooDeep) {
  Json model = small_model();
  Json& tree = tree_of(model);
  const int depth = 1500;
  for (const char* key : {"left_children", "right_children", "split_indices", "split_conditions", "default_left"}) {
    tree[key] = Json::array();
  }
  tree.erase("sum_hessian");
  for (int node = 0; node < depth; ++node) {
    for (const int child : {2 * node + 1, -1}) tree["left_children"].push_back(child);
    for (const int child : {2 * node + 2, -1}) tree["right_children"].push_back(child);
    for (int one = 0; one < 2; ++one) {
      tree["split_indices"].push_back(0);
      tree["split_conditions"].push_back(0.5);
      tree["default_left"].push_back(0);
    }
  }
  tree["left_children"].push_back(-1);
  tree["right_children"].push_back(-1);
  tree["split_indices"].push_back(0);
  tree["split_conditions"].push_back(0.5);
  tree["default_left"].push_back(0);
  expect_xgboost_error(model.dump(), "at most 1000 splits on a path");
}

}  // namespace
}  // namespace modattr::xgboost_reader_test
