// Kinds of models, of their arguments and outputs, and of data files.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr::tasks_test {
namespace {

const std::vector<float> kA = {1, -2, 3, 0.5F, 0, 2};
const std::vector<float> kB = {0.5F, 1, -1, 2, 3, -0.5F};
const std::vector<std::int64_t> kBinary = {1, 0, 1, 1, 0, 1};

std::vector<TestArray> binary_data() {
  return {TestArray::of<float>("a", {6, 1}, kA), TestArray::of<float>("b", {6, 1}, kB),
          TestArray::of<std::int64_t>("label", {6}, kBinary)};
}

std::string rows_of(std::string_view kind, std::string_view forward, const char* metric) {
  Project project(kind, {"a", "b"});
  project.model(forward).data(binary_data());
  return project.permute({"--repeats", "3", "--metric", metric}).row_text();
}

TEST(Tasks, TwoClassesCanBeOneLogitTwoLogitsOrProbabilities) {
  const std::string one = rows_of("logits", "def forward(self, a, b):\n  return a - b", "accuracy");
  EXPECT_EQ(rows_of("logits", "def forward(self, a, b):\n  return (a - b).flatten()", "accuracy"), one) << "[N]";
  EXPECT_EQ(rows_of("logits", "def forward(self, a, b):\n  return torch.cat([b, a], 1)", "accuracy"), one);
  EXPECT_EQ(rows_of("probabilities", "def forward(self, a, b):\n  return torch.sigmoid(a - b)", "accuracy"), one);
  EXPECT_EQ(
      rows_of("probabilities", "def forward(self, a, b):\n  return torch.softmax(torch.cat([b, a], 1), 1)", "accuracy"),
      one);
}

TEST(Tasks, ProbabilitiesAreNoOtherNumbers) {
  Project project("probabilities", {"a"});
  project.model("def forward(self, a):\n  return a * 10.0 - 3.0").data(binary_data());
  expect_failure(project, 2,
                 {"model.kind: expected probabilities from ", "model.pt, got ", "is it of kind \"logits\"?"});
  project.model("def forward(self, a):\n  p = torch.sigmoid(a)\n  return torch.cat([p, p], 1)");
  const Scores scores = project.permute({"--repeats", "1", "--metric", "accuracy"});
  EXPECT_NE(scores.document().at("warnings").dump().find("the probabilities of an example sum to "), std::string::npos);
}

TEST(Tasks, LogLossOfLogitsIsThatOfTheirProbabilities) {
  Project project("logits", {"a", "b"});
  project.data(binary_data()).model("def forward(self, a, b):\n  return torch.cat([b, a], 1)");
  const Scores logits = project.permute({"--exact", "--metric", "log_loss"});
  project.config()["model"]["kind"] = "probabilities";
  project.model("def forward(self, a, b):\n  return torch.softmax(torch.cat([b, a], 1), 1)");
  const Scores probabilities = project.permute({"--exact", "--metric", "log_loss"});
  EXPECT_NEAR(logits.score(), probabilities.score(), 1e-6);
  EXPECT_NEAR(logits.drop("a"), probabilities.drop("a"), 1e-6);
  EXPECT_GT(logits.drop("a"), 0.0) << "a smaller loss is better";
}

/// A regression of a + 10 b whose outputs are selected by `output`; gives the rows.
std::string selected_rows(std::string_view forward, const Json& output) {
  Project project("regression", {"a", "b"});
  project.config()["model"]["output"] = output;
  project.model(forward).data({TestArray::of<float>("a", {6, 1}, kA), TestArray::of<float>("b", {6, 1}, kB),
                               TestArray::of<float>("label", {6}, kA)});
  return project.permute({"--exact"}).row_text();
}

TEST(Tasks, OutputsOfTuplesListsAndDictionariesAreSelected) {
  const std::string plain = selected_rows("def forward(self, a, b):\n  return a + 10 * b", 0);
  EXPECT_EQ(selected_rows("def forward(self, a, b):\n  return (a, a + 10 * b)", 1), plain);
  EXPECT_EQ(selected_rows("def forward(self, a, b):\n  return [a + 10 * b, b]", 0), plain);
  EXPECT_EQ(selected_rows("def forward(self, a, b):\n  return {\"x\": b, \"sum\": a + 10 * b}", "sum"), plain);
  EXPECT_EQ(selected_rows("def forward(self, a, b):\n  return {\"only\": a + 10 * b}", 0), plain);
  EXPECT_EQ(selected_rows("def forward(self, x: Dict[str, Tensor]):\n  return x[\"a\"] + 10 * x[\"b\"]", 0), plain)
      << "a dictionary of inputs";
  EXPECT_EQ(selected_rows("def forward(self, b, a):\n  return a + 10 * b", 0), plain) << "matched by name";
  EXPECT_EQ(selected_rows("def forward(self, a, b, c: Optional[Tensor] = None, scale: float = 10.0):\n"
                          "  return a + scale * b if c is None else c",
                          0),
            plain)
      << "optional arguments keep their defaults";
}

TEST(Tasks, AnOptionalArgumentIsUsedWhenAModalityNamesIt) {
  Project project("regression", {"a", "b"});
  project.model("def forward(self, a, b: Optional[Tensor] = None):\n  return a if b is None else b")
      .data({TestArray::of<float>("a", {6, 1}, kA), TestArray::of<float>("b", {6, 1}, kB),
             TestArray::of<float>("label", {6}, kB)});
  const Scores scores = project.permute({"--exact"});
  EXPECT_EQ(scores.score(), 0.0);
  EXPECT_EQ(scores.drop("a"), 0.0);
  EXPECT_GT(scores.drop("b"), 0.0);
}

TEST(Tasks, InputsReachTheModelInTheirOwnType) {
  // The numbers of c10::ScalarType: the text of a model has no names for them.
  Project project("regression", {"flag", "token", "half", "double", "pixel"});
  project
      .model(
          "def forward(self, flag, token, half, double, pixel):\n"
          "  assert flag.dtype == 11 and token.dtype == 4 and half.dtype == 5 and double.dtype == 7\n"
          "  assert pixel.dtype == 0 and pixel.dim() == 4\n"
          "  table = torch.tensor([0.0, 100.0, 200.0])\n"
          "  words = table[token].sum(1)\n"
          "  return words.double() + double + half.double() + flag.double() + pixel.double().mean([1, 2, 3])")
      .data({TestArray::of<bool>("flag", {3}, {true, false, true}),
             TestArray::of<std::int64_t>("token", {3, 2}, {0, 1, 2, 2, 1, 1}),
             TestArray::of<c10::Half>("half", {3}, {c10::Half(0.5F), c10::Half(0.25F), c10::Half(2.0F)}),
             TestArray::of<double>("double", {3}, {1e-9, 2e-9, 3e-9}),
             TestArray::of<std::uint8_t>("pixel", {3, 1, 2, 2}, {255, 255, 255, 255, 0, 0, 0, 4, 8, 8, 8, 8})});
  const Scores scores = project.permute({"--repeats", "1", "--metric", "output"});
  EXPECT_NEAR(scores.score(), (100 + 400 + 200 + 6e-9 + 2.75 + 2 + 255 + 1 + 8) / 3.0, 1e-12);
}

TEST(Tasks, SharedRowsGiveTheNumbersOfTheExpandedSet) {
  const char* forward = "def forward(self, image, question):\n  return image.sum([1, 2]) * question[:, 0]";
  const std::vector<float> questions = {1, 2, 3, 4, 5, 6};
  const TestArray question = TestArray::of<float>("question", {6, 1}, questions);
  const TestArray label = TestArray::of<float>("label", {6}, {0, 1, 2, 3, 4, 5});
  Project project("regression", {"image", "question"});
  project.model(forward).data({TestArray::of<float>("image", {2, 1, 2}, {1, 2, -3, 1}),
                               TestArray::of<std::int64_t>("image__rows", {6}, {1, 0, 0, 1, 1, 0}), question, label});
  const std::string shared = project.permute({"--repeats", "4"}).row_text();
  project.data({TestArray::of<float>("image", {6, 1, 2}, {-3, 1, 1, 2, 1, 2, -3, 1, -3, 1, 1, 2}), question, label});
  EXPECT_EQ(project.permute({"--repeats", "4"}).row_text(), shared);
}

TEST(Tasks, EveryFileFormatGivesTheSameRows) {
  std::vector<TestArray> arrays = binary_data();
  arrays.push_back(TestArray::of<std::int64_t>("id", {6}, {3, 1, 4, 15, 9, 2}));
  Project project("logits", {"a", "b"});
  project.model("def forward(self, a, b):\n  return a - b").data(arrays);
  write_npz(project.path("deflated.npz"), arrays, ZipCompression::kDeflated);
  write_safetensors(project.path("val.safetensors"), arrays);
  write_pt(project.path("val.pt"), arrays);
  const std::string stored = project.permute({"--metric", "log_loss"}).row_text();
  for (const char* file : {"deflated.npz", "val.safetensors", "val.pt"}) {
    EXPECT_EQ(project.permute({"--metric", "log_loss", "--data", file}).row_text(), stored) << file;
  }
}

TEST(Tasks, AFileOfTorchSaveIsRead) {
  Project project("regression", {"x", "b"});
  project.model("def forward(self, x, b):\n  return x.sum(1) * b");
  // x is 0 1 2 / 3 4 5 and b True False.
  const Scores scores =
      project.permute({"--exact", "--metric", "output", "--data", (kFixtures / "data/torch_dictionary.pt").string()});
  EXPECT_EQ(scores.score(), 1.5);
  EXPECT_EQ(scores.value("b", "permutation.without"), 6.0);
}

TEST(Tasks, AModelThatLearnsNothingFromOneModalityGivesTheOtherTheWholeEffect) {
  Project project("logits", {"a", "b"});
  project.model("def forward(self, a, b):\n  return a").data(binary_data());
  const Scores scores = project.permute({"--exact"});
  EXPECT_EQ(scores.drop("b"), 0.0);
  EXPECT_EQ(scores.value("a", "permutation.alone"), scores.score());
  EXPECT_EQ(scores.value("b", "permutation.alone"), scores.value("a", "permutation.without"));
}

TEST(Tasks, AllPairsGiveTheGapToTheAdditiveProjection) {
  // The logits of Hessel and Lee (EMNLP 2020), text by picture, project to -0.8, 2.1 and 0.5.
  Project project("regression", {"text", "image"});
  project
      .model(R"(def forward(self, text, image):
  logits = torch.tensor([[-1.3, 0.3, -0.2], [0.8, 3.0, 1.1], [1.1, -0.1, 0.7]])
  return logits[text, image])")
      .data({TestArray::of<std::int64_t>("text", {3}, {0, 1, 2}), TestArray::of<std::int64_t>("image", {3}, {0, 1, 2}),
             TestArray::of<float>("label", {3}, {-0.8F, 2.1F, 0.5F})});
  const Scores scores = project.permute({"--exact", "--metric", "mse"});
  for (const char* modality : {"text", "image"}) {
    EXPECT_NEAR(scores.value(modality, "emap.gap"), (0.25 + 0.81 + 0.04) / 3.0, 1e-6) << modality;
  }
  EXPECT_EQ(scores.document().at("evaluations").at("model"), 3 + 9) << "the clean outputs, and each pair once";
}

TEST(Tasks, ColumnsOfNoModalityLeaveTheGapUndefined) {
  Project project("regression", {"x[0]", "x[1]"});
  project.model("def forward(self, x):\n  return x.prod(1)")
      .data({TestArray::of<float>("x", {3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}),
             TestArray::of<float>("label", {3}, {1, 2, 3})});
  const Scores scores = project.permute({"--exact"});
  for (const Json& row : scores.document().at("rows")) {
    if (row.at("definition") == "emap.gap") {
      EXPECT_EQ(row.at("value"), nullptr);
    }
  }
  EXPECT_NE(scores.document().at("warnings").dump().find("belong to no modality"), std::string::npos);
}

TEST(Tasks, OneModalityHasNothingElseToPermute) {
  Project project("logits", {"a"});
  project.model("def forward(self, a):\n  return a").data(binary_data());
  const Scores scores = project.permute({"--repeats", "2"});
  EXPECT_EQ(scores.value("a", "permutation.alone"), scores.score());
  // A permutation of rows is no new mix.
  EXPECT_EQ(scores.document().at("evaluations").at("model"), 6);
}

TEST(Tasks, AModelOfAFixedBatchSizeRunsWithRowsPerCall) {
  Project project("logits", {"a", "b"});
  project.config()["model"]["rows_per_call"] = 4;
  project.model("def forward(self, a, b):\n  assert a.size(0) == 4\n  return a - b").data(binary_data());
  EXPECT_EQ(project.permute({"--repeats", "2", "--no-split"}).document().at("evaluations").at("model"),
            6 * (1 + 2 * 2));
  EXPECT_LE(project.permute({"--repeats", "2"}).document().at("evaluations").at("model"), 6 * 6);
}

}  // namespace
}  // namespace modattr::tasks_test
