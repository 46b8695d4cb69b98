// Kinds of models: where each is split, and that the parts give the results of the whole.

#include "modattr/split/split_model.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "split_trial.h"
#include "value/fake_model.h"

namespace modattr::split_model_test {
namespace {

constexpr std::int64_t kRows = SplitTrial::kRowCount;

const std::vector<TrialInput> kImageAndText = {{"image", 0, floats({kRows, 1, 8, 8}, 1)},
                                               {"text", 1, integers({kRows, 6}, 20, 2)}};
const std::vector<TrialInput> kPair = {{"a", 0, floats({kRows, 4}, 3)}, {"b", 1, floats({kRows, 4}, 4)}};

std::vector<TrialInput> with_c(TrialInput c) {
  return {kPair[0], kPair[1], std::move(c)};
}

TEST(SplitModel, EncodesAPictureAndAQuestionApart) {
  const SplitTrial trial(
      R"(def forward(self, image, text):
  seen = torch.relu(torch.conv2d(image, self.kernel, None, [2, 2], [1, 1])).flatten(1)
  words = torch.embedding(self.words, text)
  h0 = torch.zeros([1, words.size(0), 3])
  read = torch.gru(words, h0, [self.wi, self.wh, self.bi, self.bh], True, 1, 0.0, False, False, True)[0][:, -1]
  return torch.cat([seen, read], 1) @ self.head)",
      kImageAndText,
      {weight("kernel", {2, 1, 3, 3}, 1), weight("words", {20, 4}, 2), weight("wi", {9, 4}, 3), weight("wh", {9, 3}, 4),
       weight("bi", {9}, 5), weight("bh", {9}, 6), weight("head", {35, 3}, 7)});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().encoder_size(0).operation_count, 3U);
  EXPECT_GE(trial.split().encoder_size(1).operation_count, 5U);
  EXPECT_LE(trial.split().fusion_size().operation_count, 3U);
  EXPECT_EQ(trial.split().raw_inputs(), std::vector<std::size_t>{});
}

struct Fixture {
  const char* name;
  std::vector<TrialInput> inputs;
  std::size_t most_fusion_operations;
};

class NestedModel : public testing::TestWithParam<Fixture> {};

TEST_P(NestedModel, GivesTheSameInParts) {
  for (const char* kind : {"_scripted.pt", "_traced.pt"}) {
    const SplitTrial trial = SplitTrial::of_file(
        std::filesystem::path(MODATTR_TEST_DIR) / "fixtures/split" / (std::string(GetParam().name) + kind),
        GetParam().inputs);
    ASSERT_TRUE(trial.is_split()) << kind << ": " << trial.reason();
    trial.expect_same_results();
    // Freezing may fold a normalisation into the layer before it.
    for (const std::size_t modality : {0U, 1U})
      EXPECT_GE(trial.split().encoder_size(modality).operation_count, 2U) << kind;
    EXPECT_LE(trial.split().fusion_size().operation_count, GetParam().most_fusion_operations) << kind;
    EXPECT_EQ(trial.split().raw_inputs(), std::vector<std::size_t>{}) << kind;
  }
}

const at::Tensor kPaddingMask = (at::arange(6).unsqueeze(0) <= integers({kRows, 1}, 6, 9)).to(at::kLong);

