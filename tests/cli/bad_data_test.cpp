// Data files and metadata that are broken, hostile or do not fit.

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

/// A sound project of six examples; tests replace its data.
class BadData : public testing::Test {
 protected:
  BadData() : project_("logits", {"a", "b"}) {
    project_.model("def forward(self, a, b):\n  return a - b").data({a_, b_, label_});
  }

  void expect_data_failure(const std::vector<TestArray>& arrays, std::initializer_list<const char*> phrases) {
    project_.data(arrays);
    expect_failure(project_, 3, phrases);
  }

  static TestArray labels(const std::vector<std::int64_t>& values) {
    return TestArray::of<std::int64_t>("label", {static_cast<std::int64_t>(values.size())}, values);
  }

  TestArray a_ = TestArray::of<float>("a", {6, 1}, {1, -2, 3, 0.5F, 0, 2});
  TestArray b_ = TestArray::of<float>("b", {6, 1}, {0.5F, 1, -1, 2, 3, -0.5F});
  TestArray label_ = labels({1, 0, 1, 1, 0, 1});
  Project project_;
};

TEST_F(BadData, RowsThatDoNotMatchAreCounted) {
  Project project("logits", {"question", "b"});
  project.model("def forward(self, question, b):\n  return question")
      .data({TestArray::of<float>("question", {399, 1}, std::vector<float>(399)), b_,
             labels(std::vector<std::int64_t>(400))});
  const ProgramResult result = project.run({"permute", "--out", "other"});
  expect_one_line(result, 3, {});
  EXPECT_EQ(result.errors, "modattr: val.npz: input 'question': expected 400 rows like 'label', got 399\n");
  EXPECT_FALSE(std::filesystem::exists(project.path("other"))) << "a folder that was made for a run goes with it";
}

TEST_F(BadData, AMissingFileIsNamed) {
  expect_failure(project_, 3, {"none.npz: expected ", "got"}, {"--data", "none.npz"});
}

TEST_F(BadData, AnUnknownFormatIsNamed) {
  write_file(project_.path("val.txt"), "a,b,label\n1,2,0\n");
  expect_failure(project_, 3,
                 {"val.txt: expected a NumPy archive (.npz), a safetensors file or a torch.save dictionary (.pt), got"},
                 {"--data", "val.txt"});
}

TEST_F(BadData, ATruncatedArchiveIsNamed) {
  const std::string whole = read_file(project_.path("val.npz"));
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, whole.size() - 30}) {
    write_file(project_.path("val.npz"), whole.substr(0, size));
    expect_failure(project_, 3, {"val.npz: expected ", "got "});
  }
}

TEST_F(BadData, AFlippedBitOfAnArchiveIsFound) {
  std::string content = read_file(project_.path("val.npz"));
  // A byte of an element, which only a checksum protects.
  content[content.find("'shape'") + 60] ^= 1;
  write_file(project_.path("val.npz"), content);
  expect_failure(project_, 3, {"val.npz: ", "expected ", "got "});
}

TEST_F(BadData, AnArchiveThatUnpacksToMoreThanItsShapeIsRefused) {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 1), }";
  write_zip(project_.path("val.npz"),
            {{"a.npy", npy_content(header, std::string(std::size_t{64} << 20, '\0')), ZipCompression::kDeflated},
             {"b.npy", npy_content(b_)},
             {"label.npy", npy_content(label_)}});
  expect_failure(project_, 3, {"val.npz: ", "expected ", "got "});
}

TEST_F(BadData, AShapeBeyondAllMemoryIsRefused) {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 4611686018427387904), }";
  write_zip(project_.path("val.npz"),
            {{"a.npy", npy_content(header, "1234")}, {"b.npy", npy_content(b_)}, {"label.npy", npy_content(label_)}});
  expect_failure(project_, 3, {"val.npz: ", "expected ", "got "});
}

TEST_F(BadData, ATruncatedSafetensorsFileIsNamed) {
  const std::filesystem::path file = project_.path("val.safetensors");
  write_safetensors(file, {a_, b_, label_});
  const std::string whole = read_file(file);
  write_file(file, whole.substr(0, whole.size() - 1));
  expect_failure(project_, 3, {"val.safetensors: ", "expected ", "got "}, {"--data", "val.safetensors"});
}

TEST_F(BadData, AFlippedBitOfASafetensorsHeaderIsFound) {
  const std::filesystem::path file = project_.path("val.safetensors");
  write_safetensors(file, {a_, b_, label_});
  std::string content = read_file(file);
  content[content.find("F32")] ^= 1;
  write_file(file, content);
  expect_failure(project_, 3, {"val.safetensors: ", "'a'", "expected ", "got "}, {"--data", "val.safetensors"});
}

