// The documents describe what the program knows, all of it and nothing else.

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "document.h"
#include "modattr/engines/definitions.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

std::string program_output(const std::vector<std::string>& arguments) {
  const ProgramResult result = run_program({.arguments = arguments, .folder = kRepository});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  return result.output;
}

/// The strings of a list in a source, such as `kModelKeys = {"path", "kind"}`.
Names words_in_source(const std::string& file, const std::string& list) {
  const std::string source = read_file(kRepository / file);
  const std::size_t begin = source.find(list + " = {");
  EXPECT_NE(begin, std::string::npos) << file << ": no " << list;
  if (begin == std::string::npos) return {};
  return all_matches(source.substr(begin, source.find(';', begin) - begin), "\"(\\w+)\"");
}

/// What the completion script of bash offers behind an option, or behind a command: `--metric) ... -W 'a b'`.
Names completed_words(const std::string& script, const std::string& before) {
  std::smatch words;
  const std::regex pattern("[ |]" + before + "\\)[^'\"\n]*['\"]([^'\"\n]*)['\"]");
  EXPECT_TRUE(std::regex_search(script, words, pattern)) << before;
  return all_matches(words[1], "(\\S+)");
}

// ---- Configuration

/// Every key that has a value: containers are described with what they hold.
Names known_keys() {
  const std::string file = "src/run/config/config.cpp";
  Names keys;
  for (const std::string& key : words_in_source("src/run/config/run_config.cpp", "kRunKeys"))
    keys.insert("runs[]." + key);
  const Names containers = {"model", "data", "modalities", "runs", "players", "removal", "check"};
  const std::vector<std::pair<std::string, std::string>> lists = {{"kRootKeys", ""},
                                                                  {"kModelKeys", "model."},
                                                                  {"kDataKeys", "data."},
                                                                  {"kModalityKeys", "modalities[]."},
                                                                  {"kRemovalKeys", "modalities[].removal."}};
  for (const auto& [list, prefix] : lists) {
    for (const std::string& key : words_in_source(file, list)) {
      if (!containers.contains(key)) keys.insert(prefix + key);
    }
  }
  for (const std::string& key : words_in_source("src/run/config/players_reader.cpp", "kPlayersKeys")) {
    keys.insert("modalities[].players." + key);
  }
  for (const std::string& key : words_in_source("src/check/check_settings.cpp", "kCheckKeys")) {
    keys.insert("check." + key);
  }
  return keys;
}

TEST(Documents, DescribeEveryStepOfPreprocessing) {
  const std::string text = read_file(kRepository / "docs/raw-files.md");
  const std::vector<std::pair<std::string, std::string>> lists = {
      {"picture_reader.cpp", "kStepKeys"},      {"picture_reader.cpp", "kResizeKeys"},
      {"picture_reader.cpp", "kNormalizeKeys"}, {"sound_reader.cpp", "kSoundKeys"},
      {"sound_reader.cpp", "kMelKeys"},         {"sound_reader.cpp", "kDecibelKeys"},
      {"sound_reader.cpp", "kLogKeys"},         {"sound_reader.cpp", "kNormalKeys"},
      {"raw_reader.cpp", "kEncodingKeys"}};
  for (const auto& [file, list] : lists) {
    for (const std::string& key : words_in_source("src/run/config/" + file, list)) {
      const bool is_described =
          text.find("`" + key + "`") != std::string::npos || text.find("\"" + key + "\":") != std::string::npos;
      EXPECT_TRUE(is_described) << key << " of " << list;
    }
  }
}

