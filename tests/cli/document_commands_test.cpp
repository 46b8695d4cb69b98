// Every command in the documents runs, and prints what is shown below it. With MODATTR_UPDATE_DOCUMENTS in the
// environment the documents are rewritten where it does not: scripts/update-docs.

#include <map>
#include <optional>
#include <regex>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "document.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

/// Fewer say that the tests no longer see them.
constexpr std::size_t kFewestCommands = 10;
constexpr const char* kOmission = "...";

/// A command of a document, and what is shown below it: [first, end) of the document's lines.
struct ShownCommand {
  std::string command;
  std::size_t first = 0;
  std::size_t end = 0;
  int exit_code = 0;
  bool numbers_vary = false;
};

/// Without the comment at its end.
std::string command_in(std::string line) {
  line = line.substr(0, line.find("  #"));
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

std::vector<ShownCommand> commands_of(const Document& document) {
  std::vector<ShownCommand> commands;
  for (const Fence& fence : document.fences) {
    if (fence.has("no-run")) continue;
    const bool is_console = fence.has("console");
    for (std::size_t place = fence.first; place < fence.end; ++place) {
      const std::string& line = document.lines[place];
      const bool is_prompt = line.starts_with("$ build/modattr ");
      if (!is_prompt && !line.starts_with("build/modattr ")) continue;
      ShownCommand command{.command = command_in(line.substr(is_prompt ? 2 : 0)), .first = place + 1, .end = place + 1};
      while (is_console && command.end < fence.end && !document.lines[command.end].starts_with("$ ")) ++command.end;
      for (const std::string& word : fence.words) {
        if (word.starts_with("exit=")) command.exit_code = std::stoi(word.substr(5));
      }
      command.numbers_vary = fence.has("numbers-vary");
      commands.push_back(command);
    }
  }
  for (std::size_t place = 0; place < document.lines.size(); ++place) {
    if (document.is_fenced(place)) continue;
    for (const std::string& code : code_in(document.lines[place])) {
      if (code.starts_with("build/modattr ")) commands.push_back({.command = code, .first = place, .end = place});
    }
  }
  return commands;
}

/// A folder that looks like the root of the repository with its build, where commands may leave files.
class Shell {
 public:
  Shell() {
    for (const auto& entry : std::filesystem::directory_iterator(kRepository)) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with("build")) std::filesystem::create_symlink(entry.path(), folder_ / name);
    }
    const char* other_build = std::getenv("MODATTR_TEST_PROGRAM");
    std::filesystem::create_directory(folder_ / "build");
    const std::filesystem::path program = other_build != nullptr ? other_build : MODATTR_PROGRAM;
    std::filesystem::create_symlink(std::filesystem::absolute(program), folder_ / "build/modattr");
  }

  const ProgramResult& run(const std::string& command) {
    const auto known = results_.find(command);
    if (known != results_.end()) return known->second;
    return results_.emplace(command, run_process("/bin/bash", {.arguments = {"-c", command}, .folder = folder_.path()}))
        .first->second;
  }

 private:
  TemporaryFolder folder_;
  std::map<std::string, ProgramResult> results_;
};

/// Without its numbers and without the width of its gaps.
std::string words_of(const std::string& line) {
  static const std::regex number(R"([0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?)");
  static const std::regex gap(" +");
  return std::regex_replace(std::regex_replace(line, number, "N"), gap, " ");
}

bool shows(std::span<const std::string> shown, std::span<const std::string> real, bool numbers_vary) {
  if (shown.empty()) return real.empty();
  if (shown.front() == kOmission) {
    for (std::size_t omitted = 0; omitted <= real.size(); ++omitted) {
      if (shows(shown.subspan(1), real.subspan(omitted), numbers_vary)) return true;
    }
    return false;
  }
  if (real.empty()) return false;
  const bool is_same = numbers_vary ? words_of(shown.front()) == words_of(real.front()) : shown.front() == real.front();
  return is_same && shows(shown.subspan(1), real.subspan(1), numbers_vary);
}

/// The new lines in the place of the shown ones, with the same omissions; nullopt where it is not clear which they are.
/// Lines before the first omission are the first ones, those after the last are the last ones, and those between begin
/// with the line that has the words of the old one.
std::optional<Lines> updated(std::span<const std::string> shown, std::span<const std::string> real) {
  const auto omission = std::ranges::find(shown, kOmission);
  if (omission == shown.end()) return Lines(real.begin(), real.end());
  Lines result;
  std::size_t place = 0;
  for (std::size_t first = 0; first <= shown.size();) {
    const auto next = std::ranges::find(shown.begin() + static_cast<std::ptrdiff_t>(first), shown.end(), kOmission);
    const auto count = static_cast<std::size_t>(next - shown.begin()) - first;
    const bool is_last = next == shown.end();
    if (is_last && count > 0) {
      if (real.size() < place + count) return std::nullopt;
      place = real.size() - count;
    } else if (first > 0 && count > 0) {
      while (place < real.size() && words_of(real[place]) != words_of(shown[first])) ++place;
    }
    if (place + count > real.size()) return std::nullopt;
    result.insert(result.end(), real.begin() + static_cast<std::ptrdiff_t>(place),
                  real.begin() + static_cast<std::ptrdiff_t>(place + count));
    place += count;
    if (!is_last) result.emplace_back(kOmission);
    first += count + 1;
  }
  return result;
}

