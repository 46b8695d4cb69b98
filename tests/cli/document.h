#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "support/array_writers.h"
#include "support/program_process.h"

namespace modattr {

inline const std::filesystem::path kRepository = MODATTR_SOURCE_DIR;

using Lines = std::vector<std::string>;
using Names = std::set<std::string>;

/// What the first group of a pattern matches, wherever it is.
inline Names all_matches(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  Names names;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match) {
    names.insert((*match)[1]);
  }
  return names;
}

/// Without white space at the ends of lines, and without empty lines at the end.
inline Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    line.erase(line.find_last_not_of(" \t\r") + 1);
    lines.push_back(line);
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

inline std::string text_of(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// A block between two lines of ```.
struct Fence {
  /// Its lines are [first, end).
  std::size_t first = 0;
  std::size_t end = 0;
  /// What stands behind the first ```.
  Names words;

  bool has(const std::string& word) const { return words.contains(word); }
};

/// A Markdown file of the repository.
struct Document {
  std::string name;
  Lines lines;
  std::vector<Fence> fences;

  explicit Document(std::string file) : name(std::move(file)), lines(lines_of(read_file(kRepository / name))) {
    bool is_open = false;
    for (std::size_t place = 0; place < lines.size(); ++place) {
      if (!lines[place].starts_with("```")) continue;
      is_open = !is_open;
      if (!is_open) {
        fences.back().end = place;
        continue;
      }
      Fence& fence = fences.emplace_back(Fence{.first = place + 1, .end = lines.size(), .words = {}});
      std::istringstream info(lines[place].substr(3));
      for (std::string word; info >> word;) fence.words.insert(word);
    }
  }

  bool is_fenced(std::size_t place) const {
    return std::ranges::any_of(fences,
                               [&](const Fence& fence) { return place + 1 >= fence.first && place <= fence.end; });
  }
  std::string where(std::size_t place) const { return name + ":" + std::to_string(place + 1); }
};

/// Those that are written for users: the README, how to contribute, and everything in docs.
inline std::vector<std::string> user_documents() {
  std::vector<std::string> names = {"README.md", "CONTRIBUTING.md"};
  for (const auto& entry : std::filesystem::directory_iterator(kRepository / "docs")) {
    if (entry.path().extension() == ".md") names.push_back("docs/" + entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

/// Whether the documents are to be changed where the program shows something else: scripts/update-docs.
inline bool documents_are_updated() {
  return std::getenv("MODATTR_UPDATE_DOCUMENTS") != nullptr;
}

/// Texts between backticks.
inline std::vector<std::string> code_in(std::string_view line) {
  std::vector<std::string> code;
  for (std::size_t begin = line.find('`'); begin != std::string_view::npos;) {
    const std::size_t end = line.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    code.emplace_back(line.substr(begin + 1, end - begin - 1));
    begin = line.find('`', end + 1);
  }
  return code;
}

/// Cells of a row of a table; a bar behind a backslash is none.
inline std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  for (std::size_t place = 1; place < line.size(); ++place) {
    if (line[place] != '|' || line[place - 1] == '\\') {
      cell += line[place];
      continue;
    }
    const std::size_t first = cell.find_first_not_of(' ');
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') + 1 - first));
    cell.clear();
  }
  return cells;
}

/// A row of a table and the heading that it stands under.
struct TableRow {
  std::string heading;
  std::vector<std::string> cells;
};

/// Rows of every table whose first column has this title.
inline std::vector<TableRow> table_rows(const Document& document, std::string_view first_column) {
  std::vector<TableRow> rows;
  std::string heading;
  bool is_wanted = false;
  for (std::size_t place = 0; place < document.lines.size(); ++place) {
    const std::string& line = document.lines[place];
    if (document.is_fenced(place)) continue;
    if (line.starts_with('#')) heading = line.substr(line.find(' ') + 1);
    if (!line.starts_with('|')) {
      is_wanted = false;
    } else if (place + 1 < document.lines.size() && document.lines[place + 1].starts_with("|-")) {
      is_wanted = cells_of(line).at(0) == first_column;
    } else if (is_wanted && !line.starts_with("|-")) {
      rows.push_back({heading, cells_of(line)});
    }
  }
  return rows;
}

/// The first code of every first cell.
inline Names names_in_table(const Document& document, std::string_view first_column) {
  Names names;
  for (const TableRow& row : table_rows(document, first_column)) {
    const std::vector<std::string> code = code_in(row.cells.at(0));
    if (!code.empty()) names.insert(code.front());
  }
  return names;
}

}  // namespace modattr