TEST(Documents, DescribeEveryKeyAndWordOfTheConfiguration) {
  const Document document("docs/configuration.md");
  EXPECT_EQ(names_in_table(document, "key"), known_keys());
  const std::string config = "src/run/config/config.cpp";
  EXPECT_EQ(names_in_table(document, "kind"), words_in_source(config, "kModelKinds"));
  Names types = words_in_source("src/masking/segmentation.cpp", "11> names");
  types.merge(words_in_source("src/masking/baseline.cpp", "kRemovalNames"));
  EXPECT_EQ(names_in_table(document, "type"), types);
  const std::string text = text_of(document.lines);
  for (const char* const list : {"kModalityKinds", "kTargetWords"}) {
    for (const std::string& word : words_in_source(config, list)) {
      EXPECT_NE(text.find("`" + word + "`"), std::string::npos) << word;
    }
  }
  const std::string script = program_output({"completion"});
  EXPECT_EQ(names_in_table(document, "metric"), completed_words(script, "--metric"));
  EXPECT_EQ(names_in_table(document, "value"), completed_words(script, "--value"));
}

/// A configuration with this value at this key; an object that holds the last part of the key stands for what holds it.
Json with_value(const std::string& key, const Json& value) {
  Json config = Json::parse(R"({"model": {"path": "none.pt"}, "data": {"path": "none.npz"},
                                "modalities": [{"name": "a", "inputs": ["a"]}, {"name": "b", "inputs": ["b"]}]})");
  std::string pointer = "/" + std::regex_replace(key, std::regex(R"(\[\]\.)"), "/0/");
  pointer = std::regex_replace(pointer, std::regex(R"(\.)"), "/");
  const std::size_t last = pointer.rfind('/');
  if (value.is_object() && value.contains(pointer.substr(last + 1))) pointer.resize(last);
  config[Json::json_pointer(pointer)] = value;
  return config;
}

TEST(DocumentExamples, OfKeysAreRead) {
  const TemporaryFolder folder;
  std::size_t count = 0;
  for (const TableRow& row : table_rows(Document("docs/configuration.md"), "key")) {
    const std::string key = code_in(row.cells.at(0)).at(0);
    const Json value = Json::parse(code_in(row.cells.at(1)).at(0), nullptr, false);
    ASSERT_FALSE(value.is_discarded()) << key << ": " << row.cells.at(1);
    write_file(folder / "modattr.json", with_value(key, value).dump());
    // Reads the configuration, and then finds no model.
    const ProgramResult result = run_program({.arguments = {"permute", "--model", "none.pt"}, .folder = folder.path()});
    EXPECT_EQ(result.exit_code, 3) << key << ": " << value << ": " << result.errors;
    EXPECT_NE(result.errors.find("none.pt"), std::string::npos) << key << ": " << result.errors;
    ++count;
  }
  EXPECT_GE(count, 25U);
}

// ---- Commands

TEST(Documents, DescribeEveryOptionOfEveryCommand) {
  const std::string script = program_output({"completion"});
  const Document document("docs/commands.md");
  std::map<std::string, Names> described;
  for (const TableRow& row : table_rows(document, "option")) {
    for (const std::string& code : code_in(row.cells.at(0))) {
      described[row.heading].insert(code.substr(0, code.find(' ')));
    }
  }
  Names commands;
  for (const std::string& word : completed_words(script, "\\*")) {
    if (!word.starts_with('-')) commands.insert(word);
  }
  EXPECT_EQ(names_in_table(document, "command"), commands);
  const Names& common = described["Common options"];
  for (const std::string& command : commands) {
    std::smatch options;
    ASSERT_TRUE(std::regex_search(script, options, std::regex("\n    " + command + "\\) words=\"([^\"\n]*)\"")))
        << command;
    Names known = all_matches(options[1], "(\\S+)");
    // As the text above the tables says.
    EXPECT_EQ(known.erase("-h") + known.erase("--help"), 2U);
    if (!known.contains("--threads")) {
      EXPECT_EQ(described[command], known) << command;
      continue;
    }
    Names together = described[command];
    together.insert(common.begin(), common.end());
    EXPECT_EQ(together, known) << command;
  }
}

