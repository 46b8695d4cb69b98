// Models of trees, through the real program.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "peer_case.h"
#include "trees_project.h"

namespace modattr {
namespace {

using Words = std::vector<std::string>;

Scores tree_scores(Words arguments) {
  arguments.insert(arguments.begin(), {"--format", "json", "--quiet"});
  arguments.insert(arguments.begin(), "shap");
  return Scores(run_trees(arguments));
}

/// The tree of shap's test: arrays, left where x <= threshold.
Json nodes_of(const Json& arrays) {
  Json tree = {{"left_children", arrays.at("children_left")},
               {"right_children", arrays.at("children_right")},
               {"split_indices", Json::array()},
               {"split_conditions", Json::array()},
               {"default_left", Json::array()},
               {"sum_hessian", arrays.at("cover")}};
  for (std::size_t node = 0; node < arrays.at("feature").size(); ++node) {
    const bool is_leaf = arrays.at("children_left")[node] == -1;
    tree["split_indices"].push_back(is_leaf ? 0 : arrays.at("feature")[node].get<int>());
    // XGBoost goes left where x is below.
    tree["split_conditions"].push_back(is_leaf ? arrays.at("value")[node].get<float>()
                                               : std::nextafter(arrays.at("threshold")[node].get<float>(), 1e9F));
    tree["default_left"].push_back(0);
  }
  return tree;
}

/// The same tree as LightGBM writes it.
const char* const kAndTree =
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=1\nobjective=regression\n"
    "feature_names=Column_0 Column_1\nfeature_infos=[0:1] [0:1]\n\nTree=0\nnum_leaves=3\nnum_cat=0\nsplit_feature=0 1\n"
    "threshold=0.5 0.5\ndecision_type=2 2\nleft_child=-1 -2\nright_child=1 -3\nleaf_value=0 0 80\nleaf_count=2 1 1\n"
    "internal_count=4 2\nis_linear=0\nshrinkage=1\n\n\nend of trees\n";

TEST(TreePeerCases, PathDependentValuesOfATree) {
  const Json peer = peer_case("treeshap_and_tree_path_dependent");
  const double tolerance = peer.at("tolerance").at("abs_exact").get<double>();
  for (const std::string kind : {"xgboost", "lightgbm"}) {
    Project project(kind, {});
    project.add_modality("all", {"x"}).data({input_of(peer, 0, "x")});
    project.config()["modalities"][0]["kind"] = "columns";
    const Json tree = nodes_of(peer.at("params").at("tree"));
    write_file(project.path("model.pt"), kind == "xgboost" ? xgboost_model({tree}, 2).dump() : kAndTree);
    for (const std::string index : {"owen", "shapley"}) {
      const std::vector<Json> lines = explained_examples(
          project,
          {"--level", "feature", "--index", index, "--method", "tree", "--tree-values", "path-dependent", "--force"});
      ASSERT_EQ(lines.size(), 4U);
      for (std::size_t example = 0; example < 4; ++example) {
        EXPECT_NEAR(lines[example].at("value_empty").get<double>(), 20.0, tolerance);
        EXPECT_EQ(lines[example].at("method"), "tree");
        for (std::size_t player = 0; player < 2; ++player) {
          EXPECT_NEAR(lines[example].at("players")[player].at("value").get<double>(),
                      peer.at("expected").at("player_values")[example][player].get<double>(), tolerance)
              << kind << " " << index << " " << example;
        }
      }
    }
  }
}

/// Rows of a table, null = missing, as an array.
TestArray table_of(const Json& rows, const std::string& name) {
  std::vector<float> numbers;
  for (const Json& row : rows) {
    for (const Json& number : row) numbers.push_back(number.is_null() ? std::nanf("") : number.get<float>());
  }
  const auto row_count = static_cast<std::int64_t>(rows.size());
  return TestArray::of<float>(name, {row_count, static_cast<std::int64_t>(numbers.size()) / row_count}, numbers);
}

/// A model of fixtures/trees with its rows and background.
Project fixture_project(const Json& fixture) {
  const auto name = fixture.at("name").get<std::string>();
  Project project("xgboost", {});
  project.add_modality("a", {"x[0:3]"}).add_modality("b", {"x[3:5]"}).add_modality("c", {"x[5:8]"});
  for (Json& modality : project.config()["modalities"]) {
    modality["kind"] = "columns";
    modality["removal"] = {{"type", "background"}, {"path", "reference.npz"}, {"rows", 0}};
  }
  project.config()["model"]["path"] = (kFixtures / "trees" / (name + ".json")).string();
  std::vector<TestArray> arrays = {table_of(fixture.at("rows"), "x")};
  if (name == "poisson") project.config()["model"]["output"] = "margin";
  if (name == "logistic") project.config()["target"] = 1;
  if (name == "softprob") {
    project.config()["target"] = "label";
    const auto outputs = fixture.at("outputs").get<std::vector<std::int64_t>>();
    arrays.push_back(TestArray::of<std::int64_t>("label", {static_cast<std::int64_t>(outputs.size())}, outputs));
  }
  project.data(arrays);
  write_npz(project.path("reference.npz"), {table_of(fixture.at("background"), "x")});
  return project;
}

TEST(Trees, AgreeWithEnumerationThroughXgboost) {
  const Json fixtures = Json::parse(read_file(kFixtures / "trees" / "expected.json"));
  ASSERT_EQ(fixtures.size(), 6U);
  for (const Json& fixture : fixtures) {
    const Project project = fixture_project(fixture);
    const std::vector<Json> modalities = explained_examples(project, {"--method", "tree"});
    const std::vector<Json> owen = explained_examples(project, {"--level", "feature", "--force"});
    ASSERT_EQ(modalities.size(), fixture.at("rows").size());
    for (std::size_t example = 0; example < modalities.size(); ++example) {
      std::size_t modality = 0;
      for (const Json& value : modalities[example].at("modalities")) {
        EXPECT_NEAR(value.get<double>(), fixture.at("modalities")[example][modality++].get<double>(), 1e-6)
            << fixture.at("name");
      }
      EXPECT_NEAR(modalities[example].at("value_full").get<double>(), fixture.at("margins")[example].get<double>(),
                  1e-6);
      for (const Json& player : owen[example].at("players")) {
        const std::string name = player.at("modality").get<std::string>();
        const std::size_t first = name == "a" ? 0 : name == "b" ? 3 : 5;
        const std::size_t column = first + player.at("player").get<std::size_t>();
        EXPECT_NEAR(player.at("value").get<double>(), fixture.at("owen")[example][column].get<double>(), 1e-6)
            << fixture.at("name");
      }
    }
  }
}

TEST(Trees, GiveWhatEnumerationGives) {
  const Scores trees = tree_scores({"--method", "tree"});
  const Scores exact = tree_scores({"--method", "exact"});
  for (const std::string modality : {"vitals", "labs", "history"}) {
    for (const std::string definition : {"shapley.mean", "shapley.mean_abs", "share.abs"}) {
      EXPECT_NEAR(trees.value(modality, definition), exact.value(modality, definition), 1e-6);
    }
  }
  for (const std::string pair : {"vitals|labs", "vitals|history", "labs|history"}) {
    EXPECT_NEAR(trees.value(pair, "interaction.mean"), exact.value(pair, "interaction.mean"), 1e-6);
  }
  EXPECT_NEAR(trees.value("all", "interaction.intershap"), exact.value("all", "interaction.intershap"), 1e-6);
  EXPECT_EQ(trees.document().at("config").at("shap").at("value"), "logit");
}

TEST(Trees, GiveWhatEnumerationOfColumnsGives) {
  for (const std::string index : {"owen", "shapley"}) {
    const Words common = {"--level", "feature", "--index", index, "--examples", "3", "--background", "8"};
    Words enumerated = common;
    enumerated.insert(enumerated.end(), {"--method", "exact", "--budget", "1000000", "--interactions"});
    // Of its own accord.
    Words of_trees = common;
    of_trees.emplace_back("--interactions");
    const Scores exact = tree_scores(enumerated);
    const Scores trees = tree_scores(of_trees);
    EXPECT_EQ(trees.document().at("config").at("shap").at("method"), "tree");
    ASSERT_EQ(trees.document().at("rows").size(), exact.document().at("rows").size());
    for (const Json& row : exact.document().at("rows")) {
      if (row.at("value").is_null()) continue;
      EXPECT_NEAR(trees.value(row.at("modality").get<std::string>(), row.at("definition").get<std::string>()),
                  row.at("value").get<double>(), 1e-6)
          << row;
    }
  }
}

TEST(Trees, ExplainProbabilitiesByEnumeration) {
  const Scores scores = tree_scores({"--value", "probability", "--examples", "5"});
  EXPECT_EQ(scores.document().at("config").at("shap").at("method"), "auto");
  EXPECT_LE(std::abs(scores.value("labs", "shapley.mean")), 1.0);
}

TEST(Trees, HavePathDependentValuesOfTheirOwnName) {
  const Words path = {"--method", "tree", "--tree-values", "path-dependent"};
  const Scores modalities = tree_scores(path);
  double sum = 0.0;
  for (const std::string modality : {"vitals", "labs", "history"}) sum += modalities.value(modality, "tree.path_mean");
  EXPECT_NEAR(sum, modalities.value("all", "shapley.full") - modalities.value("all", "shapley.empty"), 1e-9);
  Words features = path;
  features.insert(features.end(), {"--level", "feature", "--interactions"});
  const Scores columns = tree_scores(features);
  EXPECT_NEAR(columns.value("labs", "tree.path_mean"), modalities.value("labs", "tree.path_mean"), 1e-9);
  columns.row("vitals|labs", "tree.path_pairs");
  columns.row("labs", "tree.path_owen");
}

TEST(Trees, SetMissingValuesAside) {
  const Project project = tree_project();
  const std::vector<Json> lines = explained_examples(project, {"--method", "tree", "--background", "0"});
  // Outputs of the rows are 0, 2, 4 and 2; row by row, mixed with every row.
  const double expected_full[] = {0.0, 2.0, 4.0, 2.0};
  for (std::size_t example = 0; example < 4; ++example) {
    EXPECT_EQ(lines[example].at("value_full"), expected_full[example]);
    EXPECT_EQ(lines[example].at("value_empty"), 2.0);
  }
  // Of (missing, missing): v(a) = (2 + 2 + 4 + 2) / 4, v(b) = (0 + 2 + 2 + 2) / 4.
  EXPECT_NEAR(lines[3].at("modalities").at("a").get<double>(), ((2.5 - 2.0) + (2.0 - 1.5)) / 2, 1e-12);
  EXPECT_NEAR(lines[3].at("modalities").at("b").get<double>(), ((1.5 - 2.0) + (2.0 - 2.5)) / 2, 1e-12);
}

TEST(Trees, ServeEveryCommand) {
  for (const Words& arguments : std::vector<Words>{{"permute", "--repeats", "2"},
                                                   {"permute", "--exact", "--examples", "40"},
                                                   {"shap", "--sage", "--examples", "30"},
                                                   {"lime", "--ids", "3", "--budget", "100"},
                                                   {"trace", "--examples", "100"},
                                                   {"inspect"}}) {
    const ProgramResult result = run_trees(arguments);
    EXPECT_EQ(result.exit_code, 0) << arguments.front() << ": " << result.errors;
  }
  const ProgramResult inspection = run_trees({"inspect"});
  EXPECT_NE(inspection.output.find("10 columns, by 30 trees of objective binary:logistic"), std::string::npos)
      << inspection.output;
  EXPECT_NE(inspection.output.find("trees have no encoders"), std::string::npos) << inspection.output;
}

TEST(Trees, CompareWithAnotherModelInCheck) {
  const Project project = tree_project("binary:logistic");
  for (const std::string out : {"before", "after"}) {
    EXPECT_EQ(project.run({"shap", "--method", "tree", "--out", out}).exit_code, 0);
  }
  const ProgramResult result = project.run({"check", "--baseline", "before", "after"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
}

TEST(Trees, AreRecognisedByInit) {
  const Project project = tree_project("binary:logistic");
  const ProgramResult result =
      project.run({"init", "--model", "model.json", "--data", "val.npz", "--config", "made.json"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const Json made = Json::parse(read_file(project.path("made.json")));
  EXPECT_EQ(made.at("model").at("kind"), "xgboost");
  EXPECT_EQ(made.at("metric"), "accuracy");
  EXPECT_EQ(made.at("modalities").at(0).at("kind"), "columns");
  expect_one_line(
      project.run({"init", "--model", "model.json", "--data", "val.npz", "--config", "b.json", "--kind", "regression"}),
      2, {"--kind", "says what its trees give"});
}

TEST(Trees, GivePredictionsOrMarginsOfRegressions) {
  Project project = tree_project("count:poisson");
  project.data({TestArray::of<double>("x", {2, 2}, {0, 1, 1, 3}), TestArray::of<double>("label", {2}, {1, 2})});
  project.config()["metric"] = "output";
  EXPECT_NEAR(project.permute().score(), (0.5 + 0.5 * std::exp(4.0)) / 2.0, 1e-6);
  expect_shap_failure(project, 2, {"--method tree", "model.output margin"}, {"--method", "tree"});
  project.config()["model"]["output"] = "margin";
  EXPECT_NEAR(project.permute().score(), std::log(0.5) + 2.0, 1e-6);
  EXPECT_NEAR(shap(project, {"--method", "tree", "--background", "0"}).value("all", "shapley.full"),
              std::log(0.5) + 2.0, 1e-6);
}

TEST(TreeErrors, NameWhatDoesNotFit) {
  Project project = tree_project();
  project.data({TestArray::of<float>("x", {2, 3}, {0, 1, 2, 1, 3, 4}), TestArray::of<float>("label", {2}, {1, 2})});
  expect_failure(project, 3, {"expected 2 columns", "got 3", "'x' has 3"});
  project = tree_project("binary:logistic");
  expect_shap_failure(project, 2, {"--method tree", "logit"}, {"--method", "tree", "--value", "probability"});
  expect_shap_failure(project, 2, {"--tree-values", "--method tree"},
                      {"--level", "feature", "--method", "leverage", "--tree-values", "path-dependent"});
  expect_shap_failure(project, 2, {"--interaction-index", "k-sii", "stii"},
                      {"--level", "feature", "--method", "tree", "--interactions", "--interaction-index", "stii"});
  expect_shap_failure(project, 2, {"--budget", "exact"}, {"--level", "feature", "--method", "tree", "--budget", "9"});
  expect_shap_failure(project, 2, {"--device", "processor"}, {"--device", "cuda"});
  expect_shap_failure(and_project(), 2, {"--method tree", "xgboost or lightgbm"}, {"--method", "tree"});
  project.config()["modalities"][0]["columns"] = {"pulse"};
  Json model = xgboost_model({small_tree()}, 2);
  model["learner"]["feature_names"] = {"rate", "weight"};
  write_file(project.path("model.json"), model.dump());
  expect_failure(project, 2, {"modalities[0]", "'rate'", "'pulse'"});
}

TEST(TreeErrors, NameWhatIsNotSupported) {
  const Project project = tree_project();
  Json model = xgboost_model({small_tree()}, 2);
  model["learner"]["gradient_booster"]["name"] = "gblinear";
  write_file(project.path("model.json"), model.dump());
  expect_failure(project, 3, {"model.json", "gblinear"});
  write_file(project.path("model.json"), model.dump().substr(0, 200));
  expect_failure(project, 3, {"model.json", "JSON"});
  Json without_covers = small_tree();
  without_covers.erase("sum_hessian");
  write_file(project.path("model.json"), xgboost_model({without_covers}, 2).dump());
  expect_shap_failure(project, 2, {"--tree-values", "interventional"},
                      {"--method", "tree", "--tree-values", "path-dependent"});
}

}  // namespace
}  // namespace modattr
