// A model split by modality scores like the whole one, and says what was split.

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

/// Rows of two runs are the same up to last digits of the model's answers.
void expect_near_rows(const Json& some, const Json& others) {
  ASSERT_EQ(some.size(), others.size());
  for (std::size_t row = 0; row < some.size(); ++row) {
    EXPECT_EQ(some[row].at("modality"), others[row].at("modality"));
    for (const auto& [key, value] : some[row].items()) {
      const Json& other = others[row].at(key);
      if (value.is_number() && other.is_number()) {
        EXPECT_NEAR(value.get<double>(), other.get<double>(), 1e-6) << row << " " << key;
      } else if (!value.is_array()) {
        EXPECT_EQ(value, other) << row << " " << key;
      }
    }
  }
}

class SplitRuns : public testing::TestWithParam<const char*> {};

TEST_P(SplitRuns, ScoreLikeTheWholeModel) {
  const std::string config = GetParam();
  const Scores split = permute_config(config, {"--repeats", "2"});
  const Scores whole = permute_config(config, {"--repeats", "2", "--no-split"});
  EXPECT_NEAR(split.score(), whole.score(), 1e-6);
  expect_near_rows(split.document().at("rows"), whole.document().at("rows"));

  const Json& evaluations = split.document().at("evaluations");
  EXPECT_EQ(evaluations.at("model"), 0);
  EXPECT_GT(evaluations.at("fusion"), 600);
  const ProgramResult shown =
      run_program({.arguments = {"inspect", "--format", "json", "--config", (kConfigs / config).string()}});
  std::size_t distinct_row_count = 0;
  const Json inspection = Json::parse(shown.output);
  for (const Json& part : inspection.at("split")) {
    distinct_row_count += part.value("distinct_rows", std::size_t{0});
  }
  EXPECT_EQ(evaluations.at("encoder"), distinct_row_count);
  EXPECT_GT(distinct_row_count, 2000U);
  // Equal mixes are one evaluation of the fusion.
  EXPECT_GE(whole.document().at("evaluations").at("model"), evaluations.at("fusion"));
  EXPECT_EQ(whole.document().at("evaluations").at("encoder"), 0);
}

TEST_P(SplitRuns, GiveTheSameBytesForEveryBatchThreadAndMemory) {
  const auto rows = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"--repeats", "2", "--metric", "log_loss"});
    return permute_config(GetParam(), more).row_text();
  };
  const std::string first = rows({"--threads", "1"});
  EXPECT_GT(first.size(), 500U);
  EXPECT_EQ(rows({"--threads", "3", "--batch-size", "1"}), first);
  EXPECT_EQ(rows({"--threads", "2", "--batch-size", "500"}), first);
}

INSTANTIATE_TEST_SUITE_P(Configurations, SplitRuns, testing::Values("six-views.json", "redundant-pair.json"),
                         [](const auto& parameter) { return std::string(parameter.param).substr(0, 3); });

const std::vector<ModelParameter> kWeights = {{"w", {4, 3}, {1, -2, 0.5F, 3, 1, -1, 0.25F, 2, -3, 1, 1, -0.5F}}};
constexpr const char* kLateFusion = "def forward(self, a, b): return torch.relu(a @ self.w) * torch.tanh(b @ self.w)";

/// 90 examples: 30 different a, 45 different b.
std::vector<TestArray> pair_of_inputs() {
  std::vector<float> a;
  std::vector<float> b;
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> labels;
  for (int example = 0; example < 90; ++example) {
    for (int column = 0; column < 4; ++column) {
      if (example < 30) a.push_back(static_cast<float>(std::sin(example * 4 + column)));
      b.push_back(static_cast<float>(std::cos((example % 45) * 3 + column)));
    }
    rows.push_back((example * 7) % 30);
    labels.push_back(example % 3);
  }
  return {TestArray::of<float>("a", {30, 4}, a), TestArray::of<std::int64_t>("a__rows", {90}, rows),
          TestArray::of<float>("b", {90, 4}, b), TestArray::of<std::int64_t>("label", {90}, labels)};
}

Project late_fusion(const char* forward = kLateFusion) {
  Project project("logits", {"a", "b"});
  project.model(forward, kWeights).data(pair_of_inputs());
  return project;
}

