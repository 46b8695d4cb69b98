#include "modattr/data/csv_reader.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using CsvRows = std::vector<std::vector<std::string>>;

CsvRows rows_of_csv(const std::string& text) {
  CsvReader reader(text, "val.csv");
  CsvRows rows;
  for (std::vector<std::string> fields; reader.next(fields);) rows.push_back(fields);
  return rows;
}

std::string csv_problem(const std::string& text) {
  return thrown_message<DataError>([&] { return rows_of_csv(text); });
}

TEST(CsvReader, ReadsFieldsAsRfc4180Says) {
  EXPECT_EQ(rows_of_csv("a,b\r\n1,\"x, \"\"y\"\"\"\n,\n"), (CsvRows{{"a", "b"}, {"1", "x, \"y\""}, {"", ""}}));
  EXPECT_EQ(rows_of_csv("a,b,"), (CsvRows{{"a", "b", ""}}));
  EXPECT_EQ(rows_of_csv(""), CsvRows{});
  EXPECT_EQ(rows_of_csv("\"\"\n"), (CsvRows{{""}}));
}

TEST(CsvReader, KeepsLineEndsInQuotesAndCountsThem) {
  const std::string text = "a\n\"one\r\ntwo\"\nthree\n";
  CsvReader reader(text, "val.csv");
  std::vector<std::string> fields;
  ASSERT_TRUE(reader.next(fields));
  ASSERT_TRUE(reader.next(fields));
  EXPECT_EQ(fields.front(), "one\r\ntwo");
  EXPECT_EQ(reader.where(), "val.csv:2");
  ASSERT_TRUE(reader.next(fields));
  EXPECT_EQ(reader.where(), "val.csv:4");
  EXPECT_FALSE(reader.next(fields));
}

TEST(CsvReader, LeavesOutAByteOrderMarkAndBlankLines) {
  EXPECT_EQ(rows_of_csv("\xEF\xBB\xBF"
                        "a,b\n\n1,2\r\n\r\n"),
            (CsvRows{{"a", "b"}, {"1", "2"}}));
}

TEST(CsvReader, NamesLineAndColumnOfWhatIsWrong) {
  EXPECT_TRUE(mentions(csv_problem("a,b\n1,2\"3\n"), {"val.csv:2: column 2: expected quotes around a whole field"}));
  EXPECT_TRUE(mentions(csv_problem("a,b\n1,\"2\" 3\n"), {"val.csv:2: column 2: expected a comma", "got ' 3'"}));
  EXPECT_TRUE(mentions(csv_problem("a\n\n\"1\n2"), {"val.csv:3: column 1: expected a closing quote"}));
  EXPECT_TRUE(mentions(csv_problem("a,\xFF\n"), {"val.csv:1: column 2: expected text in UTF-8, got '\\xff'"}));
}

}  // namespace
}  // namespace modattr
