// modattr shap --level feature --interactions: closed answers, and the demo.

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "shap_project.h"

namespace modattr {
namespace {

/// Values and errors of pairs by the names of their players, e.g. "a 0" and "b 0".
struct PairNumbers {
  double value = 0.0;
  double std_error = 0.0;
};
using PairsByName = std::map<std::pair<std::string, std::string>, PairNumbers>;

PairsByName pairs_of(const Json& line) {
  PairsByName pairs;
  for (const Json& pair : line.at("player_interactions").at("pairs")) {
    const auto name = [&](std::size_t place) {
      const Json& player = pair.at("players").at(place);
      return player.at("modality").get<std::string>() + " " + std::to_string(player.at("player").get<int>());
    };
    pairs[{name(0), name(1)}] = {pair.at("value").get<double>(), pair.at("std_error").get<double>()};
  }
  return pairs;
}

/// Three columns as players of one modality, four of the other: a0 b0 + a1 + b0 b1 b2 b3.
Project products_project() {
  Project project("regression", {"a", "b"});
  for (Json& modality : project.config()["modalities"]) {
    modality["players"] = {{"type", "column"}};
    modality["removal"] = {{"type", "zero"}};
  }
  project.model("def forward(self, a, b):\n  return (a[:, 0] * b[:, 0] + a[:, 1] + b.prod(1)).unsqueeze(1)")
      .data({TestArray::of<float>("a", {2, 3}, {1, 2, 3, 4, 5, 6}),
             TestArray::of<float>("b", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8})});
  return project;
}

TEST(ShapPairs, AreProductsInClosedForm) {
  const Project project = products_project();
  // A product of four among seven players: its pairs have a third (SII), a sixth (STII), 0.3 (FSII) of it.
  const std::map<std::string, double> parts = {{"k-sii", 1.0 / 3.0}, {"stii", 1.0 / 6.0}, {"fsii", 0.3}};
  for (const auto& [index, part] : parts) {
    const std::vector<Json> lines =
        explained_examples(project, {"--level", "feature", "--interactions", "--interaction-index", index});
    const std::vector<std::pair<double, double>> products = {{1.0, 24.0}, {20.0, 1680.0}};
    ASSERT_EQ(lines.size(), 2U);
    for (std::size_t example = 0; example < lines.size(); ++example) {
      const auto [across, of_four] = products[example];
      EXPECT_EQ(lines[example].at("player_interactions").at("method"), "exact");
      const Json& first = lines[example].at("player_interactions").at("pairs").at(0).at("players");
      EXPECT_EQ(first.at(0).at("modality"), "a") << "a pair of two modalities";
      EXPECT_EQ(first.at(1).at("modality"), "b");
      const PairsByName pairs = pairs_of(lines[example]);
      ASSERT_EQ(pairs.size(), 21U);
      for (const auto& [names, numbers] : pairs) {
        const bool is_across = names == std::pair<std::string, std::string>{"a 0", "b 0"};
        const bool is_of_four = names.first.starts_with("b") && names.second.starts_with("b");
        const double expected = is_across ? across : is_of_four ? part * of_four : 0.0;
        EXPECT_NEAR(numbers.value, expected, 1e-6 * of_four) << index << " " << names.first << ", " << names.second;
        EXPECT_EQ(numbers.std_error, 0.0);
      }
    }
  }
}

TEST(ShapPairs, HaveRowsOfTheirSums) {
  const Scores scores = shap(products_project(), {"--level", "feature", "--interactions"});
  EXPECT_EQ(scores.document().at("config").at("shap").at("interaction_index"), "k-sii");
  EXPECT_NEAR(scores.value("a|b", "pairs.k_sii"), (1.0 + 20.0) / 2.0, 1e-3);
  EXPECT_NEAR(scores.value("b", "pairs.k_sii"), (2.0 * 24.0 + 2.0 * 1680.0) / 2.0, 1e-2);
  EXPECT_NEAR(scores.value("a", "pairs.k_sii"), 0.0, 1e-3);
  const Scores without = shap(products_project(), {"--level", "feature"});
  EXPECT_EQ(scores.value("a", "share.owen"), without.value("a", "share.owen"));
  for (const Json& row : without.document().at("rows")) EXPECT_NE(row.at("definition"), "pairs.k_sii");
}

/// One question of the demo: about ten words, and four patches or 64.
std::string demo_pairs(const std::string& patch_size, std::vector<std::string> arguments) {
  const TemporaryFolder folder;
  Json config = Json::parse(read_file(kConfigs / "vqa-features.json"));
  config["modalities"][0]["players"]["size"] = std::stoi(patch_size);
  const auto absolute = [](Json& path) { path = (kConfigs / path.get<std::string>()).lexically_normal().string(); };
  absolute(config["model"]["path"]);
  absolute(config["data"]["path"]);
  absolute(config["data"]["metadata"]);
  absolute(config["data"]["classes"]);
  absolute(config["modalities"][1]["vocab"]);
  write_file(folder / "modattr.json", config.dump());
  arguments.insert(arguments.begin(), {"shap", "--level", "feature", "--interactions", "--config",
                                       (folder / "modattr.json").string(), "--out", (folder / "out").string()});
  const ProgramResult result = run_program({.arguments = arguments});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  return result.exit_code == 0 ? read_file(folder / "out" / "examples.jsonl") : "";
}

TEST(ShapPairs, OfTheDemoAreWithinTheirErrorsOfEnumeration) {
  const Json exact = Json::parse(demo_pairs("32", {"--ids", "17", "--method", "exact"}), nullptr, false);
  const Json sampled = Json::parse(demo_pairs("32", {"--ids", "17", "--budget", "1000"}), nullptr, false);
  ASSERT_TRUE(exact.is_object() && sampled.is_object());
  EXPECT_EQ(exact.at("player_interactions").at("method"), "exact");
  EXPECT_EQ(sampled.at("player_interactions").at("method"), "sampled");
  EXPECT_LE(sampled.at("evaluations").get<int>(), 1000);
  const PairsByName truth = pairs_of(exact);
  const PairsByName estimates = pairs_of(sampled);
  ASSERT_EQ(truth.size(), estimates.size());
  double largest = 0.0;
  std::size_t covered = 0;
  for (const auto& [names, numbers] : estimates) {
    largest = std::max(largest, std::abs(truth.at(names).value));
    covered += std::abs(numbers.value - truth.at(names).value) <= 2.0 * numbers.std_error ? 1U : 0U;
    EXPECT_LE(std::abs(numbers.value - truth.at(names).value), 6.0 * numbers.std_error + 1e-6);
  }
  EXPECT_GT(largest, 0.01) << "words and patches work together";
  EXPECT_GE(10 * covered, 8 * estimates.size());
}

TEST(ShapPairs, AreTheSameBytesHoweverTheModelRuns) {
  const std::string expected = demo_pairs("16", {"--ids", "17,40", "--budget", "400"});
  EXPECT_NE(expected.find("player_interactions"), std::string::npos);
  EXPECT_EQ(demo_pairs("16", {"--ids", "17,40", "--budget", "400", "--threads", "3", "--batch-size", "7"}), expected);
}

}  // namespace
}  // namespace modattr