TEST(Split, EncodesEveryDistinctRowOnce) {
  const Scores scores = late_fusion().permute({"--repeats", "3"});
  EXPECT_EQ(scores.document().at("evaluations").at("encoder"), 30 + 45);
  EXPECT_EQ(scores.document().at("evaluations").at("model"), 0);
}

TEST(Split, ScoresTheSameWithoutMemory) {
  // 12 bytes per feature: a MiB is plenty, nothing is kept of 0.
  const Project project = late_fusion();
  const Scores all = project.permute({"--repeats", "3", "--metric", "log_loss", "--cache-mb", "1"});
  const Scores none = project.permute({"--repeats", "3", "--metric", "log_loss", "--cache-mb", "0"});
  expect_near_rows(all.document().at("rows"), none.document().at("rows"));
  EXPECT_GT(none.document().at("evaluations").at("encoder"), 75);
  const Scores again = project.permute(
      {"--repeats", "3", "--metric", "log_loss", "--cache-mb", "0", "--threads", "2", "--batch-size", "9"});
  EXPECT_EQ(again.row_text(), none.row_text());
}

TEST(Split, TellsOnRequestHowTheModelRuns) {
  const auto lines = [](const char* forward, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"permute", "-v", "--repeats", "1"});
    const ProgramResult result = late_fusion(forward).run(more);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return result.errors;
  };
  const std::string split = lines(kLateFusion);
  EXPECT_NE(
      split.find("model split by modality: 75 rows encoded once, a fusion of 1 operation from aten::mul on in calls "
                 "of 128 rows\n"),
      std::string::npos)
      << split;
  const std::string random = lines("def forward(self, a, b): return a @ self.w + b @ self.w + 0 * torch.rand([3])");
  EXPECT_NE(random.find("model runs whole: it draws random numbers\n"), std::string::npos) << random;
  const std::string mixing =
      lines("def forward(self, a, b): return torch.cumsum(a @ self.w, 0) + torch.relu(b @ self.w)");
  EXPECT_NE(mixing.find("model runs whole: its answer for a row depends on the other rows of the batch\n"),
            std::string::npos)
      << mixing;
  EXPECT_EQ(lines(kLateFusion, {"--no-split"}).find("model split"), std::string::npos);
}

TEST(Split, RunsWholeWhenLaterRowsChangeTheShapeOfAFeature) {
  // The width of the feature is the largest number of the batch: 4 but for one row, which the proof need not see.
  Project project("regression", {"a", "b"});
  project.model(R"(def forward(self, a, b):
  wide = torch.one_hot(a, -1).float() * (1 + a.unsqueeze(2))
  return (wide * b[:, None, None]).sum([1, 2]))");
  std::vector<std::int64_t> a;
  std::vector<float> b;
  for (int example = 0; example < 200; ++example) {
    a.insert(a.end(), {3, example == 151 ? 7 : example % 4});
    b.push_back(static_cast<float>(example));
  }
  project.data({TestArray::of<std::int64_t>("a", {200, 2}, a), TestArray::of<float>("b", {200}, b),
                TestArray::of<float>("label", {200}, b)});
  const Scores split = project.permute({"--repeats", "2", "--metric", "mse"});
  const Scores whole = project.permute({"--repeats", "2", "--metric", "mse", "--no-split"});
  EXPECT_EQ(split.row_text(), whole.row_text());
}

TEST(Split, RunsWholeWhenPartsDependOnTheNumberOfRows) {
  // In calls of up to 32 rows, as the proof makes, there is one piece.
  Project project("regression", {"a", "b"});
  project.config()["model"]["rows_per_call"] = 64;
  project.model(R"(def forward(self, a, b):
  y = torch.zeros_like(a)
  first = 0
  for piece in torch.relu(a).split(32):
    y[first:first + piece.size(0)] = torch.tanh(piece)
    first += piece.size(0)
  return (y * torch.tanh(b)).sum(1))");
  std::vector<float> a;
  for (int number = 0; number < 400; ++number) a.push_back(static_cast<float>(number % 397) / 100.0F);
  const std::vector<float> b(a.rbegin(), a.rend());
  project.data({TestArray::of<float>("a", {200, 2}, a), TestArray::of<float>("b", {200, 2}, b),
                TestArray::of<float>("label", {200}, std::vector<float>(a.begin(), a.begin() + 200))});
  const ProgramResult result = project.run({"permute", "-v", "--repeats", "1", "--metric", "mse"});
  EXPECT_NE(result.errors.find("model runs whole: its parts do not answer like the whole in calls of many rows"),
            std::string::npos)
      << result.errors;
}