TEST_F(BadData, ALyingHeaderLengthIsRefused) {
  const std::filesystem::path file = project_.path("val.safetensors");
  write_safetensors(file, {a_, b_, label_});
  std::string content = read_file(file);
  content.replace(0, 8, "\xff\xff\xff\xff\xff\xff\xff\x7f");
  write_file(file, content);
  expect_failure(project_, 3, {"val.safetensors: expected ", "got "}, {"--data", "val.safetensors"});
}

TEST_F(BadData, OffsetsBeyondTheFileAreRefused) {
  write_file(project_.path("val.safetensors"),
             safetensors_content(R"({"a":{"dtype":"F32","shape":[6,1],"data_offsets":[0,24]}})", "1234"));
  expect_failure(project_, 3, {"val.safetensors: ", "expected ", "got "}, {"--data", "val.safetensors"});
}

TEST_F(BadData, ATorchFileThatIsNoDictionaryOfTensorsIsNamed) {
  for (const char* name : {"torch_number.pt", "torch_sparse.pt", "torch_legacy.pt", "torch_tensor.pt"}) {
    expect_failure(project_, 3, {name, "expected ", "got "}, {"--data", (kFixtures / "data" / name).string()});
  }
}

TEST_F(BadData, AMissingArrayNamesTheNearest) {
  TestArray other = b_;
  other.name = "bb";
  expect_data_failure({a_, other, label_}, {"val.npz: expected an array 'b' for the model's input, got none", "'bb'?"});
}

TEST_F(BadData, AMissingLabelNamesTheNearest) {
  project_.config()["data"]["label"] = "labels";
  expect_failure(project_, 3, {"val.npz: expected an array 'labels' for labels, got none", "did you mean 'label'?"});
}

TEST_F(BadData, NoLabelsAtAllAskForThem) {
  project_.data({a_, b_});
  expect_failure(project_, 2, {"metric 'accuracy': expected class labels, got no labels"});
}

TEST_F(BadData, RowNumbersAreChecked) {
  const TestArray two_rows = TestArray::of<float>("a", {2, 1}, {1, 2});
  const auto rows = [](std::int64_t third) {
    return TestArray::of<std::int64_t>("a__rows", {6}, {0, 1, third, 0, 1, 1});
  };
  expect_data_failure({two_rows, rows(2), b_, label_},
                      {"'a__rows' of row 2: expected 0 to 1 as 'a' has 2 rows, got 2"});
  expect_data_failure({two_rows, rows(-1), b_, label_}, {"'a__rows' of row 2: expected 0 to 1", "got -1"});
  expect_data_failure({two_rows, TestArray::of<float>("a__rows", {6}, {0, 1, 0, 1, 0, 1}), b_, label_},
                      {"'a__rows': expected int64[examples], got float32[6]"});
  expect_data_failure({two_rows, TestArray::of<std::int64_t>("a__rows", {2}, {0, 1}), b_, label_},
                      {"'a__rows': expected 6 rows like 'label', got 2"});
}

TEST_F(BadData, AnEmptySetHasNothingToScore) {
  expect_data_failure({TestArray::of<float>("a", {0, 1}, {}), TestArray::of<float>("b", {0, 1}, {}), labels({})},
                      {"val.npz: expected at least one example, got an empty set"});
}

TEST_F(BadData, OneExampleHasNoDonor) {
  project_.data({TestArray::of<float>("a", {1, 1}, {1}), TestArray::of<float>("b", {1, 1}, {2}), labels({1})});
  expect_failure(project_, 2, {"permute: expected at least 2 examples to permute, got 1"});
}

TEST_F(BadData, DuplicateIdsAreNamedWithTheirRows) {
  expect_data_failure({a_, b_, label_, TestArray::of<std::int64_t>("id", {6}, {4, 5, 6, 7, 5, 8})},
                      {"val.npz: ids: expected distinct values, got 5 twice (rows 1 and 4)"});
}

TEST_F(BadData, FloatIdsAreRefused) {
  expect_data_failure({a_, b_, label_, TestArray::of<float>("id", {6}, {1, 2, 3, 4, 5, 6})},
                      {"ids 'id': expected int64[examples] or text[examples], got float32[6]"});
}

TEST_F(BadData, LabelsOutOfRangeAreNamed) {
  expect_data_failure({a_, b_, labels({1, 0, 1, 2, 0, 1})},
                      {"label of row 3: expected 0 to 1 as the model has 2 classes, got 2"});
  expect_data_failure({a_, b_, labels({1, -1, 1, 0, 0, 1})}, {"label of row 1: expected 0 to 1", "got -1"});
}

