// modattr trace: verdicts on wrong answers through the real program.

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"
#include "sum_project.h"

namespace modattr {
namespace {

constexpr std::size_t kCount = kSumCount;
constexpr std::size_t kDigits = kSumDigits;

TEST(TraceCommand, FindsTheDataThatWasReplaced) {
  const Project project = sum_project();
  const std::vector<Json> lines = trace_lines(project);
  ASSERT_EQ(lines.size(), kCount / 30);
  for (std::size_t place = 0; place < lines.size(); ++place) {
    const Json& line = lines[place];
    EXPECT_EQ(line.at("id"), 1004 + 30 * static_cast<int>(place));
    EXPECT_EQ(line.at("verdict"), "right") << line;
    EXPECT_FALSE(line.at("right").get<bool>());
    EXPECT_GT(line.at("probability").at("right").get<double>(), 0.8);
    EXPECT_EQ(line.at("confidence"), line.at("probability").at("right"));
    // One in four other vectors has the right place.
    EXPECT_NEAR(line.at("evidence").at("right").at("repair").get<double>(), 0.25, 0.12);
    EXPECT_GT(line.at("evidence").at("right").at("typicality").get<double>(), 5.0);
  }
}

TEST(TraceCommand, GivesTheSameBytesForAnyBatchThreadsAndOrder) {
  const Project project = sum_project();
  const std::vector<Json> lines = trace_lines(project);
  EXPECT_EQ(trace_lines(project, {"--threads", "1", "--batch-size", "64"}), lines);
  SumData shuffled;
  const SumData before;
  for (std::size_t example = 0; example < kCount; ++example) {
    const std::size_t from = (example * 7 + 3) % kCount;
    for (std::size_t place = 0; place < kDigits; ++place) {
      shuffled.left[example * kDigits + place] = before.left[from * kDigits + place];
      shuffled.right[example * kDigits + place] = before.right[from * kDigits + place];
    }
    shuffled.labels[example] = before.labels[from];
    shuffled.ids[example] = before.ids[from];
  }
  Project other = sum_project();
  other.data(shuffled.arrays());
  std::map<int, Json> by_id;
  for (const Json& line : trace_lines(other)) by_id[line.at("id").get<int>()] = line;
  for (const Json& line : lines) EXPECT_EQ(by_id[line.at("id").get<int>()], line);
}

TEST(TraceCommand, ShowsTheEvidenceOfSingleAnswersInWords) {
  const Project project = sum_project();
  const ProgramResult result = project.run({"trace", "--ids", "1004,1000"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  for (const char* phrase :
       {"10 wrong answers", "example 1004", "wrong · verdict: right", "with another left the right answer comes in ",
        "the right is unusual (1 in ", "in the right: without ", "example 1000", "the answer stays right in "}) {
    EXPECT_NE(result.output.find(phrase), std::string::npos) << "'" << phrase << "' is missing in: " << result.output;
  }
}

TEST(TraceCommand, MeasuresItsVerdicts) {
  const Project project = sum_project();
  const Scores scores(project.run({"trace", "--inject", "swap,right:zero,left:noise:3", "--format", "json"}));
  EXPECT_GT(scores.value("right", "trace.hit", "zero"), 0.9);
  EXPECT_EQ(scores.row("left", "trace.hit", "noise:3").at("examples").is_number(), true);
  EXPECT_GE(scores.value("balanced", "trace.hit"), 0.6);
  EXPECT_LE(scores.value("balanced", "trace.ece"), 0.2);
  EXPECT_EQ(scores.document().at("config").at("trace").at("inject"), "swap,right:zero,left:noise:3");
}

TEST(TraceCommand, CallsRegressionsWrongByARule) {
  Project project("regression", {});
  project.add_modality("left", {"left"}).add_modality("right", {"right"});
  for (Json& modality : project.config()["modalities"]) modality["kind"] = "columns";
  std::vector<float> values;
  const SumData data;
  for (std::size_t example = 0; example < kCount; ++example) {
    const float* left = &data.left[example * kDigits];
    const float* right = &data.right[example * kDigits];
    values.push_back(left[0] + 2.0F * right[1] + (example % 50 == 0 ? 1.5F : 0.0F));
  }
  project.model("def forward(self, left, right):\n  return left[:, 0:1] + 2.0 * right[:, 1:2]")
      .data({TestArray::of<float>("left", {kCount, kDigits}, data.left),
             TestArray::of<float>("right", {kCount, kDigits}, data.right),
             TestArray::of<float>("label", {kCount}, values)});
  EXPECT_EQ(trace_lines(project, {"--wrong-if", "abs_error > 1"}).size(), kCount / 50);
  const ProgramResult result = project.run({"trace", "--wrong-if", "abs_error > 1"});
  EXPECT_NE(result.output.find("an answer is wrong if abs_error > 1"), std::string::npos) << result.output;
}

TEST(TraceCommand, SaysWhatIsWrongWithItsOptions) {
  const Project project = sum_project();
  const auto refused = [&](const std::vector<std::string>& arguments, std::initializer_list<const char*> phrases) {
    std::vector<std::string> all = {"trace"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    expect_one_line(project.run(all), 2, phrases);
  };
  refused({"--inject", "rigt:noise"}, {"--inject", "did you mean 'right'"});
  refused({"--inject", "right:nois"}, {"--inject", "unknown fault 'nois'", "did you mean 'noise'"});
  refused({"--inject", "right:noise:x"}, {"--inject", "a strength above 0", "'x'"});
  refused({"--inject", "right:zero:2"}, {"--inject", "without a strength"});
  refused({"--wrong-if", "abs_error > 1"}, {"--wrong-if", "probability"});
  refused({"--threshold", "1.5"}, {"--threshold", "between 0 and 1"});
  refused({"--inject", "all", "--test", "swap"}, {"--test", "--inject"});
}

TEST(TraceCommand, NeedsLabelsAndTwoModalities) {
  Project one("logits", {"left"});
  one.model("def forward(self, left):\n  return left").data(SumData().arrays());
  expect_one_line(one.run({"trace"}), 2, {"2 to 12 modalities, got 1"});
  Project project = sum_project();
  const SumData data;
  project.data({TestArray::of<float>("left", {kCount, kDigits}, data.left),
                TestArray::of<float>("right", {kCount, kDigits}, data.right)});
  expect_one_line(project.run({"trace"}), 2, {"labels", "data.label"});
}

}  // namespace
}  // namespace modattr