/// Rows of two numbers; where a number is missing, forward() fills it in. `missing`: the example that lacks one.
Project filling_project(std::optional<std::size_t> missing) {
  Project project("regression", {"a", "b"});
  project.model(R"(def forward(self, a, b):
  if torch.isnan(a).any():
    a = torch.nan_to_num(a)
  return (torch.tanh(a) * torch.tanh(b)).sum(1))");
  std::vector<float> a;
  for (int number = 0; number < 400; ++number) a.push_back(static_cast<float>(number % 397) / 100.0F);
  const std::vector<float> b(a.rbegin(), a.rend());
  if (missing) a[2 * *missing] = std::numeric_limits<float>::quiet_NaN();
  project.data({TestArray::of<float>("a", {200, 2}, a), TestArray::of<float>("b", {200, 2}, b),
                TestArray::of<float>("label", {200}, std::vector<float>(b.begin(), b.begin() + 200))});
  return project;
}

TEST(Split, AsksAboutABatchOnlyWhereARowDisagrees) {
  const std::vector<std::string> call = {"permute", "-v", "--repeats", "2", "--metric", "mse"};
  const ProgramResult complete = filling_project(std::nullopt).run(call);
  EXPECT_NE(complete.errors.find("a fusion of 2 operations from aten::mul"), std::string::npos) << complete.errors;
  // No row that the proof looks at.
  const Project lacking = filling_project(151);
  const ProgramResult result = lacking.run(call);
  EXPECT_NE(result.errors.find("from aten::any"), std::string::npos) << result.errors;
  const Scores split = lacking.permute({"--repeats", "2", "--metric", "mse"});
  const Scores whole = lacking.permute({"--repeats", "2", "--metric", "mse", "--no-split"});
  expect_near_rows(split.document().at("rows"), whole.document().at("rows"));
}

/// A model of words 0 to 4 and numbers; removed words become word `removal`.
Project words_project(const std::string& question, std::int64_t removal) {
  Project project("regression", {"ids", "x"});
  project.model("def forward(self, ids, x):\n  " + question + R"(
  y = self.w[ids] * (ids != 5).unsqueeze(-1)
  return (torch.tanh(y.sum(1)) * torch.tanh(x)).sum(1))",
                {{"w", {6, 2}, {0.5F, -1, 2, 1.5F, 0.25F, -2, 3, 0, 1, -0.5F, 0.75F, 1}}});
  std::vector<std::int64_t> ids;
  std::vector<float> x;
  for (int number = 0; number < 60; ++number) ids.push_back(number * number % 5);
  for (int number = 0; number < 40; ++number) x.push_back(static_cast<float>(number % 7) / 4.0F);
  project.data({TestArray::of<std::int64_t>("ids", {20, 3}, ids), TestArray::of<float>("x", {20, 2}, x),
                TestArray::of<float>("label", {20}, std::vector<float>(x.begin(), x.begin() + 20))});
  project.config().at("modalities")[0].update({{"kind", "tokens"}, {"removal", {{"type", "token"}, {"id", removal}}}});
  return project;
}

TEST(Split, IsDoneAgainWhereRemovedDataDisagrees) {
  struct Case {
    const char* question;
    std::int64_t removal;
    const char* reason;
  };
  // The second word has no weights unless the question is asked.
  for (const auto& [question, removal, reason] :
       {Case{"if (ids == 5).any():\n    ids = torch.where(ids == 5, ids * 0 + 5, ids)", 5,
             "a row violates an assumption made when the model was split: that aten::any is false"},
        Case{"if int(ids.max()) > 5:\n    ids = ids.clamp(max=5)", 9,
             "a row violates an assumption made when the model was split: the encoder failed"}}) {
    const Project project = words_project(question, removal);
    for (const char* level : {"modality", "feature"}) {
      std::vector<std::string> call = {"shap", "-v", "--level", level, "--format", "json"};
      const ProgramResult split = project.run(call);
      EXPECT_NE(split.errors.find(reason), std::string::npos) << level << split.errors;
      const std::size_t loaded = split.errors.find(" loaded");
      EXPECT_LT(loaded, split.errors.find(reason));
      EXPECT_EQ(split.errors.find(" loaded", loaded + 1), std::string::npos) << "once";
      call.emplace_back("--no-split");
      const ProgramResult whole = project.run(call);
      EXPECT_EQ(whole.errors.find("splitting again"), std::string::npos) << whole.errors;
      expect_near_rows(Scores(split).document().at("rows"), Scores(whole).document().at("rows"));
    }
  }
}

