#include "modattr/report/tables/surrogate_view.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/report/tables/example_view.h"

namespace modattr::surrogate_view_test {
namespace {

const std::vector<std::string> kModalities = {"image", "text"};
const TextStyle kPlain{.color = false, .unicode = false, .width = 70};
const TextStyle kColour{.color = true, .unicode = true, .width = 70};

/// Two rows of three patches, and three words.
ExampleAttribution attribution() {
  ExampleAttribution result;
  result.value_empty = 0.1;
  result.value_full = 0.9;
  result.modalities = {0.3, 0.2};
  const std::vector<double> patches = {0.0, 0.4, -0.1, 0.0, 0.2, 0.0};
  for (std::size_t patch = 0; patch < 6; ++patch) {
    result.players.push_back({.modality = 0,
                              .player = patch,
                              .label = std::to_string(patch / 3) + "," + std::to_string(patch % 3),
                              .value = patches[patch],
                              .std_error = std::nullopt});
  }
  const std::vector<std::string> words = {"is", "not", "red\x1b[31m"};
  const std::vector<double> worth = {0.0, -0.3, 0.5};
  for (std::size_t word = 0; word < 3; ++word) {
    result.players.push_back(
        {.modality = 1, .player = word, .label = words[word], .value = worth[word], .std_error = std::nullopt});
  }
  result.surrogate = SurrogateReport{.kind = "ridge",
                                     .intercept = 0.125,
                                     .local_prediction = 0.75,
                                     .r2 = 0.8123,
                                     .held_out_count = 102,
                                     .stability = 0.5,
                                     .pairs = {{{0, 1, "0,1"}, {1, 2, "red"}, 0.25, 0.02}},
                                     .rules = {}};
  return result;
}

std::string view(const ExampleAttribution& example, const TextStyle& style) {
  return to_surrogate_view(example, kModalities, style);
}

TEST(SurrogateView, SaysHowFarItCanBeTrusted) {
  ExampleAttribution example = attribution();
  const std::string good = view(example, kPlain);
  EXPECT_NE(good.find("ridge: intercept 0.1250, local prediction 0.7500 where the model\n  says 0.9000"),
            std::string::npos)
      << good;
  EXPECT_NE(good.find("r2 0.81 on 102 held-out coalitions, stability 0.50\n"), std::string::npos) << good;
  example.surrogate->r2 = 0.49;
  example.surrogate->held_out_count = std::nullopt;
  EXPECT_NE(view(example, kPlain).find("r2 0.49 on every coalition, stability 0.50: not to be trusted"),
            std::string::npos);
  example.surrogate->r2 = std::nullopt;
  EXPECT_NE(view(example, kPlain).find("r2 not known"), std::string::npos);
}

TEST(SurrogateView, MarksWordsAndPatchesBySign) {
  const std::string plain = view(attribution(), kPlain);
  EXPECT_NE(plain.find("  image\n     .+9-3\n     .+5 .\n"), std::string::npos) << plain;
  EXPECT_NE(plain.find("  text\n    is -not +red\n"), std::string::npos) << plain;
  EXPECT_NE(plain.find("\n  + raises the value, - lowers it\n"), std::string::npos) << plain;
  EXPECT_EQ(plain.find('\x1B'), std::string::npos);
}

TEST(SurrogateView, PutsTheSignOfAnIdBehindIt) {
  ExampleAttribution example = attribution();
  const std::vector<std::string> ids = {"7", "28", "33@2"};
  for (std::size_t word = 0; word < 3; ++word) example.players[6 + word].label = ids[word];
  const std::string plain = view(example, kPlain);
  EXPECT_NE(plain.find("  text\n    7 28(-) 33@2(+)\n"), std::string::npos) << plain;
}

TEST(SurrogateView, ColoursWordsAndShadesPatches) {
  const std::string colour = view(attribution(), kColour);
  for (const char* part :
       {"\x1B[36mred\x1B[0m", "\x1B[31mnot\x1B[0m", "\x1B[36m+█\x1B[0m", "\x1B[31m-░\x1B[0m", "\x1B[36m+▒\x1B[0m"}) {
    EXPECT_NE(colour.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(colour.find("+red"), std::string::npos);
  EXPECT_NE(colour.find("\x1B[36mraises the value\x1B[0m, \x1B[31mlowers it\x1B[0m"), std::string::npos) << colour;
}

TEST(SurrogateView, GivesRoundingNoSign) {
  ExampleAttribution example = attribution();
  for (PlayerScore& player : example.players) player.value = player.player % 2 == 0 ? 1e-17 : -1e-17;
  example.surrogate->pairs.clear();
  const std::string plain = view(example, kPlain);
  EXPECT_NE(plain.find("  image\n     . . .\n     . . .\n"), std::string::npos) << plain;
  EXPECT_NE(plain.find("  text\n    is not red\n"), std::string::npos) << plain;
  EXPECT_EQ(plain.find("raises"), std::string::npos) << "nothing is marked";
  EXPECT_EQ(view(example, kColour).find("\x1B[36m"), std::string::npos);
  ScoreTable table;
  table.modalities = kModalities;
  table.examples.push_back({.id = "1", .label = 3.0, .predicted = 5, .target = 5, .attribution = example});
  EXPECT_EQ(to_example_view(table, kPlain).find("    0,1 "), std::string::npos) << "no line of its own";
}

TEST(SurrogateView, ShowsPatchesThatMakeNoGridAsWords) {
  ExampleAttribution example = attribution();
  example.players[4].label = "7,7";
  EXPECT_NE(view(example, kPlain).find("  image\n    0,0 +0,1 -0,2 1,0 +7,7 1,2\n"), std::string::npos);
}

TEST(SurrogateView, LeavesLongTablesAndWideGridsOut) {
  ExampleAttribution example = attribution();
  for (std::size_t column = 3; column < 100; ++column) {
    example.players.push_back({.modality = 1,
                               .player = column,
                               .label = "column" + std::to_string(column),
                               .value = 0.0,
                               .std_error = std::nullopt});
  }
  EXPECT_EQ(view(example, kPlain).find("  text"), std::string::npos);
  TextStyle narrow = kPlain;
  narrow.width = 9;
  EXPECT_EQ(view(example, narrow).find(".+9-3"), std::string::npos);
}

TEST(SurrogateView, ListsTheRulesOfATree) {
  ExampleAttribution example = attribution();
  example.surrogate->rules = {{"image '0,1', no text 'red'", 0.5, 0.125}, {"no image '0,1'", 0.25, 0.875}};
  const std::string text = view(example, kPlain);
  EXPECT_NE(text.find("  rules\n    0.5000 if image '0,1', no text 'red' (12 % of the"), std::string::npos) << text;
  EXPECT_NE(text.find("0.2500 if no image '0,1' (88 %"), std::string::npos) << text;
}

TEST(SurrogateView, IsEmptyWithoutASurrogate) {
  EXPECT_EQ(view(ExampleAttribution{}, kPlain), "");
}

TEST(ExampleViewOfASurrogate, ListsItsTermsAndItsPairs) {
  ScoreTable table;
  table.modalities = kModalities;
  table.examples.push_back({.id = "1", .label = 3.0, .predicted = 5, .target = 5, .attribution = attribution()});
  const std::string text = to_example_view(table, kPlain);
  EXPECT_NE(text.find("0,1 with red"), std::string::npos) << text;
  EXPECT_NE(text.find("    0,1 "), std::string::npos);
  // Left out of the surrogate.
  EXPECT_EQ(text.find("    1,0 "), std::string::npos);
  EXPECT_NE(text.find("r2 0.81"), std::string::npos);
}

}  // namespace
}  // namespace modattr::surrogate_view_test