TEST(Documents, DescribeEveryExitCode) {
  const std::string help = program_output({"--help"});
  const std::string codes = help.substr(help.find("Exit codes:"));
  Names described;
  for (const TableRow& row : table_rows(Document("docs/results.md"), "code")) described.insert(row.cells.at(0));
  EXPECT_EQ(described, all_matches(codes, "\\b([0-9]+)\\b"));
}

// ---- Definitions

/// The ids in the sources of the engines, by the families that have a legend.
Names known_definitions() {
  Names families;
  for (const DefinitionLegend& legend : definition_legends()) families.insert(legend.family);
  Names ids;
  Names with_members;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kRepository / "src/engines")) {
    if (entry.path().extension() != ".cpp") continue;
    for (const std::string& id : all_matches(read_file(entry.path()), "\"([a-z]+\\.\\w+)\"")) {
      const std::string family = id.substr(0, id.find('.'));
      if (id.ends_with(".jsonl")) continue;
      if (families.contains(family)) {
        ids.insert(id);
        with_members.insert(family);
      }
    }
  }
  // A family of one, such as sage.
  for (const std::string& family : families) {
    if (!with_members.contains(family)) ids.insert(family);
  }
  return ids;
}

Names described_definitions() {
  Names ids;
  for (const std::string& line : Document("docs/definitions.md").lines) {
    if (!line.starts_with("### ")) continue;
    for (const std::string& code : code_in(line)) ids.insert(code);
  }
  return ids;
}

TEST(Documents, DescribeEveryDefinition) {
  EXPECT_EQ(described_definitions(), known_definitions());
  const Document document("docs/definitions.md");
  const std::string text = text_of(document.lines);
  for (const char* const part : {"- **Is**", "- **Range**", "- **Read it**", "- **It misleads**"}) {
    std::size_t count = 0;
    for (const std::string& line : document.lines) count += line.starts_with(part) ? 1U : 0U;
    EXPECT_EQ(count, described_definitions().size()) << part;
  }
}

TEST(DocumentExamples, OfEveryEngineHaveDescribedDefinitions) {
  const Names described = described_definitions();
  Names printed;
  const std::vector<std::vector<std::string>> runs = {
      {"permute", "--exact", "--examples", "20"},
      {"shap", "--interactions", "--examples", "20", "--background", "2"},
      {"shap", "--level", "feature", "--ids", "17"},
      {"shap", "--level", "feature", "--index", "shapley", "--ids", "17"},
      {"shap", "--level", "feature", "--method", "deep", "--ids", "17", "--background", "2", "--verify", "1",
       "--budget", "900"},
      {"shap", "--level", "feature", "--method", "deep", "--index", "shapley", "--ids", "17", "--background", "2"},
      {"shap", "--level", "feature", "--method", "ig", "--ids", "17", "--background", "1"},
      {"shap", "--level", "feature", "--method", "gradient", "--ids", "17", "--background", "2"},
      {"shap", "--level", "feature", "--method", "input-x-gradient", "--ids", "17", "--background", "2"},
      {"shap", "--level", "feature", "--interactions", "--budget", "900", "--ids", "17"},
      {"shap", "--level", "feature", "--interactions", "--interaction-index", "stii", "--budget", "900", "--ids", "17"},
      {"shap", "--level", "feature", "--interactions", "--interaction-index", "fsii", "--budget", "900", "--ids", "17"},
      {"shap", "--method", "tree", "--tree-values", "path-dependent"},
      {"shap", "--level", "feature", "--tree-values", "path-dependent", "--interactions", "--ids", "3"},
      {"shap", "--level", "feature", "--tree-values", "path-dependent", "--index", "shapley", "--ids", "3"},
      {"shap", "--sage", "--examples", "20"},
      {"lime", "--ids", "17"},
      {"trace"},
      {"trace", "--inject", "all"}};
  for (std::vector<std::string> run : runs) {
    const bool is_of_trees = std::ranges::find(run, "--tree-values") != run.end();
    run.insert(run.end(), {"--format", "json", "--quiet", "--config",
                           is_of_trees ? "configs/boosted-trees.json" : "configs/vqa-features.json"});
    const Json scores = Json::parse(program_output(run));
    for (const Json& row : scores.at("rows")) printed.insert(row.at("definition"));
  }
  EXPECT_EQ(printed, described);
}

