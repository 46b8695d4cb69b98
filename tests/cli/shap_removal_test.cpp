// modattr shap: how modalities are removed, as modattr.json says.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shap_project.h"

namespace modattr {
namespace {

/// f = a b + c on three examples, where c is a sum of token ids.
class ShapRemoval : public testing::Test {
 protected:
  ShapRemoval() {
    project_.model("def forward(self, a, b, ids):\n  return a * b + ids.sum(1, True).float()").data(arrays_);
    set("b", {{"type", "zero"}});
    set("ids", {{"type", "token"}, {"id", 0}});
  }

  void set(const std::string& modality, const Json& removal) {
    for (Json& entry : project_.config()["modalities"]) {
      if (entry["name"] == modality) entry["removal"] = removal;
    }
  }
  void set_ids(const Json& special_ids) { project_.config()["modalities"][2]["special_ids"] = special_ids; }
  void add(const TestArray& array) {
    arrays_.push_back(array);
    project_.data(arrays_);
  }
  /// v(empty) of each example.
  std::vector<double> empty_values(const std::vector<std::string>& arguments = {}) {
    std::vector<double> values;
    for (const Json& line : explained_examples(project_, arguments)) {
      values.push_back(line.at("value_empty").get<double>());
    }
    return values;
  }
  static std::vector<double> same(double value) { return std::vector<double>(3, value); }

