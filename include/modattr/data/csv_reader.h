#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace modattr {

/// Rows of a CSV file (RFC 4180): commas, fields in quotes where they hold commas, quotes or line ends, lines that end
/// in LF or CRLF, a byte-order mark or none. Blank lines are left out.
class CsvReader {
 public:
  /// `text` is borrowed; `path` is for messages.
  CsvReader(std::string_view text, std::string path);

  /// Reads the next row into `fields`; false behind the last one. DataError naming line and column for a quote that is
  /// out of place or not closed, and for text that is not UTF-8.
  bool next(std::vector<std::string>& fields);
  /// `path:line` of the row that was read last, where it begins.
  std::string where() const;
  std::size_t line() const noexcept { return first_line_; }
  /// Bytes that were read so far.
  std::size_t position() const noexcept { return position_; }

 private:
  void read_quoted(std::string& field, std::size_t column);
  void read_plain(std::string& field, std::size_t column);
  bool skip_line_end() noexcept;
  bool is_line_end() const noexcept;
  [[noreturn]] void fail(std::size_t column, std::string_view expected, std::string_view got) const;

  std::string_view text_;
  std::string path_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
  std::size_t first_line_ = 1;
};

}  // namespace modattr
