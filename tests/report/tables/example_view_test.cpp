#include "modattr/report/tables/example_view.h"

#include <algorithm>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/option_name.h"

namespace modattr {
namespace {

/// One example whose picture helps and whose text, of 22 words, hurts.
ScoreTable one_example() {
  ExampleAttribution attribution;
  attribution.value_empty = 0.1;
  attribution.value_full = 0.4;
  attribution.modalities = {0.5, -0.2};
  attribution.interactions = {0.05};
  for (std::size_t word = 0; word < 22; ++word) {
    attribution.players.push_back({.modality = 1,
                                   .player = word,
                                   .label = "word" + std::to_string(word),
                                   .value = word == 7 ? -0.41 : 0.01,
                                   .std_error = word == 7 ? 0.0 : 0.02});
  }
  ScoreTable table;
  table.modalities = {"image", "text"};
  table.examples.push_back({.id = "a\x1b[31m1", .label = 3.0, .predicted = 5, .target = 5, .attribution = attribution});
  return table;
}

const TextStyle kPlain{.color = false, .unicode = false, .width = 80, .spell_option = command_line_option};

std::string line_with(const std::string& text, const std::string& word) {
  const std::size_t found = text.find(word);
  if (found == std::string::npos) return "";
  const std::size_t first = text.rfind('\n', found) + 1;
  return text.substr(first, text.find('\n', found) - first);
}

TEST(ExampleView, LeadsFromNoDataToAllOfIt) {
  const std::string view = to_example_view(one_example(), kPlain);
  EXPECT_NE(view.find("example a1: label 3, predicted 5, explained: class 5"), std::string::npos) << view;
  EXPECT_NE(line_with(view, "without any data").find("0.1000"), std::string::npos);
  EXPECT_NE(line_with(view, "with all data").find("0.4000"), std::string::npos);
  EXPECT_LT(view.find("without any data"), view.find("image"));
  EXPECT_GT(view.find("with all data"), view.find("word7"));
}

TEST(ExampleView, NamesClassesAndShowsTexts) {
  ScoreTable table = one_example();
  ExampleRecord& record = table.examples.front();
  record.label_name = "cat";
  record.predicted_name = "2";
  record.target_name = "top left";
  record.texts = {{1, "what is \x1b[31mred"}};
  const std::string view = to_example_view(table, kPlain);
  EXPECT_NE(view.find("example a1: label cat, predicted '2', explained: class top left\n  text: what is red\n"),
            std::string::npos)
      << view;
}

TEST(ExampleView, DrawsSignedBarsOnOneScale) {
  const std::string view = to_example_view(one_example(), kPlain);
  const auto length_of = [&](const std::string& word) {
    const std::string line = line_with(view, word);
    return std::count(line.begin(), line.end(), '#');
  };
  EXPECT_NE(line_with(view, "image ").find("+0.5000"), std::string::npos);
  EXPECT_NE(line_with(view, "text ").find("-0.2000"), std::string::npos);
  EXPECT_GT(length_of("image "), length_of("word7"));
  EXPECT_GT(length_of("word7"), length_of("text "));
}

std::size_t column_of(const std::string& text, const std::string& word, std::string_view part) {
  return line_with(text, word).find(part);
}

TEST(ExampleView, LinesUpPointsAndErrors) {
  ScoreTable table = one_example();
  ExampleAttribution& attribution = table.examples.front().attribution;
  attribution.value_full = 10.44;
  attribution.players[3].value = 11.97;
  attribution.players[3].std_error = 10.5;
  const std::string view = to_example_view(table, kPlain);
  const std::size_t point = column_of(view, "word3 ", ".");
  for (const char* const line : {"without any data", "image ", "text ", "word7", "with all data", "image with text"}) {
    EXPECT_EQ(column_of(view, line, "."), point) << line << " in\n" << view;
  }
  EXPECT_EQ(column_of(view, "word0 ", "+- "), column_of(view, "word3 ", "+- ")) << view;
  EXPECT_NE(line_with(view, "word3 ").find("+11.97 +- 10.50"), std::string::npos) << view;
  EXPECT_NE(line_with(view, "word0 ").find(" +0.01 +-  0.02"), std::string::npos) << view;
}

TEST(ExampleView, MarksAnErrorThatIsNotKnown) {
  ScoreTable table = one_example();
  table.examples.front().attribution.players[3].std_error = std::numeric_limits<double>::infinity();
  const std::string view = to_example_view(table, kPlain);
  EXPECT_NE(line_with(view, "word3 ").find("+0.0100 +- ?"), std::string::npos) << view;
  EXPECT_NE(line_with(view, "word4 ").find("+0.0100 +- 0.0200"), std::string::npos) << view;
  // An exact value has none.
  EXPECT_EQ(line_with(view, "word7 ").find("+-"), std::string::npos) << view;
}

TEST(ExampleView, LinesUpTheEndsOfOneModality) {
  ScoreTable table = one_example();
  ExampleAttribution& attribution = table.examples.front().attribution;
  attribution.interactions.clear();
  attribution.surrogate = SurrogateReport{};
  for (PlayerScore& player : attribution.players) player.label = "w";
  const std::string view = to_example_view(table, kPlain);
  EXPECT_EQ(column_of(view, "without text", "."), column_of(view, "with all data", ".")) << view;
}

TEST(ExampleView, ShowsTinyPartsWithDigitsAndSign) {
  ScoreTable table = one_example();
  ExampleAttribution& attribution = table.examples.front().attribution;
  attribution.modalities = {3e-8, -2e-8};
  attribution.interactions = {-1e-3};
  for (PlayerScore& player : attribution.players) player = {1, 0, player.label, -1e-9, 2e-10};
  const std::string view = to_example_view(table, kPlain);
  EXPECT_NE(line_with(view, "image ").find("+3.000e-08"), std::string::npos) << view;
  EXPECT_NE(line_with(view, "text ").find("-2.000e-08"), std::string::npos) << view;
  EXPECT_NE(line_with(view, "word0 ").find("-1.000e-09 +- 2.000e-10"), std::string::npos) << view;
  EXPECT_NE(line_with(view, "image with text").find("-0.0010"), std::string::npos) << view;
  attribution.modalities = {0.3, -1e-5};
  EXPECT_NE(line_with(to_example_view(table, kPlain), "text ").find("-0.0000"), std::string::npos);
}

TEST(ExampleView, DrawsNoBarsForRounding) {
  ScoreTable table = one_example();
  ExampleAttribution& attribution = table.examples.front().attribution;
  attribution.modalities = {1e-17, -2e-17};
  attribution.interactions.clear();
  attribution.players.clear();
  const std::string view = to_example_view(table, kPlain);
  EXPECT_EQ(view.find('#'), std::string::npos) << view;
  EXPECT_EQ(view.find("e-17"), std::string::npos) << view;
}

TEST(ExampleView, SetsPairsApart) {
  const std::string view = to_example_view(one_example(), kPlain);
  EXPECT_LT(view.find("with all data"), view.find("only together (each modality above holds half)"));
  EXPECT_LT(view.find("only together"), view.find("    image with text  +0.0500"));
  // The longest of its block, though the smallest number of all.
  EXPECT_NE(line_with(view, "image with text").find(std::string(40, '#')), std::string::npos);
}

TEST(ExampleView, ListsTheStrongestPlayersAndSumsUpTheOthers) {
  const std::string view = to_example_view(one_example(), kPlain);
  EXPECT_LT(view.find("word7"), view.find("word0"));
  EXPECT_NE(line_with(view, "word0").find("+- 0.0200"), std::string::npos);
  EXPECT_EQ(view.find("word21"), std::string::npos);
  EXPECT_NE(line_with(view, "2 others").find("+0.0200"), std::string::npos);
}

/// Two patches and 22 words; the pair of a patch and a word, and that of two words, weigh less from word to word.
ScoreTable example_of_pairs() {
  ScoreTable table = one_example();
  ExampleAttribution& attribution = table.examples.front().attribution;
  attribution.interactions.clear();
  for (std::size_t patch = 0; patch < 2; ++patch) {
    attribution.players.insert(
        attribution.players.begin() + static_cast<std::ptrdiff_t>(patch),
        {.modality = 0, .player = patch, .label = "0," + std::to_string(patch), .value = 0.25, .std_error = 0.0});
  }
  PlayerInteractions pairs{.definition = "pairs.k_sii", .method = "sampled", .pairs = {}};
  for (std::uint32_t word = 2; word < 24; ++word) {
    const double strength = 0.3 / word;
    pairs.pairs.push_back({.first = 0, .second = word, .value = strength, .std_error = 0.01});
    if (word > 2) pairs.pairs.push_back({.first = 2, .second = word, .value = -strength, .std_error = 0.5});
  }
  attribution.player_interactions = pairs;
  return table;
}

TEST(ExampleView, ShowsPairsAcrossModalitiesFirst) {
  const std::string view = to_example_view(example_of_pairs(), kPlain);
  const std::size_t across = view.find("  features of two modalities only together (k-SII)\n");
  const std::size_t within = view.find("  features of one modality only together (k-SII)\n");
  ASSERT_NE(across, std::string::npos) << view;
  EXPECT_LT(view.find("with all data"), across);
  EXPECT_LT(across, within);
  EXPECT_LT(within, view.size());
  // Six of two modalities, then four of one.
  EXPECT_NE(line_with(view, "0,0 with word0").find("+0.1500 +- 0.0100"), std::string::npos) << view;
  EXPECT_NE(view.find("0,0 with word5"), std::string::npos);
  EXPECT_EQ(view.find("0,0 with word6"), std::string::npos);
  EXPECT_NE(line_with(view, "word0 with word1 ").find("-0.1000 +- 0.5000"), std::string::npos) << view;
  EXPECT_NE(view.find("word0 with word4"), std::string::npos);
  EXPECT_EQ(view.find("word0 with word5"), std::string::npos);
  EXPECT_NE(view.find("  33 weaker pairs: examples.jsonl of --out DIR has all\n"), std::string::npos) << view;
  const auto bar_of = [&](const std::string& pair) {
    const std::string line = line_with(view, pair);
    return std::count(line.begin(), line.end(), '#');
  };
  EXPECT_GT(bar_of("0,0 with word0"), bar_of("0,0 with word3"));
  std::size_t start = 0;
  for (std::size_t end = view.find('\n'); end != std::string::npos; start = end + 1, end = view.find('\n', start)) {
    EXPECT_LE(end - start, 80U) << view.substr(start, end - start);
  }
}

TEST(ExampleView, ShowsMorePairsOfOneModalityWhereThereAreNoOthers) {
  ScoreTable table = example_of_pairs();
  std::erase_if(table.examples.front().attribution.player_interactions->pairs,
                [](const PlayerInteraction& pair) { return pair.first == 0; });
  table.examples.front().attribution.player_interactions->definition = "pairs.fsii";
  const std::string view = to_example_view(table, kPlain);
  EXPECT_EQ(view.find("of two modalities"), std::string::npos);
  EXPECT_NE(view.find("features of one modality only together (FSII)"), std::string::npos) << view;
  EXPECT_NE(view.find("word0 with word10"), std::string::npos);
  EXPECT_NE(view.find("11 weaker pairs"), std::string::npos) << view;
}

TEST(ExampleView, ShowsPairsOfTheModalitiesThatWereAskedFor) {
  ScoreTable table = example_of_pairs();
  table.asked_modalities = {0};
  const std::string view = to_example_view(table, kPlain);
  EXPECT_NE(view.find("0,0 with word9"), std::string::npos);
  EXPECT_EQ(view.find("word0 with"), std::string::npos) << view;
}

TEST(ExampleView, ListsThePlayersThatWereAskedFor) {
  ScoreTable table = one_example();
  table.asked_modalities = {0};
  const std::string view = to_example_view(table, kPlain);
  EXPECT_EQ(view.find("word7"), std::string::npos);
  EXPECT_NE(line_with(view, "text ").find("-0.2000"), std::string::npos) << "the parts still sum up";
  table.asked_modalities = {1};
  EXPECT_NE(to_example_view(table, kPlain).find("word7"), std::string::npos);
}

TEST(ExampleView, ShortensALabelThatIsNoClass) {
  ScoreTable table = one_example();
  table.examples.front().label = 1.207828164100647;
  EXPECT_NE(to_example_view(table, kPlain).find("label 1.20783, "), std::string::npos);
  table.examples.front().label = 1234567890.0;
  EXPECT_NE(to_example_view(table, kPlain).find("label 1234567890, "), std::string::npos);
}

TEST(ExampleView, SaysWhereMoreExamplesAre) {
  ScoreTable table = one_example();
  table.examples.resize(kMostShownExamples, table.examples.front());
  EXPECT_NE(to_example_view(table, kPlain).find("without any data"), std::string::npos);
  table.examples.push_back(table.examples.front());
  EXPECT_EQ(to_example_view(table, kPlain),
            "\nexamples one by one: 11 are more than the 10 shown here; examples.jsonl of --out\nDIR has them\n");
  table.examples_are_chosen = true;
  table.examples[10].id = "eleventh";
  const std::string chosen = to_example_view(table, kPlain);
  EXPECT_NE(chosen.find("without any data"), std::string::npos);
  EXPECT_EQ(chosen.find("eleventh"), std::string::npos);
  EXPECT_TRUE(chosen.ends_with("\nexamples one by one: the first 10 of 11; examples.jsonl of --out DIR has all\n"))
      << chosen;
}

TEST(ExampleView, IsEmptyWithoutExamples) {
  EXPECT_EQ(to_example_view(ScoreTable{}, kPlain), "");
}

}  // namespace
}  // namespace modattr
