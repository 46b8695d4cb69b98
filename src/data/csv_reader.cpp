#include "modattr/data/csv_reader.h"

#include <algorithm>
#include <utility>

#include "modattr/data/messages.h"

namespace modattr {

CsvReader::CsvReader(std::string_view text, std::string path) : text_(text), path_(std::move(path)) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text_.starts_with(kByteOrderMark)) position_ = kByteOrderMark.size();
}

bool CsvReader::is_line_end() const noexcept {
  const std::string_view rest = text_.substr(position_);
  return rest.starts_with('\n') || rest.starts_with("\r\n");
}

bool CsvReader::skip_line_end() noexcept {
  if (!is_line_end()) return false;
  position_ += text_[position_] == '\r' ? 2U : 1U;
  ++line_;
  return true;
}

void CsvReader::fail(std::size_t column, std::string_view expected, std::string_view got) const {
  throw_data_error(where() + ": column " + std::to_string(column), expected, got);
}

void CsvReader::read_quoted(std::string& field, std::size_t column) {
  ++position_;
  for (;;) {
    const std::size_t quote = text_.find('"', position_);
    if (quote == std::string_view::npos) fail(column, "a closing quote", "the end of the file");
    const std::string_view part = text_.substr(position_, quote - position_);
    line_ += static_cast<std::size_t>(std::ranges::count(part, '\n'));
    field += part;
    position_ = quote + 1;
    if (position_ >= text_.size() || text_[position_] != '"') break;
    field += '"';
    ++position_;
  }
  if (position_ < text_.size() && text_[position_] != ',' && !is_line_end()) {
    fail(column, "a comma or the end of the line behind a closing quote",
         quoted_text(text_.substr(position_, text_.find_first_of(",\r\n", position_) - position_)));
  }
}

void CsvReader::read_plain(std::string& field, std::size_t column) {
  const std::size_t first = position_;
  while (position_ < text_.size() && text_[position_] != ',' && !is_line_end()) {
    if (text_[position_] == '"') fail(column, "quotes around a whole field, inner ones doubled", "a quote inside it");
    ++position_;
  }
  field = text_.substr(first, position_ - first);
}

bool CsvReader::next(std::vector<std::string>& fields) {
  while (skip_line_end()) {
  }
  first_line_ = line_;
  fields.clear();
  if (position_ >= text_.size()) return false;
  for (;;) {
    std::string& field = fields.emplace_back();
    const bool is_quoted = position_ < text_.size() && text_[position_] == '"';
    is_quoted ? read_quoted(field, fields.size()) : read_plain(field, fields.size());
    if (!is_utf8(field)) fail(fields.size(), "text in UTF-8", quoted_text(field));
    if (position_ >= text_.size() || skip_line_end()) return true;
    ++position_;
  }
}

std::string CsvReader::where() const {
  return path_ + ":" + std::to_string(first_line_);
}

}  // namespace modattr