  std::vector<TestArray> arrays_ = {TestArray::of<float>("a", {3, 1}, {1, 2, 6}),
                                    TestArray::of<float>("b", {3, 1}, {10, 20, 30}),
                                    TestArray::of<std::int64_t>("ids", {3, 2}, {100, 5, 100, 6, 7, 8})};
  Project project_{"regression", {"a", "b", "ids"}};
};

TEST_F(ShapRemoval, ByConstants) {
  set("a", {{"type", "mean"}});
  set("b", {{"type", "value"}, {"value", 2.5}});
  EXPECT_EQ(empty_values(), same(3.0 * 2.5));
  set("b", {{"type", "zero"}});
  EXPECT_EQ(empty_values(), same(0.0));
  EXPECT_EQ(shap(project_).document().at("config").at("shap").at("background"), nullptr);
}

TEST_F(ShapRemoval, ByATokenThatLeavesSpecialIds) {
  set("a", {{"type", "zero"}});
  set("ids", {{"type", "token"}, {"id", 3}});
  EXPECT_EQ(empty_values(), same(6.0));
  set_ids({100, 8});
  EXPECT_EQ(empty_values(), (std::vector<double>{103, 103, 11}));
}

TEST_F(ShapRemoval, ByAFileOfOneRowOrOneForEachExample) {
  set("a", {{"type", "file"}});
  set("b", {{"type", "file"}});
  add(TestArray::of<float>("a__baseline", {1, 1}, {2}));
  add(TestArray::of<float>("b__baseline", {3, 1}, {1, 2, 3}));
  EXPECT_EQ(empty_values(), (std::vector<double>{2, 4, 6}));
  EXPECT_EQ(empty_values({"--ids", "2"}), std::vector<double>{6}) << "the example's own row";
}

TEST_F(ShapRemoval, ByABlur) {
  Project project("regression", {"image", "b"});
  project.config()["modalities"][0]["removal"] = {{"type", "blur"}};
  project.config()["modalities"][1]["removal"] = {{"type", "zero"}};
  std::vector<float> pixels(2 * 6 * 6, 0.5F);
  pixels[40] = 1.0F;
  project.model("def forward(self, image, b):\n  return image.amax([1, 2]) + 0 * b[:, 0]")
      .data({TestArray::of<float>("image", {2, 6, 6}, pixels), TestArray::of<float>("b", {2, 1}, {1, 2})});
  const std::vector<Json> lines = explained_examples(project);
  EXPECT_NEAR(lines[0].at("value_empty").get<double>(), 0.5, 1e-6) << "a constant image stays";
  EXPECT_EQ(lines[1].at("value_full"), 1.0);
  EXPECT_GT(lines[1].at("value_empty").get<double>(), 0.5);
  EXPECT_LT(lines[1].at("value_empty").get<double>(), 0.9);
}

TEST_F(ShapRemoval, ByABackgroundAndStandInsTogether) {
  set("b", {{"type", "value"}, {"value", 1}});
  const std::vector<Json> lines = explained_examples(project_);
  EXPECT_EQ(lines[0].at("value_empty"), 3.0) << "the mean of a";
  EXPECT_EQ(lines[0].at("evaluations"), 4 * 3 + 4) << "three rows where a is absent";
}

TEST_F(ShapRemoval, ByARowsNumberOfTheConfiguration) {
  set("a", {{"type", "background"}, {"rows", 2}});
  EXPECT_EQ(shap(project_).document().at("config").at("shap").at("background"), 2);
  EXPECT_EQ(shap(project_, {"--background", "1"}).document().at("config").at("shap").at("background"), 1);
  set("a", {{"type", "background"}, {"rows", 0}});
  EXPECT_EQ(shap(project_).document().at("config").at("shap").at("background"), 3);
}

TEST_F(ShapRemoval, ByAReferenceFile) {
  std::filesystem::create_directory(project_.path("sub"));
  const auto write = [&](const std::vector<TestArray>& arrays) {
    std::filesystem::remove(project_.path("sub/reference.npz"));
    write_npz(project_.path("sub/reference.npz"), arrays);
  };
  const TestArray a = TestArray::of<float>("a", {2, 1}, {4, 6});
  const TestArray b = TestArray::of<float>("b", {2, 1}, {10, 30});
  const TestArray ids = TestArray::of<std::int64_t>("ids", {2, 2}, {1, 1, 2, 2});
  set("a", {{"type", "background"}, {"path", "sub/reference.npz"}});
  set("b", {{"type", "background"}});
  write({a, b, ids});
  EXPECT_EQ(empty_values(), same((40.0 + 180.0) / 2.0)) << "a and b from the same row";
  // Relative to the configuration, not to the working folder.
  const TemporaryFolder elsewhere;
  EXPECT_EQ(run_program(
                {.arguments = {"shap", "--config", project_.path("modattr.json").string()}, .folder = elsewhere.path()})
                .exit_code,
            0);
  // It needs the inputs and nothing else.
  write(
      {a, b, ids, TestArray::of<std::int64_t>("id", {2}, {5, 5}), TestArray::of<float>("label", {5}, {1, 2, 3, 4, 5})});
  EXPECT_EQ(empty_values(), same(110.0));

  write({TestArray::of<float>("a", {2, 2}, {4, 6, 1, 1}), b, ids});
  expect_shap_failure(project_, 3, {"sub/reference.npz: input 'a'", "float32[2, 2]", "float32[3, 1]"});
  write({TestArray::of<double>("a", {2, 1}, {4, 6}), b, ids});
  expect_shap_failure(project_, 3, {"sub/reference.npz: input 'a'", "float64[2, 1]", "float32[3, 1]"});
  write({a, ids});
  expect_shap_failure(project_, 3, {"sub/reference.npz: expected an array 'b'"});
  std::filesystem::remove(project_.path("sub/reference.npz"));
  expect_shap_failure(project_, 3, {"sub/reference.npz: expected"});
}

TEST_F(ShapRemoval, ByAnotherReferenceOfEachModalityIsRefused) {
  set("a", {{"type", "background"}, {"path", "one.npz"}});
  set("b", {{"type", "background"}, {"path", "two.npz"}});
  expect_shap_failure(project_, 2, {"modattr.json: modality 'b': removal.path", "the same for every modality"});
  set("a", {{"type", "background"}, {"rows", 2}});
  set("b", {{"type", "background"}, {"rows", 3}});
  expect_shap_failure(project_, 2, {"modality 'b': removal.rows", "the same for every modality"});
}

TEST_F(ShapRemoval, IsRefusedWhereItSaysTooLittleOrTooMuch) {
  set("ids", {{"type", "token"}});
  expect_shap_failure(project_, 2, {"removal.id: expected"});
  set("ids", {{"type", "token"}, {"id", "mask"}});
  expect_shap_failure(project_, 2, {"removal.id: expected a whole number"});
  set("ids", {{"type", "token"}, {"id", 0}});
  set("b", {{"type", "value"}});
  expect_shap_failure(project_, 2, {"removal.value: expected"});
  set("b", {{"type", "zeros"}});
  expect_shap_failure(project_, 2, {"removal.type", "zeros", "did you mean 'zero'"});
  set("b", {{"type", "zero"}, {"row", 3}});
  expect_shap_failure(project_, 2, {"removal", "'row'", "rows"});
}

TEST_F(ShapRemoval, IsRefusedWhereItDoesNotGoWithTheData) {
  set("ids", {{"type", "mean"}});
  expect_shap_failure(project_, 2, {"modality 'ids': removal 'mean'", "int64[3, 2]"});
  set("ids", {{"type", "value"}, {"value", 0.5}});
  expect_shap_failure(project_, 2, {"modality 'ids': removal 'value'", "got 0.5"});
  set("ids", {{"type", "zero"}});
  set("a", {{"type", "token"}, {"id", 1}});
  expect_shap_failure(project_, 2, {"modality 'a': removal 'token'", "float32[3, 1]"});
  set("a", {{"type", "blur"}});
  expect_shap_failure(project_, 2, {"modality 'a': removal 'blur'", "images"});
  set("a", {{"type", "file"}});
  expect_shap_failure(project_, 3, {"val.npz: expected an array 'a__baseline'", "modality 'a'"});
  add(TestArray::of<float>("a__baseline", {2, 1}, {1, 2}));
  expect_shap_failure(project_, 2, {"modality 'a': removal 'file'", "float32[2, 1]"});
}

TEST_F(ShapRemoval, NamesTheNumberThatTheModelDoesNotTake) {
  project_.model("def forward(self, a, b, ids):\n  return a * b + torch.arange(200)[ids].sum(1, True).float()");
  for (const char* const split : {"--seed=0", "--no-split"}) {
    set("ids", {{"type", "token"}, {"id", 99999}});
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"shap"}, {"lime", "--budget", "all"}, {"permute"}}) {
      std::vector<std::string> arguments = words;
      arguments.emplace_back(split);
      expect_one_line(project_.run(arguments), 2,
                      {"modattr.json: modalities[2].removal.id: expected one that the model takes, got 99999; "});
    }
    set("ids", {{"type", "value"}, {"value", 201}});
    expect_shap_failure(project_, 2, {"modalities[2].removal.value: expected one that the model takes, got 201"},
                        {split});
    set("ids", {{"type", "token"}, {"id", 199}});
    EXPECT_EQ(project_.run({"shap", split}).exit_code, 0);
  }
}

TEST_F(ShapRemoval, SaysWhatToDoWhereTheOutputIsNotFiniteWithoutAModality) {
  project_.model("def forward(self, a, b, ids):\n  return a.log() * b + ids.sum(1, True).float()");
  set("a", {{"type", "value"}, {"value", -1}});
  for (const char* const skip : {"--skip-invalid", "--seed=0"}) {
    expect_shap_failure(project_, 3,
                        {"example 0 with a", " removed: expected finite numbers, got nan; ",
                         "; try another modalities[0].removal than value",
                         ", or leave the example out: ", "--skip-invalid sees untouched data only"},
                        {skip});
  }
}

}  // namespace
}  // namespace modattr
