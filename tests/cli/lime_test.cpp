// modattr lime: local surrogates through the real program.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lime_project.h"

namespace modattr {
namespace {

using Words = std::vector<std::string>;

const Words kBudget = {"--budget", "400"};

Words with(Words words, const Words& others) {
  words.insert(words.end(), others.begin(), others.end());
  return words;
}

TEST(Lime, RanksAPlantedConjunctionOfAWordAndAPatchFirst) {
  const std::vector<Json> lines = lime_examples(conjunction_project(), with(kBudget, {"--pairs"}));
  ASSERT_EQ(lines.size(), 2U);
  for (const Json& line : lines) {
    const Json& pair = line.at("pairs").at(0);
    EXPECT_EQ(pair.at("players").at(0).at("modality"), "image");
    EXPECT_EQ(pair.at("players").at(0).at("name"), "1,1");
    EXPECT_EQ(pair.at("players").at(1).at("modality"), "text");
    EXPECT_EQ(pair.at("players").at(1).at("name"), "3");
    const double strongest = pair.at("value").get<double>();
    EXPECT_NEAR(strongest, 1.0, 0.15);
    for (const Json& player : line.at("players")) EXPECT_LT(std::abs(player.at("value").get<double>()), strongest);
    EXPECT_GT(line.at("r2").get<double>(), 0.97);
    EXPECT_GT(line.at("held_out").get<int>(), 30);
    EXPECT_LE(line.at("evaluations").get<int>(), 400);
    EXPECT_NEAR(line.at("local_prediction").get<double>(), line.at("value_full").get<double>(), 0.1);
  }
  // Neither modality shows it by itself.
  const Json alone = lime_examples(conjunction_project(), with(kBudget, {"--modality", "text"})).at(0);
  EXPECT_EQ(alone.at("players").size(), 6U);
  EXPECT_TRUE(alone.at("pairs").empty());
}

TEST(Lime, TellsATreeAsRules) {
  const Json line = lime_examples(conjunction_project(), with(kBudget, {"--surrogate", "tree", "--depth", "3"})).at(0);
  ASSERT_FALSE(line.at("rules").empty());
  EXPECT_NE(line.at("rules").at(0).at("condition").get<std::string>().find("image '1,1'"), std::string::npos);
  double weight = 0.0;
  for (const Json& rule : line.at("rules")) weight += rule.at("weight").get<double>();
  EXPECT_NEAR(weight, 1.0, 1e-12);
  EXPECT_GT(line.at("r2").get<double>(), 0.99);
}

TEST(Lime, WritesScoresAndWhatWasInForce) {
  const Project project = conjunction_project();
  const Scores scores = lime(project, kBudget);
  EXPECT_EQ(scores.document().at("command"), "lime");
  EXPECT_NEAR(scores.value("image", "lime.share") + scores.value("text", "lime.share"), 1.0, 1e-12);
  EXPECT_GT(scores.value("text", "lime.fidelity_lost"), 0.1);
  EXPECT_GT(scores.value("all", "lime.r2"), 0.4);
  EXPECT_TRUE(scores.row("image", "lime.share").at("std_error").is_number());
  const Json& options = scores.document().at("config").at("lime");
  EXPECT_EQ(options.at("budget"), 400);
  EXPECT_EQ(options.at("similarity"), "cosine");
  EXPECT_EQ(options.at("alpha"), 1.0);
  EXPECT_EQ(options.at("depth"), nullptr);
  EXPECT_EQ(options.at("value"), "output");
}

TEST(Lime, IsTheSameForAnyBatchAndThreads) {
  const Project project = conjunction_project();
  for (const std::string similarity : {"cosine", "input-cosine"}) {
    const auto text = [&](const Words& more) {
      const Words words = with(with(kBudget, {"--pairs", "--similarity", similarity}), more);
      const std::vector<Json> lines = lime_examples(project, words);
      return lines.at(0).dump() + lines.at(1).dump();
    };
    const std::string first = text({"--threads", "1"});
    EXPECT_EQ(text({"--threads", "3", "--batch-size", "7"}), first);
    EXPECT_EQ(text({"--threads", "2", "--no-split"}), first);
    EXPECT_NE(text({"--seed", "5"}), first);
  }
}

TEST(Lime, TakesTheSameRowsForAnyBatchAndThreads) {
  // A background for the words; the picture's patches are zeros, whatever the row.
  Project project = conjunction_project();
  project.config()["modalities"][1]["removal"] = {{"type", "background"}, {"rows", 40}};
  std::vector<std::int64_t> ids;
  for (std::int64_t place = 0; place < 60 * 6; ++place) ids.push_back(1 + place * place % 7);
  project.data({TestArray::of<float>("image", {60, 1, 3, 3}, std::vector<float>(60 * 9, 1.0F)),
                TestArray::of<std::int64_t>("ids", {60, 6}, ids)});
  const auto text = [&](const Words& more) {
    std::string lines;
    for (const Json& line : lime_examples(project, with({"--budget", "500", "--examples", "5"}, more))) {
      EXPECT_LE(line.at("evaluations").get<int>(), 500);
      // All 40 rows of each would be 13 coalitions.
      EXPECT_GT(line.at("held_out").get<int>(), 10);
      lines += line.dump();
    }
    return lines;
  };
  const std::string first = text({"--threads", "1"});
  EXPECT_EQ(text({"--threads", "3", "--batch-size", "7"}), first);
  EXPECT_EQ(text({"--threads", "2", "--no-split"}), first);
  EXPECT_NE(text({"--seed", "5"}), first);
}

TEST(Lime, MeasuresSimilarityInTheEncodersOfAModel) {
  Project project("regression", {});
  project.add_modality("a", {"a"}).add_modality("b", {"b"});
  for (Json& modality : project.config()["modalities"]) {
    modality["players"] = {{"type", "element"}};
    modality["removal"] = {{"type", "zero"}};
  }
  // The encoder of a sees its first number only.
  project
      .model(
          "def forward(self, a, b):\n  u = torch.tanh(a @ self.first)\n  v = torch.tanh(b @ self.second)\n"
          "  return (u * v).sum(1, True)",
          {{"first", {2, 2}, {1, 0.5F, 0, 0}}, {"second", {2, 2}, {0.3F, -1, 1, 0.2F}}})
      .data({TestArray::of<float>("a", {3, 2}, {1, 2, 0.5F, 1, -1, 2}),
             TestArray::of<float>("b", {3, 2}, {1, 1, 2, 0.5F, 1, -1})});
  const Words all = {"--budget", "all", "--kernel-width", "0.4", "--selection", "none"};
  const Json encoder = lime_examples(project, with(all, {"--similarity", "encoder"})).at(0);
  const Json input = lime_examples(project, with(all, {"--similarity", "input-cosine"})).at(0);
  EXPECT_NE(encoder.at("intercept"), input.at("intercept"));
  // The second number of a changes nothing, in no space that the weights look at.
  EXPECT_NEAR(encoder.at("players").at(1).at("value").get<double>(), 0.0, 1e-12);
  expect_one_line(project.run({"lime", "--similarity", "encoder", "--no-split"}), 2,
                  {"--similarity: expected a model that is split into encoders"});
}

TEST(Lime, WarnsInWordsAboutAPoorSurrogate) {
  const Scores scores = lime(conjunction_project(), {"--budget", "400", "--surrogate", "lasso", "--alpha", "5"});
  const Json& warnings = scores.document().at("warnings");
  // The picture of both examples is the same.
  ASSERT_EQ(warnings.size(), 3U) << warnings;
  EXPECT_NE(warnings[0].get<std::string>().find("modality 'image' has the same data in every row"), std::string::npos);
  EXPECT_NE(warnings[1].get<std::string>().find("in 2 of 2 examples the surrogate is not to be trusted"),
            std::string::npos);
  EXPECT_EQ(warnings[2],
            "in 2 of 2 examples no player has a coefficient, so there are no shares; try a smaller --alpha");
}

TEST(Lime, RefusesWhatItDoesNotKnow) {
  const Project project = conjunction_project();
  const auto expect = [&](const Words& words, std::initializer_list<const char*> phrases) {
    expect_one_line(project.run(with({"lime"}, words)), 2, phrases);
  };
  expect({"--surrogate", "rigde"}, {"--surrogate: unknown 'rigde'; did you mean 'ridge'?"});
  expect({"--selection", "lasso-path"}, {"did you mean 'lasso_path'?"});
  expect({"--similarity", "cosin"}, {"did you mean 'cosine'?"});
  expect({"--kernel-widht", "1"}, {"unknown option '--kernel-widht'; did you mean '--kernel-width'?"});
  expect({"--budget", "some"}, {"--budget", "expected all or a whole number"});
  expect({"--budget", "5"}, {"--budget: expected at least 11 evaluations"});
  expect({"--surrogate", "tree", "--alpha", "1"}, {"--alpha: expected --surrogate ridge or lasso, got tree"});
  expect({"--surrogate", "tree", "--top-k", "3"}, {"--top-k: expected a --selection with --surrogate tree"});
  expect({"--depth", "2"}, {"--depth: expected --surrogate tree, got ridge"});
  for (const char* number : {"nan", "inf", "0", "-1", "1e999", "wide"}) {
    for (const char* option : {"--kernel-width", "--alpha"}) {
      expect({std::string(option) + "=" + number}, {option, "expected a positive number, got '", number});
    }
  }
  expect({"--pairs", "--modality", "text"}, {"--pairs: expected players of at least 2 modalities"});
}

TEST(Lime, ShowsTheModalitiesThatPlay) {
  const ProgramResult shown = conjunction_project().run(with({"lime", "--ids", "0", "--modality", "text"}, kBudget));
  EXPECT_EQ(shown.exit_code, 0) << shown.errors;
  const std::string example = shown.output.substr(shown.output.find("example 0"));
  EXPECT_NE(example.find("\n  without text "), std::string::npos) << example;
  EXPECT_EQ(example.find("\n  image "), std::string::npos) << example;
}

TEST(Lime, GivesAdviceThatIsNotTakenYet) {
  const Words poor = {"--surrogate", "lasso", "--alpha", "5"};
  const auto warning = [&](const Words& words) {
    return lime(conjunction_project(), with(poor, words)).document().at("warnings").dump();
  };
  EXPECT_NE(warning({"--budget", "400"}).find("--pairs"), std::string::npos);
  EXPECT_EQ(warning({"--budget", "400", "--pairs"}).find("--pairs"), std::string::npos);
  EXPECT_EQ(warning({"--budget", "400", "--modality", "text"}).find("--pairs"), std::string::npos);
}

TEST(Lime, ShowsOneExample) {
  const ProgramResult shown = conjunction_project().run(with({"lime", "--ids", "0", "--pairs"}, kBudget));
  EXPECT_EQ(shown.exit_code, 0) << shown.errors;
  for (const char* phrase : {"lime.share", "example 0", "local prediction", "r2", "stability", "1,1"}) {
    EXPECT_NE(shown.output.find(phrase), std::string::npos) << phrase << " in\n" << shown.output;
  }
  EXPECT_EQ(shown.output.find('\x1B'), std::string::npos);
}

}  // namespace
}  // namespace modattr