INSTANTIATE_TEST_SUITE_P(
    Kinds, NestedModel,
    testing::Values(Fixture{"gru", kImageAndText, 8}, Fixture{"lstm", kImageAndText, 8},
                    Fixture{"residual", {kImageAndText[0], {"table", 1, floats({kRows, 5}, 6)}}, 8},
                    Fixture{"transformer",
                            {kImageAndText[0], {"ids", 1, integers({kRows, 6}, 20, 8)}, {"mask", 1, kPaddingMask}},
                            45},
                    Fixture{"cell", kImageAndText, 3}),
    [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(SplitModel, PacksSequencesInTheirEncoder) {
  const SplitTrial trial =
      SplitTrial::of_file(std::filesystem::path(MODATTR_TEST_DIR) / "fixtures/split/packed_scripted.pt", kImageAndText);
  ASSERT_TRUE(trial.is_split()) << trial.reason();
  trial.expect_same_results();
  EXPECT_LE(trial.split().fusion_size().operation_count, 3U);
}

TEST(SplitModel, EncodesOnlyTheStemsOfASingleStream) {
  const SplitTrial trial(
      R"(def forward(self, image, text):
  patches = torch.conv2d(image, self.kernel, None, [4, 4]).flatten(2).transpose(1, 2)
  stream = torch.cat([torch.embedding(self.words, text), patches], 1)
  for layer in range(2):
    weights = torch.softmax(stream @ self.query @ stream.transpose(1, 2), -1)
    stream = stream + torch.relu(weights @ stream @ self.value)
  return stream[:, 0])",
      kImageAndText,
      {weight("kernel", {4, 1, 4, 4}, 1), weight("words", {20, 4}, 2), weight("query", {4, 4}, 3),
       weight("value", {4, 4}, 4)});
  trial.expect_same_results();
  EXPECT_GE(trial.split().fusion_size().operation_count, 3U);
  EXPECT_EQ(trial.split().encoding_count(0), 1U);
  EXPECT_EQ(trial.split().encoding_count(1), 1U);
}

TEST(SplitModel, TakesThreeModalities) {
  const SplitTrial trial("def forward(self, a, b, c): return torch.relu(a) * torch.tanh(b) + torch.sigmoid(c)",
                         with_c({"c", 2, floats({kRows, 4}, 5)}));
  trial.expect_same_results();
  for (const std::size_t modality : {0U, 1U, 2U}) EXPECT_EQ(trial.split().encoder_size(modality).operation_count, 1U);
  EXPECT_EQ(trial.split().fusion_size().operation_count, 2U);
}

TEST(SplitModel, PutsTwoInputsOfAModalityInOneEncoder) {
  const SplitTrial trial("def forward(self, a, b, c): return torch.relu(torch.relu(a) * torch.tanh(c)) + b",
                         with_c({"c", 0, floats({kRows, 4}, 5)}));
  trial.expect_same_results();
  EXPECT_EQ(trial.split().encoding_count(0), 1U) << "products inside a modality are its encoder's";
  EXPECT_EQ(trial.split().encoder_size(0).operation_count, 4U);
  EXPECT_EQ(trial.split().raw_inputs(), std::vector<std::size_t>{1});
}

TEST(SplitModel, LeavesOutAModalityThatTheModelDoesNotUse) {
  const SplitTrial trial("def forward(self, a, b, c): return torch.relu(a) + torch.relu(c)",
                         with_c({"c", 2, floats({kRows, 4}, 5)}));
  trial.expect_same_results();
  EXPECT_EQ(trial.split().encoding_count(1), 0U);
}

TEST(SplitModel, ReadsADictionaryByItsKeys) {
  const SplitTrial trial(
      "def forward(self, inputs: Dict[str, Tensor]): return torch.relu(inputs['a']) + torch.tanh(inputs['b'])", kPair);
  trial.expect_same_results();
  EXPECT_EQ(trial.split().encoder_size(0).operation_count, 1U);
}

TEST(SplitModel, TakesNamesThatAGraphWouldRefuse) {
  std::vector<TrialInput> inputs = kPair;
  inputs[0].name = "0";
  inputs[1].name = "two words.1";
  SplitTrial(
      "def forward(self, inputs: Dict[str, Tensor]): return torch.relu(inputs['0']) + torch.tanh(inputs['two "
      "words.1'])",
      inputs)
      .expect_same_results();
}

TEST(SplitModel, GivesOneOfSeveralOutputs) {
  const std::string tuple = "def forward(self, a, b): return (torch.relu(a), torch.relu(a) * torch.tanh(b))";
  SplitTrial(tuple, kPair, {}, std::size_t{0}).expect_same_results();
  SplitTrial(tuple, kPair, {}, std::size_t{1}).expect_same_results();
  const std::string dictionary =
      "def forward(self, a, b): return {'x': torch.relu(a), 'y': torch.relu(a) @ b.t()[:, :3]}";
  SplitTrial(dictionary, kPair, {}, std::string("x")).expect_same_results();
  SplitTrial("def forward(self, a, b): return [torch.relu(a), torch.tanh(b)]", kPair, {}, std::size_t{1})
      .expect_same_results();
}

TEST(SplitModel, RunsLoopsAndBranchesInTheirEncoder) {
  const SplitTrial trial(
      R"(def forward(self, a, b):
  state = torch.zeros_like(a[:, :2])
  memory = torch.tanh(a)
  for step in range(a.size(1)):
    if step % 2 == 0:
      state = torch.tanh(state + memory[:, step:step + 1] * self.w)
    else:
      state = state * torch.sigmoid(memory[:, step:step + 1])
  return torch.cat([state, torch.relu(b)], 1))",
      kPair, {weight("w", {2})});
  trial.expect_same_results();
  EXPECT_GE(trial.split().encoder_size(0).operation_count, 3U);
  EXPECT_EQ(trial.split().encoding_count(0), 1U) << "values inside the loop stay there";
  EXPECT_LE(trial.split().fusion_size().operation_count, 2U);
}

