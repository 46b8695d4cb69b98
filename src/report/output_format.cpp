#include "modattr/report/output_format.h"

#include "modattr/report/csv_writer.h"
#include "modattr/report/json_writer.h"
#include "modattr/report/markdown_writer.h"
#include "modattr/report/text_table.h"

namespace modattr {

std::string render(const ScoreTable& table, OutputFormat format, const TextStyle& style) {
  switch (format) {
    case OutputFormat::kTable:
      return to_text_table(table, style);
    case OutputFormat::kCsv:
      return to_csv(table.rows);
    case OutputFormat::kJson:
      return to_json(table);
    case OutputFormat::kMarkdown:
      return to_markdown(table);
  }
  return "";
}

}  // namespace modattr