TEST(Split, RunsWholeWhereRemovedDataChangesTheShapeOfAFeature) {
  // As long as the longest text of a batch: of the examples all are, of removed words the first one stays.
  Project project("regression", {"ids", "b"});
  project.model(R"(def forward(self, ids, b):
  words = torch._nested_tensor_from_mask(self.w[ids.clamp(max=4)], ids != 7, mask_check=False)
  y = torch.tanh(words.to_padded_tensor(0.0))
  return (y * b[:, None, None]).sum([1, 2]))",
                {{"w", {5, 2}, {0.5F, -1, 2, 1.5F, 0.25F, -2, 3, 0, 1, -0.5F}}});
  std::vector<std::int64_t> ids;
  std::vector<float> b;
  for (int example = 0; example < 40; ++example) {
    ids.insert(ids.end(), {0, 1 + example % 4, 1 + example / 4 % 4});
    b.push_back(static_cast<float>(example));
  }
  project.data({TestArray::of<std::int64_t>("ids", {40, 3}, ids), TestArray::of<float>("b", {40}, b),
                TestArray::of<float>("label", {40}, b)});
  project.config().at("modalities")[0].update(
      {{"kind", "tokens"}, {"special_ids", {0}}, {"removal", {{"type", "token"}, {"id", 7}}}});
  std::vector<std::string> call = {"shap", "-v", "--format", "json"};
  const ProgramResult split = project.run(call);
  EXPECT_NE(split.errors.find("model runs whole: its parts do not take every row"), std::string::npos) << split.errors;
  call.emplace_back("--no-split");
  expect_near_rows(Scores(split).document().at("rows"), Scores(project.run(call)).document().at("rows"));
}