TEST_F(BadData, FloatLabelsThatAreNotWholePointToRegression) {
  expect_data_failure(
      {a_, b_, TestArray::of<float>("label", {6}, {1, 0, 0.5F, 0, 1, 0})},
      {"label 'label': expected integer classes", "got float32[6] with 0.5 in row 2", "\"regression\""});
}

TEST_F(BadData, NotANumberAsALabelNamesItsRow) {
  project_.config()["model"]["kind"] = "regression";
  expect_data_failure(
      {a_, b_, TestArray::of<float>("label", {6}, {1, 0, 1, std::numeric_limits<float>::quiet_NaN(), 1, 0})},
      {"label 'label' of row 3: expected a finite number, got nan"});
}

TEST_F(BadData, AnswerCountsMustFitTheModel) {
  expect_data_failure({a_, b_, TestArray::of<std::int64_t>("label", {6, 5}, std::vector<std::int64_t>(30, 1))},
                      {"val.npz: labels: expected counts of 2 answers like the model's output, got 5"});
  expect_data_failure({a_, b_, TestArray::of<std::int64_t>("label", {6, 2}, std::vector<std::int64_t>(12, -1))},
                      {"label 'label' of row 0: expected counts of at least 0, got -1"});
}

TEST_F(BadData, NotANumberInAnInputNamesExampleAndInput) {
  a_ = TestArray::of<float>("a", {6, 1}, {1, -2, 3, std::numeric_limits<float>::quiet_NaN(), 0, 2});
  expect_data_failure({a_, b_, label_, TestArray::of<std::int64_t>("id", {6}, {10, 11, 12, 13, 14, 15})},
                      {"output for example 13: expected finite numbers, got nan",
                       "input 'a' of example 13 is not finite", "--skip-invalid"});
}

TEST_F(BadData, NothingButInvalidExamplesIsNoSet) {
  a_ = TestArray::of<float>("a", {6, 1}, std::vector<float>(6, std::numeric_limits<float>::infinity()));
  project_.data({a_, b_, label_});
  expect_failure(project_, 3, {"expected finite outputs for some examples, got none of 6"}, {"--skip-invalid"});
}

TEST_F(BadData, OneClassHasNoRocCurve) {
  project_.data({a_, b_, labels({1, 1, 1, 1, 1, 1})});
  const Scores scores = project_.permute({"--metric", "roc_auc", "--repeats", "2"});
  EXPECT_TRUE(scores.document().at("score").is_null());
  for (const Json& row : scores.document().at("rows")) {
    EXPECT_TRUE(row.at("value").is_null()) << row;
    EXPECT_TRUE(row.at("std_error").is_null()) << row;
    EXPECT_TRUE(row.at("ci95").is_null()) << row;
    EXPECT_TRUE(row.at("p_value").is_null()) << row;
  }
  EXPECT_NE(scores.document().at("warnings").dump().find("roc_auc is not defined"), std::string::npos);
  const ProgramResult table = project_.run({"permute", "--metric", "roc_auc", "--repeats", "2"});
  EXPECT_EQ(table.exit_code, 0);
  EXPECT_NE(table.output.find("roc_auc is not defined"), std::string::npos);
}

TEST_F(BadData, MetadataMustHaveALinePerExample) {
  project_.config()["data"]["metadata"] = "meta.jsonl";
  project_.config()["data"]["group"] = "topic";
  expect_failure(project_, 3, {"meta.jsonl: expected ", "got"});
  const std::string line = "{\"topic\": \"x\"}\n";
  write_file(project_.path("meta.jsonl"), line + line);
  expect_failure(project_, 3, {"meta.jsonl: expected 6 rows like 'label' of val.npz, got 2"});
  write_file(project_.path("meta.jsonl"), line + line + "{\"topic\": \n" + line + line + line);
  expect_failure(project_, 3, {"meta.jsonl:3: expected ", "got "});
  write_file(project_.path("meta.jsonl"), line + line + line + "{\"topics\": \"x\"}\n" + line + line);
  expect_failure(project_, 3, {"meta.jsonl:4: expected ", "topic", "got "});
}

TEST_F(BadData, AColumnThatIsNowhereIsNamed) {
  project_.config()["data"]["group"] = "topic";
  expect_failure(project_, 2,
                 {"data.group: expected an array of val.npz or a key of a data.metadata file, got 'topic'"});
  project_.config()["data"].erase("group");
  project_.config()["data"]["id"] = "key";
  expect_failure(project_, 2, {"data.id: expected an array of val.npz or a key", "got 'key'"});
}

}  // namespace
}  // namespace modattr
