#include "modattr/report/formats/result_files.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <nlohmann/json.hpp>

#include "json_field.h"
#include "modattr/report/formats/csv_writer.h"
#include "modattr/report/formats/examples_writer.h"
#include "modattr/report/formats/json_writer.h"

namespace modattr {
namespace {

struct FileFormat {
  std::string_view name;
  std::string (*render)(const ScoreTable& table);
};

constexpr std::array kFormats = {FileFormat{"scores.json", to_json}, FileFormat{"scores.csv", to_csv},
                                 FileFormat{"examples.jsonl", to_json_lines},
                                 FileFormat{"trace.jsonl", to_trace_lines}};

/// Whether a file begins like a page of to_html(), which would be about other results.
bool begins_like_page(std::string_view text) {
  return text.starts_with("<!doctype html>") && text.find(": modattr report</title>") != std::string_view::npos;
}

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

std::optional<FormerRun> former_run(const std::filesystem::path& folder) {
  using Document = nlohmann::ordered_json;
  std::error_code ignored;
  const std::filesystem::path file = folder / "scores.json";
  const std::uintmax_t size = std::filesystem::file_size(file, ignored);
  if (ignored || size > kMostJsonBytes) return std::nullopt;
  std::ifstream stream(file, std::ios::binary);
  const Document document = Document::parse(stream, nullptr, false);
  constexpr const char* kNone = "";
  if (!document.is_object()) return std::nullopt;
  const auto text = [](const Document& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string(kNone);
  };
  if (!text(document, "schema").starts_with("modattr.scores/")) return std::nullopt;
  const auto model = document.find("model");
  return FormerRun{.command = text(document, "command"),
                   .model_sha256 = model != document.end() && model->is_object() ? text(*model, "sha256") : ""};
}

std::span<const FormerFile> former_files() {
  // Not every run writes them; the other files are written by all.
  static const std::array<FormerFile, 3> files = {{{"examples.jsonl", begins_like_json_lines},
                                                   {"trace.jsonl", begins_like_trace_lines},
                                                   {"report.html", begins_like_page}}};
  return files;
}

}  // namespace modattr