TEST(Split, InspectsWhereRowsDisagreeThatAreNotKept) {
  const ProgramResult result = filling_project(151).run({"inspect", "-v", "--cache-mb", "0"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_NE(result.errors.find("splitting again"), std::string::npos) << result.errors;
}

TEST(Split, RunsWholeWhenTheModelDependsOnTheNumberOfRows) {
  // One up to 20 rows, as the proof makes, and two in the run's own calls.
  Project project("regression", {"a", "b"});
  project.model(
      "def forward(self, a, b):\n  n = a[::20].size(0)\n  return (torch.tanh(a) * torch.tanh(b)).sum(1) * float(n)");
  std::vector<float> a;
  for (int number = 0; number < 400; ++number) a.push_back(static_cast<float>(number % 397) / 100.0F);
  const std::vector<float> b(a.rbegin(), a.rend());
  project.data({TestArray::of<float>("a", {200, 2}, a), TestArray::of<float>("b", {200, 2}, b),
                TestArray::of<float>("label", {200}, std::vector<float>(a.begin(), a.begin() + 200))});
  const ProgramResult result = project.run({"permute", "-v", "--repeats", "1", "--metric", "mse"});
  EXPECT_NE(result.errors.find("model runs whole: its parts do not answer like the whole"), std::string::npos)
      << result.errors;
}

TEST(Split, SharesNothingAndWarnsWhenRowsDependOnTheirNeighbours) {
  for (const char* forward : {"def forward(self, a, b): return a @ self.w + torch.softmax(b @ self.w, 0)",
                              "def forward(self, a, b): return (a @ self.w) * (b @ self.w) - (a @ self.w).mean(0)"}) {
    const Project project = late_fusion(forward);
    const Scores shared = project.permute({"--repeats", "2", "--metric", "log_loss"});
    const Scores plain = project.permute({"--repeats", "2", "--metric", "log_loss", "--no-split"});
    EXPECT_EQ(shared.row_text(), plain.row_text()) << forward;
    EXPECT_NE(shared.document().at("warnings").dump().find("depends on the other rows of its batch"), std::string::npos)
        << forward;
  }
}

TEST(Split, WarnsOfAModelThatDrawsRandomNumbers) {
  const Scores scores = late_fusion("def forward(self, a, b): return torch.dropout(a @ self.w, 0.5, True) + b @ self.w")
                            .permute({"--repeats", "1"});
  EXPECT_NE(scores.document().at("warnings").dump().find("other answers to the same rows"), std::string::npos);
}

TEST(Split, IsShownByInspect) {
  const ProgramResult shown = late_fusion().run({"inspect", "--format", "json"});
  ASSERT_EQ(shown.exit_code, 0) << shown.errors;
  const Json split = Json::parse(shown.output).at("split");
  ASSERT_EQ(split.size(), 3U);
  EXPECT_EQ(split[0].at("part"), "a encoder");
  EXPECT_EQ(split[0].at("operations"), 2);
  EXPECT_EQ(split[0].at("distinct_rows"), 30);
  EXPECT_EQ(split[0].at("encoding_bytes_per_row"), 12);
  EXPECT_GT(split[0].at("share_of_time").get<double>(), 0.0);
  EXPECT_LT(split[0].at("share_of_time").get<double>(), 1.0);
  EXPECT_EQ(split[2].at("part"), "fusion");
  EXPECT_EQ(split[2].at("operations"), 1);
  const ProgramResult whole = late_fusion("def forward(self, a, b): return (a + b) @ self.w").run({"inspect"});
  EXPECT_NE(whole.output.find("not split: its modalities meet before any operation"), std::string::npos)
      << whole.output;
}

TEST(Split, TellsWhatFeaturesCost) {
  Project project = late_fusion();
  for (Json& modality : project.config()["modalities"]) {
    modality["players"] = {{"type", "column"}};
    modality["removal"] = {{"type", "zero"}};
  }
  const ProgramResult shown = project.run({"inspect", "--format", "json"});
  ASSERT_EQ(shown.exit_code, 0) << shown.errors;
  const Json costs = Json::parse(shown.output).at("cost");
  const Json& cost = costs.at(costs.size() - 4);
  EXPECT_EQ(cost.at("engine"), "shap --level feature, one example");
  // Four columns each: all 16 coalitions of one modality, with and without the other.
  EXPECT_EQ(cost.at("encoder_rows"), 32);
  EXPECT_EQ(cost.at("evaluations"), 64);
  // And the 254 coalitions of all eight but none and all.
  const Json& pairs = costs.at(costs.size() - 3);
  EXPECT_EQ(pairs.at("encoder_rows"), 32 + 2 * 254);
  EXPECT_EQ(pairs.at("evaluations"), 64 + 254);
  // All 256 coalitions of both, which are 16 of each.
  const Json& lime = costs.at(costs.size() - 2);
  EXPECT_EQ(lime.at("engine"), "lime, one example");
  EXPECT_EQ(lime.at("encoder_rows"), 32);
  EXPECT_EQ(lime.at("evaluations"), 256);
  project.config()["modalities"][0]["players"] = {{"type", "mask"}};
  const ProgramResult without = project.run({"inspect"});
  EXPECT_EQ(without.exit_code, 0) << without.errors;
  EXPECT_NE((without.output + without.errors).find("features cannot be explained"), std::string::npos);
}

TEST(Split, ScoresTheDemoLikeTheWholeModel) {
  const auto scores = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"permute", "--format", "json", "--examples", "300", "--repeats", "1", "--config",
                               (std::filesystem::path(MODATTR_SOURCE_DIR) / "modattr.json").string()});
    return Scores(run_program({.arguments = more}));
  };
  const Scores split = scores({});
  const Scores whole = scores({"--no-split"});
  EXPECT_EQ(split.score(), whole.score());
  expect_near_rows(split.document().at("rows"), whole.document().at("rows"));
  EXPECT_EQ(split.document().at("evaluations").at("model"), 0);
  EXPECT_LE(split.document().at("evaluations").at("encoder"), 600);
}

}  // namespace
}  // namespace modattr
