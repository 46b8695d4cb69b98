// Models that are broken, hostile or do not fit: one line, exit code 3 (or 2 for the configuration), nothing left.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

/// A sound project of six examples; tests break its model.
class BadModel : public testing::Test {
 protected:
  BadModel() : project_("logits", {"a", "b"}) {
    project_.model("def forward(self, a, b):\n  return a - b")
        .data({TestArray::of<float>("a", {6, 1}, {1, -2, 3, 0.5F, 0, 2}),
               TestArray::of<float>("b", {6, 1}, {0.5F, 1, -1, 2, 3, -0.5F}),
               TestArray::of<std::int64_t>("label", {6}, {1, 0, 1, 1, 0, 1})});
  }

  void expect_model_failure(std::string_view forward, std::initializer_list<const char*> phrases) {
    project_.model(forward);
    expect_failure(project_, 3, phrases);
  }

  std::filesystem::path model_path() const { return project_.path("model.pt"); }

  Project project_;
};

TEST_F(BadModel, TheSoundOneWorks) {
  EXPECT_EQ(project_.run({"permute"}).exit_code, 0);
}

TEST_F(BadModel, WhatItPrintsIsNoPartOfTheResults) {
  project_.model("def forward(self, a, b):\n  print(\"called\", a.size(0))\n  return a - b");
  const ProgramResult result = project_.run({"permute", "--format", "json"});
  EXPECT_TRUE(Json::parse(result.output, nullptr, false).is_object()) << result.output;
  EXPECT_NE(result.errors.find("called"), std::string::npos) << result.errors;
}

TEST_F(BadModel, AMissingFileIsNamed) {
  std::filesystem::remove(model_path());
  expect_failure(project_, 3, {"model.pt: expected ", "No such file"});
}

TEST_F(BadModel, AFolderIsNoModel) {
  expect_failure(project_, 3, {"results: expected a file, got a directory"}, {"--model", "results"});
}

TEST_F(BadModel, ATruncatedFileIsNamed) {
  const std::string whole = read_file(model_path());
  write_file(model_path(), whole.substr(0, whole.size() / 2));
  expect_failure(project_, 3, {"model.pt: expected ", "got "});
}

TEST_F(BadModel, AFlippedBitIsFound) {
  std::string content = read_file(model_path());
  content[content.find("forward")] ^= 4;
  write_file(model_path(), content);
  expect_failure(project_, 3, {"model.pt", "expected ", "got "});
}

TEST_F(BadModel, AnEmptyFileIsNamed) {
  write_file(model_path(), "");
  expect_failure(project_, 3, {"model.pt: expected ", "got "});
}

TEST_F(BadModel, AFileThatIsNoArchiveIsNamed) {
  write_file(model_path(), std::string(3000, 'x'));
  expect_failure(project_, 3, {"model.pt: expected ", "got "});
}

TEST_F(BadModel, AStateDictionaryIsNotAModel) {
  expect_failure(project_, 3, {"torch_state_dictionary.pt: expected a TorchScript model", "torch.jit.script"},
                 {"--model", (kFixtures / "data/torch_state_dictionary.pt").string()});
}

TEST_F(BadModel, ADataFileIsNotAModel) {
  expect_failure(project_, 3, {"val.npz: expected a TorchScript model"}, {"--model", "val.npz"});
}

TEST_F(BadModel, AModelWithoutForwardIsNamed) {
  save_model_without_forward(model_path());
  expect_failure(project_, 3, {"model.pt: expected a model with a forward() method, got none"});
}

TEST_F(BadModel, AnExceptionOfTheModelIsQuoted) {
  expect_model_failure("def forward(self, a, b):\n  assert False, \"out of\\nluck\"\n  return a",
                       {"model.pt: forward() failed on a float32[32, 1], b float32[32, 1]: ", "out of"});
}

TEST_F(BadModel, AShapeMismatchInsideIsQuoted) {
  expect_model_failure("def forward(self, a, b):\n  return a.reshape(3, -1, 5) - b",
                       {"model.pt: forward() failed on a float32[32, 1]", "shape"});
}

TEST_F(BadModel, AWrongTypeForAnEmbeddingIsQuoted) {
  expect_model_failure("def forward(self, a, b):\n  return torch.embedding(torch.ones([3, 1]), a)",
                       {"model.pt: forward() failed on a float32[32, 1]", "indices"});
}

