#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/array_writers.h"
#include "support/program_process.h"
#include "support/temporary_folder.h"
#include "support/torchscript_models.h"

namespace modattr {
namespace {

using TextJson = nlohmann::json;

/// A manifest of questions, BERT's tokenizer, and a model for which the place of a word counts.
class TextPlayersTest : public testing::Test {
 protected:
  TextPlayersTest() {
    write_file(folder_ / "vocab.txt",
               "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\nsat\nhere\nrun\n##ning\n?\n-\nblue\n");
    save_model(folder_ / "model.pt",
               "def forward(self, ids, mask):\n"
               "    places = torch.arange(ids.size(1)) + 1\n"
               "    x = self.table[ids] * mask.unsqueeze(2) * torch.sin(places * 1.3).unsqueeze(1)\n"
               "    return torch.cumsum(torch.tanh(x), 1).tanh().sum(1)\n",
               {{"table", {14, 2}, {0.1F,  0.3F,  -0.4F, 0.2F,   0.6F,  -0.7F, 0.25F, 1.5F,  -0.9F, 0.8F,
                                    1.2F,  -0.3F, 0.7F,  0.9F,   -1.1F, 0.45F, 0.65F, -0.2F, 1.3F,  0.15F,
                                    -0.6F, 0.5F,  0.35F, -0.85F, 1.0F,  0.05F, 0.3F,  -1.4F}}});
  }

  void write_manifest(const std::string& name, const std::vector<std::string>& texts) {
    std::string rows;
    for (const std::string& text : texts) rows += TextJson{{"question", text}, {"label", 0}}.dump() + "\n";
    write_file(folder_ / (name + ".jsonl"), rows);
  }

  void write_config(const TextJson& players, const TextJson& removal = nullptr) {
    TextJson text = {{"name", "text"},       {"kind", "tokens"},         {"inputs", {"ids", "mask"}},
                     {"column", "question"}, {"tokenizer", "vocab.txt"}, {"max_length", 7}};
    if (!players.is_null()) text["players"] = players;
    if (!removal.is_null()) text["removal"] = removal;
    const TextJson config = {{"model", {{"path", "model.pt"}}},
                             {"data", {{"path", "val.jsonl"}}},
                             {"modalities", {text}},
                             {"target", 1},
                             {"value", "logit"}};
    write_file(folder_ / "modattr.json", config.dump());
  }

  std::vector<TextJson> examples(std::vector<std::string> arguments) {
    std::filesystem::remove_all(folder_ / "results");
    arguments.insert(arguments.end(), {"--out", "results"});
    const ProgramResult result = run_program({.arguments = arguments, .folder = folder_.path()});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    std::istringstream text(read_file(folder_ / "results/examples.jsonl"));
    std::vector<TextJson> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(TextJson::parse(line, nullptr, false));
    return lines;
  }

  /// The model's answers to texts, as examples of a set.
  std::map<std::string, double> answers(const std::vector<std::string>& texts) {
    write_manifest("reduced", texts);
    std::map<std::string, double> values;
    const std::vector<TextJson> lines = examples({"shap", "--level", "modality", "--data", "reduced.jsonl"});
    for (std::size_t line = 0; line < lines.size(); ++line) values[texts[line]] = lines[line]["value_full"];
    return values;
  }

