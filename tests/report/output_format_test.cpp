#include "modattr/report/output_format.h"

#include <gtest/gtest.h>

#include "example_table.h"
#include "modattr/report/csv_writer.h"
#include "modattr/report/json_writer.h"
#include "modattr/report/markdown_writer.h"
#include "modattr/report/text_table.h"

namespace modattr {
namespace {

TEST(Render, CallsTheWriterOfEachFormat) {
  const ScoreTable table = testing::grouped_table();
  const TextStyle style{.color = true, .width = 80};
  EXPECT_EQ(render(table, OutputFormat::kTable, style), to_text_table(table, style));
  EXPECT_EQ(render(table, OutputFormat::kCsv, style), to_csv(table.rows));
  EXPECT_EQ(render(table, OutputFormat::kJson, style), to_json(table));
  EXPECT_EQ(render(table, OutputFormat::kMarkdown, style), to_markdown(table));
}

}  // namespace
}  // namespace modattr