/// Runs the commands of a document; changes its lines where they are to be updated. Returns how many commands it has.
std::size_t check_commands(Document& document, Shell& shell) {
  const std::vector<ShownCommand> commands = commands_of(document);
  // From the end, as new lines move those that follow.
  std::vector<std::pair<const ShownCommand*, Lines>> changes;
  for (const ShownCommand& command : commands) {
    const ProgramResult& result = shell.run(command.command);
    EXPECT_FALSE(result.timed_out) << document.where(command.first) << command.command;
    EXPECT_EQ(result.exit_code, command.exit_code) << document.where(command.first) << " " << command.command << "\n"
                                                   << result.errors;
    if (command.first == command.end) continue;
    const Lines real = lines_of(result.output + (command.exit_code != 0 ? result.errors : ""));
    const auto begin = document.lines.begin() + static_cast<std::ptrdiff_t>(command.first);
    const Lines shown(begin, begin + static_cast<std::ptrdiff_t>(command.end - command.first));
    if (shows(shown, real, command.numbers_vary)) continue;
    const std::optional<Lines> changed = updated(shown, real);
    if (documents_are_updated() && changed) {
      changes.emplace_back(&command, *changed);
    } else {
      ADD_FAILURE() << document.where(command.first) << ": expected what `" << command.command << "` prints:\n"
                    << text_of(changed.value_or(real)) << "got\n"
                    << text_of(shown) << "scripts/update-docs rewrites it";
    }
  }
  std::ranges::sort(changes, std::ranges::greater(), [](const auto& change) { return change.first->first; });
  for (const auto& [command, lines] : changes) {
    const auto first = document.lines.begin() + static_cast<std::ptrdiff_t>(command->first);
    document.lines.erase(first, first + static_cast<std::ptrdiff_t>(command->end - command->first));
    document.lines.insert(document.lines.begin() + static_cast<std::ptrdiff_t>(command->first), lines.begin(),
                          lines.end());
  }
  if (!changes.empty()) write_file(kRepository / document.name, text_of(document.lines));
  return commands.size();
}

TEST(DocumentCommands, PrintWhatIsShown) {
  Shell shell;
  std::size_t count = 0;
  for (const std::string& name : user_documents()) {
    Document document(name);
    count += check_commands(document, shell);
  }
  EXPECT_GE(count, kFewestCommands);
}

TEST(DocumentCommands, AreFoundInFencesAndInSentences) {
  Document document("README.md");
  document.lines = lines_of(
      "Try `build/modattr engines`.\n```console exit=2\n$ build/modattr permute  # comment\nshown\n$ ls\nfile\n```\n"
      "```console no-run\n$ build/modattr shap\n```\n");
  document.fences = {{.first = 2, .end = 6, .words = {"console", "exit=2"}},
                     {.first = 8, .end = 9, .words = {"console", "no-run"}}};
  const std::vector<ShownCommand> commands = commands_of(document);
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_EQ(commands[0].command, "build/modattr permute");
  EXPECT_EQ(commands[0].first, 3U);
  EXPECT_EQ(commands[0].end, 4U);
  EXPECT_EQ(commands[0].exit_code, 2);
  EXPECT_EQ(commands[1].command, "build/modattr engines");
}

TEST(DocumentCommands, MayOmitLinesAndNumbers) {
  const Lines real = {"a 1", "b 2", "c 3", "d 4"};
  EXPECT_TRUE(shows(Lines{"a 1", "...", "d 4"}, real, false));
  EXPECT_TRUE(shows(Lines{"...", "c 3", "..."}, real, false));
  EXPECT_FALSE(shows(Lines{"...", "c 4", "..."}, real, false));
  EXPECT_TRUE(shows(Lines{"...", "c   4.5", "..."}, real, true));
  EXPECT_FALSE(shows(Lines{"a 1", "b 2"}, real, false));
  EXPECT_FALSE(shows(Lines{"a 1", "...", "e 4"}, real, true));
}

TEST(DocumentCommands, AreUpdatedWithTheSameOmissions) {
  const Lines real = {"a 1", "b 2", "c 3", "d 4"};
  EXPECT_EQ(updated(Lines{"a 7", "...", "c 8", "..."}, real), (Lines{"a 1", "...", "c 3", "..."}));
  EXPECT_EQ(updated(Lines{"...", "old"}, real), (Lines{"...", "d 4"}));
  EXPECT_EQ(updated(Lines{"old"}, real), real);
  EXPECT_EQ(updated(Lines{"...", "unknown", "..."}, real), std::nullopt);
}

/// Lines with numbers, without bars: those are as long as the terminal allows.
Names numbered_lines(const std::string& text) {
  static const std::regex bar("(█|▉|▊|▋|▌|▍|▎|▏|│|▐)+");
  Names lines;
  for (const std::string& line : lines_of(text)) {
    const std::string words = std::regex_replace(line, bar, "");
    if (words.find_first_of("0123456789") != std::string::npos) {
      lines.insert(words.substr(0, words.find_last_not_of(' ') + 1));
    }
  }
  return lines;
}

std::string element(const std::string& picture, const std::string& name) {
  const std::size_t begin = picture.find("<" + name + ">") + name.size() + 2;
  return picture.substr(begin, picture.find("</" + name + ">") - begin);
}

TEST(DocumentCommands, DrawnInThePicturePrintItsNumbers) {
  const std::string picture = read_file(kRepository / "docs/images/lime.svg");
  const std::string command = element(picture, "title");
  Shell shell;
  const ProgramResult& result = shell.run(command);
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  const Names real = numbered_lines(result.output);
  const Names drawn = numbered_lines(element(picture, "desc"));
  EXPECT_GE(drawn.size(), 10U);
  for (const std::string& line : drawn) {
    EXPECT_TRUE(real.contains(line)) << "not printed now: '" << line << "'; docs/images/make.py draws it anew";
  }
  EXPECT_NE(read_file(kRepository / "README.md").find("`" + command + "`"), std::string::npos) << command;
}

}  // namespace
}  // namespace modattr
