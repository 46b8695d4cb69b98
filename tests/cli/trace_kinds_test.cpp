// modattr trace with models and data of other kinds: language models, sound, several labels.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"
#include "sum_project.h"

namespace modattr {
namespace {

/// Every thirtieth answer is wrong, and nearly all of them because of the data on the right.
void expect_faults_on_the_right(const std::vector<Json>& lines) {
  ASSERT_EQ(lines.size(), kSumCount / 30);
  std::size_t found = 0;
  for (std::size_t place = 0; place < lines.size(); ++place) {
    EXPECT_EQ(lines[place].at("id"), 1004 + 30 * static_cast<int>(place));
    EXPECT_FALSE(lines[place].at("right").get<bool>());
    if (lines[place].at("probability").at("right").get<double>() > 0.8) ++found;
  }
  EXPECT_GE(found, lines.size() - 1) << lines.front();
}

TEST(TraceKinds, FindsFaultsInSound) {
  Project project = sum_project();
  project.config()["modalities"][1]["kind"] = "audio";
  expect_faults_on_the_right(trace_lines(project));
  // Only stretches of sound and pictures can drop out.
  const Scores scores(project.run({"trace", "--inject", "right:dropout,right:swap,left:swap", "--format", "json"}));
  EXPECT_GT(scores.value("right", "trace.hit", "dropout"), 0.9);
}

// The set of an example's labels is the answer; all of them have to be right.
TEST(TraceKinds, TracesSeveralLabels) {
  const SumData data;
  std::vector<bool> flags;
  for (const std::int64_t label : data.labels) {
    for (std::int64_t other = 0; other < 4; ++other) flags.push_back(other == label || other == (label + 1) % 4);
  }
  Project project = sum_project();
  project.config()["model"]["kind"] = "multilabel";
  project
      .model(
          "def forward(self, left, right):\n"
          "  flat = (left.unsqueeze(2) * right.unsqueeze(1)).flatten(1)\n"
          "  places = torch.arange(16)\n"
          "  answer = (places // 4 + places % 4) % 4\n"
          "  flags = torch.one_hot(answer, 4).float() + torch.one_hot((answer + 1) % 4, 4).float()\n"
          "  return 8.0 * torch.matmul(flat, flags) - 4.0")
      .data({TestArray::of<float>("left", {kSumCount, kSumDigits}, data.left),
             TestArray::of<float>("right", {kSumCount, kSumDigits}, data.right),
             TestArray::of<bool>("label", {kSumCount, 4}, flags),
             TestArray::of<std::int64_t>("id", {kSumCount}, data.ids)});
  const std::vector<Json> lines = trace_lines(project);
  ASSERT_EQ(lines.size(), kSumCount / 30);
  for (const Json& line : lines) {
    EXPECT_FALSE(line.at("right").get<bool>());
    EXPECT_TRUE(line.at("label").is_null());
    EXPECT_TRUE(line.at("predicted").is_null());
    // Probabilities of label sets lie close together, which speaks for the model, but not for the data on the left.
    EXPECT_GT(line.at("probability").at("right").get<double>(), 5.0 * line.at("probability").at("left").get<double>());
    EXPECT_GT(line.at("evidence").at("right").at("typicality").get<double>(), 5.0);
  }
}

// A vector before the tokens "digit, sum": the label is the second token, whose log-probability the digit and the
// vector decide. Faulty examples have an unusual word for another digit.
TEST(TraceKinds, TracesTheLabelTokensOfALanguageModel) {
  const SumData data;
  std::vector<std::int64_t> tokens;
  std::vector<std::int64_t> labels;
  for (std::size_t example = 0; example < kSumCount; ++example) {
    std::size_t first = 0;
    for (std::size_t place = 0; place < kSumDigits; ++place) {
      if (data.left[example * kSumDigits + place] > 0.5F) first = place;
    }
    const std::int64_t digit = (data.labels[example] + 4 - static_cast<std::int64_t>(first)) % 4;
    const bool is_faulty = example % 30 == 4;
    tokens.insert(tokens.end(), {is_faulty ? 4 + (digit + 1) % 4 : digit, data.labels[example]});
    labels.insert(labels.end(), {-100, data.labels[example]});
  }
  Project project("causal_lm", {});
  project.add_modality("left", {"left"}).add_modality("right", {"right"});
  project.config()["modalities"][0]["kind"] = "columns";
  project.config()["modalities"][1]["kind"] = "tokens";
  project
      .model(
          "def forward(self, left, right):\n"
          "  word = torch.one_hot(right[:, 0] % 4, 4).float()\n"
          "  flat = (left.unsqueeze(2) * word.unsqueeze(1)).flatten(1)\n"
          "  places = torch.arange(16)\n"
          "  answer = (places // 4 + places % 4) % 4\n"
          "  logits = 8.0 * torch.matmul(flat, torch.one_hot(answer, 8).float())\n"
          "  return torch.stack([logits, torch.zeros_like(logits)], 1)")
      .data({TestArray::of<float>("left", {kSumCount, kSumDigits}, data.left),
             TestArray::of<std::int64_t>("right", {kSumCount, 2}, tokens),
             TestArray::of<std::int64_t>("labels", {kSumCount, 2}, labels),
             TestArray::of<std::int64_t>("id", {kSumCount}, data.ids)});
  const std::vector<Json> lines = trace_lines(project);
  expect_faults_on_the_right(lines);
  // Of an example alone, in words.
  const ProgramResult shown = project.run({"trace", "--ids", "1004"});
  EXPECT_EQ(shown.exit_code, 0) << shown.errors;
  EXPECT_NE(shown.output.find("example 1004"), std::string::npos) << shown.output;
  EXPECT_NE(shown.output.find("verdict: right"), std::string::npos) << shown.output;
}

}  // namespace
}  // namespace modattr
