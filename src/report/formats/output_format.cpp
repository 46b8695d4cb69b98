#include "modattr/report/formats/output_format.h"

#include "modattr/report/formats/csv_writer.h"
#include "modattr/report/formats/json_writer.h"
#include "modattr/report/formats/markdown_writer.h"
#include "modattr/report/tables/text_table.h"

namespace modattr {

std::string render(const ScoreTable& table, OutputFormat format, const TextStyle& style) {
  switch (format) {
    case OutputFormat::kTable:
      return to_text_table(table, style);
    case OutputFormat::kCsv:
      return to_csv(table);
    case OutputFormat::kJson:
      return to_json(table);
    case OutputFormat::kMarkdown:
      return to_markdown(table);
  }
  return "";
}

}  // namespace modattr
