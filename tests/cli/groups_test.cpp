// Groups and strata, checked against enumeration.

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

const std::vector<float> kFirst = {1, -2, 3, 0.5F, 0, 2, -1, 4};
const std::vector<float> kSecond = {0.5F, 1, -1, 2, 3, -0.5F, 1, 0};
const std::vector<std::int64_t> kLabels = {1, 0, 1, 1, 0, 0, 1, 1};
const std::vector<std::int64_t> kFolds = {7, 7, 7, -2, -2, -2, -2, -2};

double logit(double first, double second) {
  return first - second;
}

bool is_right(double first, double second, std::int64_t label) {
  return (logit(first, second) > 0) == (label == 1);
}

/// One logit of a - b, eight examples with labels, a fold in the data file and a topic in the metadata.
Project classifier() {
  Project project("logits", {"a", "b"});
  project.model("def forward(self, a, b):\n  return a - b")
      .data({TestArray::of<float>("a", {8, 1}, kFirst), TestArray::of<float>("b", {8, 1}, kSecond),
             TestArray::of<std::int64_t>("label", {8}, kLabels), TestArray::of<std::int64_t>("fold", {8}, kFolds)});
  std::string metadata;
  for (const std::int64_t fold : kFolds) {
    metadata +=
        std::string("{\"topic\": \"") + (fold == 7 ? "where, is" : "how \\\"many\\\"") + "\", \"note\": null}\n";
  }
  write_file(project.path("meta.jsonl"), metadata);
  project.config()["data"]["metadata"] = "meta.jsonl";
  return project;
}

/// Accuracy over all ordered pairs of the examples of `subset`, donors of the same stratum; averaged per example, as an
/// example of a larger stratum has more donors.
double accuracy_without_first(const std::vector<std::size_t>& subset, const std::vector<std::int64_t>& strata) {
  double sum = 0.0;
  for (const std::size_t example : subset) {
    double right = 0.0;
    double donors = 0.0;
    for (std::size_t donor = 0; donor < strata.size(); ++donor) {
      if (donor == example || strata[donor] != strata[example]) continue;
      right += is_right(kFirst[donor], kSecond[example], kLabels[example]) ? 1.0 : 0.0;
      donors += 1.0;
    }
    sum += right / donors;
  }
  return sum / static_cast<double>(subset.size());
}

std::vector<std::size_t> everyone() {
  std::vector<std::size_t> examples(8);
  std::iota(examples.begin(), examples.end(), std::size_t{0});
  return examples;
}

TEST(Groups, AColumnOfTheDataBreaksResultsDown) {
  Project project = classifier();
  project.config()["data"]["group"] = "fold";
  const Scores scores = project.permute({"--exact"});
  const std::vector<std::int64_t> one_stratum(8, 0);
  EXPECT_NEAR(scores.value("a", "permutation.without"), accuracy_without_first(everyone(), one_stratum), 1e-12);
  EXPECT_NEAR(scores.value("a", "permutation.without", "7"), accuracy_without_first({0, 1, 2}, one_stratum), 1e-12);
  EXPECT_NEAR(scores.value("a", "permutation.without", "-2"), accuracy_without_first({3, 4, 5, 6, 7}, one_stratum),
              1e-12);
  EXPECT_EQ(scores.row("a", "permutation.drop", "7").at("examples"), 3);
  EXPECT_EQ(scores.row("a", "permutation.drop", "-2").at("examples"), 5);
  EXPECT_EQ(scores.document().at("rows").size(), 2U * 3U * 6U);
}

TEST(Groups, AKeyOfTheMetadataDoesTheSame) {
  Project project = classifier();
  project.config()["data"]["group"] = "topic";
  const Scores by_topic = project.permute({"--exact"});
  project.config()["data"]["group"] = "fold";
  const Scores by_fold = project.permute({"--exact"});
  EXPECT_EQ(by_topic.value("b", "permutation.alone", "where, is"), by_fold.value("b", "permutation.alone", "7"));
  EXPECT_EQ(by_topic.drop("b", "how \"many\""), by_fold.drop("b", "-2"));
  project.config()["data"]["group"] = "topic";
  const ProgramResult csv = project.run({"permute", "--exact", "--format", "csv"});
  EXPECT_NE(csv.output.find("a,permutation.drop,\"where, is\","), std::string::npos) << csv.output;
  EXPECT_NE(csv.output.find("a,permutation.drop,\"how \"\"many\"\"\","), std::string::npos) << csv.output;
}

TEST(Groups, AMisspeltKeyOfTheMetadataIsAnErrorOfTheCommandLine) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"permute", "--within", "topc"}, std::vector<std::string>{"shap", "--by", "topc"}}) {
    expect_one_line(classifier().run(words), 2, {"got 'topc'; did you mean 'topic'?"});
  }
}

TEST(Groups, WithinTheLabelDonorsShareIt) {
  const Project project = classifier();
  const Scores scores = project.permute({"--exact", "--within", "label"});
  EXPECT_NEAR(scores.value("a", "permutation.without"), accuracy_without_first(everyone(), kLabels), 1e-12);
  const Scores sampled = project.permute({"--within", "label", "--repeats", "2000"});
  double expected = 0.0;
  for (const std::size_t example : everyone()) {
    // A random permutation of a stratum of n keeps an example's own data with probability 1/n.
    const auto size = static_cast<double>(std::ranges::count(kLabels, kLabels[example]));
    const double own = is_right(kFirst[example], kSecond[example], kLabels[example]) ? 1.0 : 0.0;
    expected += (own / size + (1.0 - 1.0 / size) * accuracy_without_first({example}, kLabels)) / 8.0;
  }
  EXPECT_NEAR(sampled.value("a", "permutation.without"), expected, 3.0 * sampled.std_error("a"));
}

TEST(Groups, WithinAColumnDonorsShareItsValue) {
  const Project project = classifier();
  const double expected = accuracy_without_first(everyone(), kFolds);
  const Scores by_array = project.permute({"--exact", "--within", "fold"});
  const Scores by_metadata = project.permute({"--exact", "--within", "topic"});
  EXPECT_NEAR(by_array.value("a", "permutation.without"), expected, 1e-12);
  EXPECT_EQ(by_array.row_text(), by_metadata.row_text());
}

TEST(Groups, AnExampleAloneInItsStratumIsWarnedOf) {
  Project project = classifier();
  project.data({TestArray::of<float>("a", {4, 1}, {1, 2, 3, 4}), TestArray::of<float>("b", {4, 1}, {4, 3, 2, 1}),
                TestArray::of<std::int64_t>("label", {4}, {0, 0, 1, 1}),
                TestArray::of<std::int64_t>("fold", {4}, {0, 0, 0, 5})});
  project.config()["data"].erase("metadata");
  const Scores scores = project.permute({"--repeats", "2", "--within", "fold"});
  EXPECT_NE(scores.document().at("warnings").dump().find("choose a coarser column"), std::string::npos);
}

}  // namespace
}  // namespace modattr
