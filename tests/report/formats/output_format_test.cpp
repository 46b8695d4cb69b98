#include "modattr/report/formats/output_format.h"

#include <gtest/gtest.h>

#include "modattr/report/formats/csv_writer.h"
#include "modattr/report/formats/json_writer.h"
#include "modattr/report/formats/markdown_writer.h"
#include "modattr/report/tables/text_table.h"
#include "report/tables/example_table.h"

namespace modattr {
namespace {

TEST(Render, CallsTheWriterOfEachFormat) {
  const ScoreTable table = testing::grouped_table();
  const TextStyle style{.color = true, .width = 80};
  EXPECT_EQ(render(table, OutputFormat::kTable, style), to_text_table(table, style));
  EXPECT_EQ(render(table, OutputFormat::kCsv, style), to_csv(table));
  EXPECT_EQ(render(table, OutputFormat::kJson, style), to_json(table));
  EXPECT_EQ(render(table, OutputFormat::kMarkdown, style), to_markdown(table));
}

}  // namespace
}  // namespace modattr