  TemporaryFolder folder_;
};

/// Shapley values of a game of texts, over all orders of the words; `texts`: what is left of the text, by bit sets of
/// present words.
std::vector<double> shapley_of_texts(const std::vector<std::string>& texts, const std::map<std::string, double>& values,
                                     std::size_t word_count) {
  std::vector<std::size_t> order(word_count);
  for (std::size_t word = 0; word < word_count; ++word) order[word] = word;
  std::vector<double> sums(word_count, 0.0);
  double count = 0.0;
  do {
    std::size_t present = 0;
    for (const std::size_t word : order) {
      const std::size_t more = present | std::size_t{1} << word;
      sums[word] += values.at(texts[more]) - values.at(texts[present]);
      present = more;
    }
    ++count;
  } while (std::ranges::next_permutation(order).found);
  for (double& sum : sums) sum /= count;
  return sums;
}

TEST_F(TextPlayersTest, WordsAreTakenOutOfTheTextWhichIsTokenisedAgain) {
  write_manifest("val", {"the running cat?", "cat sat"});
  write_config({{"type", "word"}, {"removal_in", "text"}});
  // By present words, the first one as bit 1.
  const std::vector<std::string> texts = {
      "",  "the",  "running",  "the running",  "cat",  "the cat",  "running cat",  "the running cat",
      "?", "the?", "running?", "the running?", "cat?", "the cat?", "running cat?", "the running cat?"};
  const std::map<std::string, double> values = answers(texts);
  const std::vector<double> expected = shapley_of_texts(texts, values, 4);
  const TextJson example = examples({"shap", "--level", "feature", "--ids", "0"}).at(0);
  EXPECT_NEAR(example["value_full"].get<double>(), values.at("the running cat?"), 1e-6);
  EXPECT_NEAR(example["value_empty"].get<double>(), values.at(""), 1e-6);
  ASSERT_EQ(example["players"].size(), 4U);
  std::map<std::string, double> scores;
  for (const TextJson& player : example["players"]) scores[player["name"]] = player["value"];
  EXPECT_NEAR(scores["the"], expected[0], 1e-6);
  EXPECT_NEAR(scores["running"], expected[1], 1e-6);
  EXPECT_NEAR(scores["cat"], expected[2], 1e-6);
  EXPECT_NEAR(scores["?"], expected[3], 1e-6);
  // In place it is another game.
  write_config({{"type", "word"}, {"removal_in", "ids"}}, {{"type", "token"}, {"id", 0}});
  const TextJson in_place = examples({"shap", "--level", "feature", "--ids", "0"}).at(0);
  EXPECT_GT(std::abs(in_place["players"][0]["value"].get<double>() - example["players"][0]["value"].get<double>()),
            1e-3);
}

TEST_F(TextPlayersTest, WordsBehindTheEndOfATruncatedTextStayOut) {
  // Seven positions: [CLS], five tokens, [SEP].
  write_manifest("val", {"the blue-cat running here"});
  write_config({{"type", "word"}, {"removal_in", "text"}});
  const TextJson example = examples({"shap", "--level", "feature"}).at(0);
  ASSERT_EQ(example["players"].size(), 5U);
  // "running" is seen in part: it is a word all the same.
  std::vector<std::string> texts = {"the blue-cat running"};
  const std::map<std::string, double> values = answers(texts);
  EXPECT_NEAR(example["value_full"].get<double>(), values.at(texts[0]), 1e-6);
}

TEST_F(TextPlayersTest, AreTheSameForAnyBatchAndNumberOfThreads) {
  write_manifest("val", {"the running cat?", "cat sat here", "", "the blue cat sat here?"});
  write_config({{"type", "word"}, {"removal_in", "text"}});
  for (const std::string engine : {"shap", "lime"}) {
    std::vector<std::string> base = {engine};
    if (engine == "shap") base.insert(base.end(), {"--level", "feature"});
    std::vector<std::string> other = base;
    base.insert(base.end(), {"--threads", "1", "--batch-size", "1"});
    other.insert(other.end(), {"--threads", "4", "--batch-size", "3"});
    EXPECT_EQ(examples(base), examples(other)) << engine;
  }
}

TEST_F(TextPlayersTest, TellWhatTheyNeed) {
  write_manifest("val", {"the running cat?", "cat sat"});
  write_config({{"type", "word"}, {"removal_in", "text"}});
  const ProgramResult shown = run_program({.arguments = {"shap", "--level", "feature"}, .folder = folder_.path()});
  const std::string output = std::regex_replace(shown.output, std::regex("\\s+"), " ");
  EXPECT_NE(output.find("text removed by leaving it out of the text"), std::string::npos) << shown.output;
  const ProgramResult background =
      run_program({.arguments = {"shap", "--level", "feature", "--background", "2"}, .folder = folder_.path()});
  EXPECT_EQ(background.exit_code, 0) << background.errors;
  write_npz(folder_ / "val.npz", {TestArray::of<std::int64_t>("ids", {2, 7}, std::vector<std::int64_t>(14, 5)),
                                  TestArray::of<std::int64_t>("mask", {2, 7}, std::vector<std::int64_t>(14, 1))});
  write_file(folder_ / "modattr.json", R"({"model": {"path": "model.pt"}, "data": {"path": "val.npz"}, "modalities": [
    {"name": "text", "inputs": ["ids", "mask"], "kind": "tokens", "removal": {"type": "empty"}}]})");
  const ProgramResult refused = run_program({.arguments = {"shap"}, .folder = folder_.path()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.errors.find("modalities[0].removal.type: expected another one than empty, as 'ids' is not made of"),
            std::string::npos)
      << refused.errors;
}

}  // namespace
}  // namespace modattr