// ---- Engines

/// What `modattr engines` says of one way to use an engine.
struct EngineFacts {
  std::string name;
  std::vector<std::string> axioms;
  /// Titles and texts of the other lines.
  std::vector<std::pair<std::string, std::string>> others;
};

std::vector<std::string> split_at_commas(const std::string& list) {
  std::vector<std::string> parts;
  std::istringstream stream(list);
  for (std::string part; std::getline(stream >> std::ws, part, ',');) parts.push_back(part);
  return parts;
}

std::vector<EngineFacts> engine_facts() {
  std::vector<EngineFacts> engines;
  for (const std::string& line : lines_of(program_output({"engines"}))) {
    // The axioms are explained behind an empty line.
    if (line.empty()) break;
    if (!line.starts_with(' ')) {
      engines.push_back({.name = line.substr(0, line.find(": ")), .axioms = {}, .others = {}});
      continue;
    }
    const std::size_t end = line.find(' ', 2);
    const std::string title = line.substr(2, end - 2);
    const std::string text = line.substr(line.find_first_not_of(' ', end));
    if (title != "promises") {
      engines.back().others.emplace_back(title, text);
    } else if (text != "none") {
      engines.back().axioms = split_at_commas(text);
    }
  }
  return engines;
}

std::string table_line(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += (cell.empty() ? "" : " ") + cell + " |";
  return line;
}

/// The matrix of docs/engines.md: a line per way to use an engine, the axioms as columns of their own.
Lines engine_matrix() {
  const std::vector<EngineFacts> engines = engine_facts();
  std::vector<std::string> axioms;
  for (const EngineFacts& engine : engines) {
    for (const std::string& axiom : engine.axioms) {
      if (std::ranges::find(axioms, axiom) == axioms.end()) axioms.push_back(axiom);
    }
  }
  std::vector<std::string> titles = {"engine"};
  titles.insert(titles.end(), axioms.begin(), axioms.end());
  for (const auto& [title, text] : engines.at(0).others) titles.push_back(title);
  Lines matrix = {table_line(titles), "|---|"};
  for (std::size_t column = 1; column < titles.size(); ++column) {
    matrix.back() += column <= axioms.size() ? ":-:|" : "---|";
  }
  for (const EngineFacts& engine : engines) {
    std::vector<std::string> cells = {"`" + engine.name + "`"};
    for (const std::string& axiom : axioms) {
      cells.emplace_back(std::ranges::find(engine.axioms, axiom) != engine.axioms.end() ? "✓" : "");
    }
    for (const auto& [title, text] : engine.others) cells.push_back(text);
    matrix.push_back(table_line(cells));
  }
  return matrix;
}

TEST(Documents, CompareTheEnginesByTheirOwnFacts) {
  Document document("docs/engines.md");
  const auto begin = std::ranges::find(document.lines, "<!-- engines -->");
  const auto end = std::ranges::find(document.lines, "<!-- /engines -->");
  ASSERT_LT(begin, end);
  const Lines matrix = engine_matrix();
  EXPECT_GE(matrix.size(), 5U);
  if (documents_are_updated()) {
    Lines lines(document.lines.begin(), begin + 1);
    lines.insert(lines.end(), matrix.begin(), matrix.end());
    lines.insert(lines.end(), end, document.lines.end());
    if (lines != document.lines) write_file(kRepository / document.name, text_of(lines));
    return;
  }
  EXPECT_EQ(text_of(Lines(begin + 1, end)), text_of(matrix)) << "scripts/update-docs rewrites it";
}

}  // namespace
}  // namespace modattr