TEST(SplitModel, ComputesShapesOnBothSides) {
  // The rows of one modality and the width of the other shape what both read.
  const SplitTrial trial(
      R"(def forward(self, a, b):
  rows = a.size(0)
  left = torch.relu(a).view(rows, 2, 2).flatten(1)
  right = torch.tanh(b).view(rows, -1)
  return left * right + torch.ones([rows, a.size(1)]) * b.size(1))",
      kPair);
  trial.expect_same_results();
  EXPECT_GE(trial.split().encoder_size(0).operation_count, 3U);
  EXPECT_EQ(trial.split().raw_inputs(), std::vector<std::size_t>{}) << "their shapes alone are read";
}

TEST(SplitModel, TakesIntegersFlagsAndHalves) {
  const SplitTrial trial("def forward(self, a, b, c): return torch.relu(a.float()) * b.float() + (c.float() * 2 + 1)",
                         {{"a", 0, integers({kRows, 4}, 9, 1)},
                          {"b", 1, floats({kRows, 4}, 2) > 0.0},
                          {"c", 2, floats({kRows, 4}, 3).to(at::kHalf)}});
  trial.expect_same_results();
  SplitTrial("def forward(self, a, b): return (a + 1) * (~b).long()",
             {{"a", 0, integers({kRows, 4}, 9, 1).to(at::kInt)}, {"b", 1, floats({kRows, 4}, 2) > 0.0}})
      .expect_same_results();
}

TEST(SplitModel, LeavesOptionalArgumentsAtTheirDefaults) {
  SplitTrial(
      R"(def forward(self, a, scale: float = 2.0, mask: Optional[Tensor] = None, b: Optional[Tensor] = None):
  left = torch.relu(a) * scale
  if mask is not None:
    left = left * mask
  if b is not None:
    left = left + torch.tanh(b)
  return left)",
      kPair)
      .expect_same_results();
}

TEST(SplitModel, GivesAnInputThatModalitiesShareToTheFusion) {
  std::vector<TrialInput> inputs = kPair;
  inputs[1].modality = std::nullopt;
  const SplitTrial trial("def forward(self, a, b): return torch.relu(a) + torch.tanh(b)", inputs);
  trial.expect_same_results();
  EXPECT_EQ(trial.split().raw_inputs(), std::vector<std::size_t>{1});
  EXPECT_EQ(trial.split().fusion_size().operation_count, 2U);
}

TEST(SplitModel, GathersEncodingsWhoseRowsAreTheirSecondDimension) {
  const SplitTrial trial(
      R"(def forward(self, image, text):
  words = torch.embedding(self.words, text)
  state = torch.gru(words, torch.zeros([1, words.size(0), 3]), [self.wi, self.wh, self.bi, self.bh], True, 1, 0.0, False, False, True)[1]
  return (state * image.mean([1, 2, 3]).unsqueeze(1)).sum(0))",
      kImageAndText,
      {weight("words", {20, 4}, 2), weight("wi", {9, 4}, 3), weight("wh", {9, 3}, 4), weight("bi", {9}, 5),
       weight("bh", {9}, 6)});
  trial.expect_same_results();
  EXPECT_EQ(trial.split().encoding_count(1), 1U);
  EXPECT_LE(trial.split().fusion_size().operation_count, 4U);
}

TEST(SplitModel, KeepsAnEncodingThatIsTheSameForAllRows) {
  SplitTrial("def forward(self, a, b): return torch.relu(a) + torch.tanh(b) * (torch.arange(a.size(1)).float() + 0.5)",
             kPair)
      .expect_same_results();
}

TEST(SplitModel, PassesViewsAndOneModalityOn) {
  SplitTrial("def forward(self, a, b): return a.view([-1, 2, 2]).transpose(1, 2).flatten(1) + b[:, 0:4]", kPair)
      .expect_same_results();
  const SplitTrial alone("def forward(self, a, b): return torch.relu(a)", kPair);
  alone.expect_same_results();
  EXPECT_EQ(alone.split().fusion_size().operation_count, 0U);
  SplitTrial("def forward(self, a, b): return torch.relu(a) * b + a", kPair).expect_same_results();
}

TEST(SplitModel, IsMadeOfTorchScriptModels) {
  const FakeModel model({{"a", "Tensor", false}}, [](std::span<const at::Tensor> inputs) { return inputs[0]; });
  const SplitOptions options{.inputs = {{"a", 0}}, .modality_count = 1};
  const SplitResult result = split_model(model, options, std::vector<at::Tensor>{kPair[0].data});
  EXPECT_EQ(result.model, nullptr);
  EXPECT_EQ(result.reason, "a compiled package has no graph to split");
}

}  // namespace
}  // namespace modattr::split_model_test