TEST_F(BadModel, ForwardMustTakeTensors) {
  expect_model_failure("def forward(self):\n  return torch.ones([1])", {"expected forward() to take tensors"});
}

TEST_F(BadModel, OtherArgumentsAreNamedWithTheirType) {
  expect_model_failure("def forward(self, a, n: int):\n  return a", {"forward() argument 'n'", "got int"});
}

TEST_F(BadModel, AnArgumentWithoutAModalityListsBothSides) {
  project_.model("def forward(self, a, b, mask, extra: Optional[Tensor] = None):\n  return a");
  expect_failure(project_, 2, {"modalities: expected the inputs of forward() of model.pt: a, b, mask", "; got a, b"});
}

TEST_F(BadModel, AModalityWithoutAnArgumentListsBothSides) {
  project_.model("def forward(self, a):\n  return a");
  expect_failure(project_, 2, {"modalities: expected the inputs of forward() of model.pt: a; got a, b"});
}

TEST_F(BadModel, TooFewRowsAreNamed) {
  expect_model_failure("def forward(self, a, b):\n  return a[1:]",
                       {"model.pt: output: expected [32] or [32, outputs]", "got float32[31, 1]"});
}

TEST_F(BadModel, ThreeDimensionsAreNamed) {
  expect_model_failure("def forward(self, a, b):\n  return a.unsqueeze(2)", {"got float32[32, 1, 1]"});
}

TEST_F(BadModel, OneNumberForAllRowsIsNamed) {
  expect_model_failure("def forward(self, a, b):\n  return a.sum()", {"output: expected [32]", "got float32[]"});
}

TEST_F(BadModel, ATextIsNoOutput) {
  expect_model_failure("def forward(self, a, b):\n  return \"cat\"", {"output: expected a tensor, got str"});
}

TEST_F(BadModel, NoColumnsAreNoOutput) {
  expect_model_failure("def forward(self, a, b):\n  return a[:, 1:]", {"output: expected", "got float32[32, 0]"});
}

TEST_F(BadModel, ComplexNumbersAreNoOutput) {
  expect_model_failure("def forward(self, a, b):\n  return torch.complex(a, b)", {"output: expected real numbers"});
}

TEST_F(BadModel, AnOutputThatChangesItsWidthIsFound) {
  project_.config()["model"]["rows_per_call"] = 3;
  expect_model_failure("def forward(self, a, b):\n  return a - b if bool(a[0, 0] > 0.75) else torch.cat([a, a, b], 1)",
                       {"output: expected rows of 1 like those before, got 3"});
}

TEST_F(BadModel, ATracedNumberOfRowsIsNamed) {
  for (const std::string rows : {"1", "4", "16"}) {
    project_.model("def forward(self, a, b):\n  return (a - b).view(" + rows + ", 1)");
    const std::string expected = "model.rows_per_call: expected " + rows + ", a number of rows that ";
    expect_failure(project_, 2, {expected.c_str(), ", got 32: "});
  }
}

TEST_F(BadModel, AnIndexBeyondTheTupleNamesItsSize) {
  project_.config()["model"]["output"] = 2;
  project_.model("def forward(self, a, b):\n  return (a, b)");
  expect_failure(project_, 2, {"model.output: expected an index below 2", "got 2"});
}

TEST_F(BadModel, AnUnknownKeyNamesTheNearest) {
  project_.config()["model"]["output"] = "logit";
  project_.model("def forward(self, a, b):\n  return {\"logits\": a, \"hidden\": b}");
  expect_failure(project_, 2, {"model.output: expected a key", "got 'logit'", "did you mean 'logits'?"});
}

TEST_F(BadModel, InfiniteOutputNamesTheExample) {
  expect_model_failure("def forward(self, a, b):\n  return a / (a - 3)",
                       {"model.pt: output for example 2: expected finite numbers, got inf"});
}

TEST_F(BadModel, NotANumberOfAMixNamesBothExamples) {
  expect_model_failure("def forward(self, a, b):\n  return torch.sqrt(a + 2 * b + 3.5)",
                       {"output for example ", " with ", " of example ", "expected finite numbers, got "});
}

TEST_F(BadModel, RegressionHasAColumnOfLabelsForEveryOutput) {
  project_.config()["model"]["kind"] = "regression";
  project_.model("def forward(self, a, b):\n  return torch.cat([a, b], 1)");
  expect_failure(project_, 3, {"val.npz: labels: expected one column for each of the model's outputs, 2, got 1"});
}

}  // namespace
}  // namespace modattr
