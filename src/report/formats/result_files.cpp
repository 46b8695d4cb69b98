#include "modattr/report/formats/result_files.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "modattr/report/formats/csv_writer.h"
#include "modattr/report/formats/examples_writer.h"
#include "modattr/report/formats/json_writer.h"

namespace modattr {
namespace {

struct FileFormat {
  std::string_view name;
  std::string (*render)(const ScoreTable& table);
};

std::string rows_of(const ScoreTable& table) {
  return to_csv(table.rows);
}

constexpr std::array kFormats = {FileFormat{"scores.json", to_json}, FileFormat{"scores.csv", rows_of},
                                 FileFormat{"examples.jsonl", to_json_lines}};

}  // namespace

std::vector<NamedContent> render_files(const ScoreTable& table, std::span<const std::string> names) {
  std::vector<NamedContent> files;
  for (const std::string& name : names) {
    const auto format = std::ranges::find(kFormats, name, &FileFormat::name);
    if (format == kFormats.end()) throw std::invalid_argument("unknown file of results '" + name + "'");
    files.push_back({name, format->render(table)});
  }
  return files;
}

std::span<const FormerFile> former_files() {
  // Not every run writes it; the other files are written by all.
  static const std::array<FormerFile, 1> files = {{{"examples.jsonl", begins_like_json_lines}}};
  return files;
}

}  // namespace modattr
