// A causal language model behind an image prefix: its label tokens' log-probability, shared between image and text.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "shap_project.h"

namespace modattr {
namespace {

using Words = std::vector<std::string>;
using Vector = std::array<double, 3>;

constexpr std::int64_t kIgnored = -100;
constexpr std::size_t kPositions = 3;
const std::vector<float> kEmbeddings = {0.5F, -1.0F, 0.25F, 1.5F, 0.0F, -0.5F, -0.75F, 2.0F, 1.0F};

struct Example {
  Vector image;
  std::array<std::int64_t, kPositions> tokens;
  std::array<std::int64_t, kPositions> labels;
};

const std::vector<Example> kExamples = {{{0.5, -0.5, 1.0}, {1, 2, 0}, {kIgnored, 2, 0}},
                                        {{-1.0, 0.25, 0.0}, {2, 2, 1}, {2, 2, 1}},
                                        {{2.0, 1.0, -1.0}, {0, 1, 1}, {kIgnored, kIgnored, 1}}};

/// Probabilities of the label tokens, position by position: the logits before token t are the image and the sum of the
/// embeddings of the tokens before it.
std::vector<double> label_probabilities(const Vector& image, const std::array<std::int64_t, kPositions>& tokens,
                                        const std::array<std::int64_t, kPositions>& labels) {
  std::vector<double> probabilities;
  Vector logits = image;
  for (std::size_t position = 0; position < kPositions; ++position) {
    if (labels[position] != kIgnored) {
      double sum = 0.0;
      for (const double logit : logits) sum += std::exp(logit);
      probabilities.push_back(std::exp(logits[static_cast<std::size_t>(labels[position])]) / sum);
    }
    for (std::size_t word = 0; word < 3; ++word) {
      logits[word] += static_cast<double>(kEmbeddings[static_cast<std::size_t>(tokens[position]) * 3 + word]);
    }
  }
  return probabilities;
}

double mean_log(const std::vector<double>& probabilities) {
  double sum = 0.0;
  for (const double probability : probabilities) sum += std::log(probability);
  return sum / static_cast<double>(probabilities.size());
}

double clean_value(const Example& example) {
  return mean_log(label_probabilities(example.image, example.tokens, example.labels));
}

constexpr const char* kPrefixModel =
    "def forward(self, image, input_ids):\n"
    "  sequence = torch.cat([image.unsqueeze(1), self.embeddings[input_ids]], 1)\n"
    "  return sequence.cumsum(1)";

Project language_project(const std::string& forward = kPrefixModel) {
  Project project("causal_lm", {"image", "input_ids"});
  std::vector<float> images;
  std::vector<std::int64_t> tokens;
  std::vector<std::int64_t> labels;
  for (const Example& example : kExamples) {
    for (const double number : example.image) images.push_back(static_cast<float>(number));
    tokens.insert(tokens.end(), example.tokens.begin(), example.tokens.end());
    labels.insert(labels.end(), example.labels.begin(), example.labels.end());
  }
  const auto count = static_cast<std::int64_t>(kExamples.size());
  project.model(forward, {{"embeddings", {3, 3}, kEmbeddings}})
      .data({TestArray::of<float>("image", {count, 3}, images),
             TestArray::of<std::int64_t>("input_ids", {count, kPositions}, tokens),
             TestArray::of<std::int64_t>("labels", {count, kPositions}, labels)});
  Json& modalities = project.config()["modalities"];
  modalities[0]["removal"] = {{"type", "zero"}};
  modalities[1]["removal"] = {{"type", "token"}, {"id", 0}};
  return project;
}

void expect_shapley_values_of_the_prefix_model(const Project& project, const Words& arguments) {
  const std::vector<Json> lines = explained_examples(project, arguments);
  ASSERT_EQ(lines.size(), kExamples.size());
  for (std::size_t row = 0; row < kExamples.size(); ++row) {
    const Example& example = kExamples[row];
    const auto value = [&](bool has_image, bool has_text) {
      return mean_log(label_probabilities(has_image ? example.image : Vector{},
                                          has_text ? example.tokens : std::array<std::int64_t, kPositions>{},
                                          example.labels));
    };
    const double image = (value(true, false) - value(false, false) + value(true, true) - value(false, true)) / 2.0;
    EXPECT_NEAR(lines[row].at("modalities").at("image").get<double>(), image, 1e-5);
    EXPECT_NEAR(lines[row].at("value_full").get<double>(), value(true, true), 1e-5);
    EXPECT_NEAR(lines[row].at("value_empty").get<double>(), value(false, false), 1e-5);
    EXPECT_TRUE(lines[row].at("target").is_null());
  }
}

TEST(CausalLm, SharesTheLogProbabilityOfLabelTokens) {
  const Project project = language_project();
  for (const Words& arguments : {Words{}, Words{"--no-split"}, Words{"--value", "loss", "--target", "label"}}) {
    expect_shapley_values_of_the_prefix_model(project, arguments);
  }
}

TEST(CausalLm, ReadsDictionariesAndTuples) {
  Project project = language_project(
      "def forward(self, inputs: Dict[str, Tensor]):\n"
      "  sequence = torch.cat([inputs['image'].unsqueeze(1), self.embeddings[inputs['input_ids']]], 1)\n"
      "  return {'loss': sequence, 'logits': sequence.cumsum(1)}");
  project.config()["model"]["output"] = "logits";
  expect_shapley_values_of_the_prefix_model(project, {});
  Project tuple = language_project(
      "def forward(self, image, input_ids, scale: float = 1.0, mask: Optional[Tensor] = None):\n"
      "  sequence = torch.cat([image.unsqueeze(1), self.embeddings[input_ids]], 1)\n"
      "  return image, scale * sequence.cumsum(1)");
  tuple.config()["model"]["output"] = 1;
  expect_shapley_values_of_the_prefix_model(tuple, {});
}

TEST(CausalLm, AveragesProbabilitiesOverDonorsBeforeTheLogarithm) {
  const Project project = language_project();
  const std::vector<Json> lines = explained_examples(project, {"--background", "0"});
  for (std::size_t row = 0; row < kExamples.size(); ++row) {
    const Example& example = kExamples[row];
    std::vector<double> means;
    for (const Example& donor : kExamples) {
      const std::vector<double> probabilities = label_probabilities(donor.image, donor.tokens, example.labels);
      means.resize(probabilities.size(), 0.0);
      for (std::size_t token = 0; token < probabilities.size(); ++token) {
        means[token] += probabilities[token] / static_cast<double>(kExamples.size());
      }
    }
    EXPECT_NEAR(lines[row].at("value_empty").get<double>(), mean_log(means), 1e-5);
  }
}

TEST(CausalLm, ScoresLabelTokensByLogLoss) {
  double loss = 0.0;
  for (const Example& example : kExamples) loss -= clean_value(example) / static_cast<double>(kExamples.size());
  const Scores scores(language_project().run({"permute", "--exact", "--format", "json"}));
  EXPECT_NEAR(scores.score(), loss, 1e-5);
}

TEST(CausalLm, IgnoresTheFirstTokenWithoutAPrefix) {
  // Logits of as many positions as tokens: the last of them predicts nothing, and nothing predicts the first token.
  Project project = language_project(
      "def forward(self, image, input_ids):\n"
      "  return self.embeddings[input_ids].cumsum(1) + image.unsqueeze(1)");
  const std::vector<Json> lines = explained_examples(project);
  const Example& example = kExamples[1];
  std::array<std::int64_t, kPositions> labels = example.labels;
  labels[0] = kIgnored;
  EXPECT_NEAR(lines[1].at("value_full").get<double>(),
              mean_log(label_probabilities(example.image, example.tokens, labels)), 1e-5);
}

TEST(CausalLm, RefusesWhatIsNoLanguageModel) {
  expect_shap_failure(language_project("def forward(self, image, input_ids):\n  return image"), 3,
                      {"forward() failed on"});
  // One position for three labels.
  expect_shap_failure(language_project("def forward(self, image, input_ids):\n  return image.unsqueeze(1) + 0 * "
                                       "input_ids.sum()"),
                      3, {"forward() failed on"});
  Project project = language_project();
  expect_shap_failure(project, 2, {"value 'probability': expected log_probability or loss"},
                      {"--value", "probability"});
  expect_shap_failure(project, 2, {"--target: expected label", "got 'predicted'"}, {"--target", "predicted"});
  expect_shap_failure(project, 2, {"metric 'accuracy'", "use log_loss"}, {"--metric", "accuracy"});
  project.config()["data"]["label"] = "input_ids";
  expect_shap_failure(project, 2, {"data.label: expected an array of its own, got 'input_ids'"});
}

TEST(CausalLm, RefusesLabelsThatSayNothing) {
  Project project = language_project();
  const auto fails = [&](const std::vector<std::int64_t>& labels, std::initializer_list<const char*> phrases) {
    std::vector<float> images(9, 0.5F);
    project.data({TestArray::of<float>("image", {3, 3}, images),
                  TestArray::of<std::int64_t>("input_ids", {3, 3}, std::vector<std::int64_t>(9, 1)),
                  TestArray::of<std::int64_t>("labels", {3, 3}, labels)});
    expect_shap_failure(project, 3, phrases);
  };
  fails({1, 1, 1, -100, -100, -100, 1, 1, 1}, {"label 'labels' of row 1: expected at least one token"});
  fails({1, 1, 1, 1, -7, 1, 1, 1, 1}, {"label 'labels' of row 1", "-100, got -7"});
  fails({1, 1, 1, 1, 9, 1, 1, 1, 1}, {"forward() failed on", "out of bounds"});
}

}  // namespace
}  // namespace modattr
