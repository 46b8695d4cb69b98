#include "modattr/report/formats/csv_writer.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace modattr::csv_writer_test {
namespace {

const std::string kHeader =
    "modality,definition,group,value,std_error,ci95_low,ci95_high,examples,p_value,p_value_examples\n";

/// Without a metric, so without a row of the score.
ScoreTable table_of(std::vector<Score> rows) {
  ScoreTable table;
  table.metric = "none";
  table.rows = std::move(rows);
  return table;
}

std::string line_with_group(std::string group) {
  return to_csv(table_of({Score{"m", "d", std::move(group), {}, {}, {}, 1, {}}})).substr(kHeader.size());
}

TEST(CsvWriter, WritesAHeaderForNoRows) {
  EXPECT_EQ(to_csv(table_of({})), kHeader);
}

TEST(CsvWriter, WritesAllDigits) {
  const Score row = {"text", "permutation.drop", "yes/no", 1.0 / 3.0, 0.004, Interval{0.1 + 0.2, 0.5},
                     4000,   1.0 / 11.0,         1.0 / 3.0};
  EXPECT_EQ(to_csv(table_of({row})),
            kHeader +
                "text,permutation.drop,yes/no,0.3333333333333333,0.004,0.30000000000000004,0.5,4000,"
                "0.09090909090909091,0.3333333333333333\n");
}

TEST(CsvWriter, LeavesUnknownCellsEmpty) {
  EXPECT_EQ(to_csv(table_of({Score{"text", "perceptual.task", "g", std::nan(""), {}, {}, 12, {}}})),
            kHeader + "text,perceptual.task,g,,,,,12,,\n");
}

TEST(CsvWriter, BeginsWithTheScoreItself) {
  ScoreTable table = table_of({});
  table.metric = "accuracy";
  table.score = 0.75;
  table.score_ci95 = Interval{0.5, 1.0};
  table.example_count = 12;
  EXPECT_EQ(to_csv(table), kHeader + "all,score,all,0.75,,0.5,1,12,,\n");
}

TEST(CsvWriter, NamesTheGroupOfAllExamples) {
  EXPECT_EQ(to_csv(table_of({Score{"m", "d", {}, {}, {}, {}, 1, {}}})), kHeader + "m,d,all,,,,,1,,\n");
  EXPECT_EQ(line_with_group("all"), "m,d,'all,,,,,1,,\n") << "a group of the data";
}

TEST(CsvWriter, TellsAnEmptyGroupFromNoGroup) {
  EXPECT_EQ(line_with_group(""), "m,d,\"\",,,,,1,,\n");
}

TEST(CsvWriter, QuotesCommasQuotesAndLineBreaks) {
  EXPECT_EQ(line_with_group("a,b"), "m,d,\"a,b\",,,,,1,,\n");
  EXPECT_EQ(line_with_group("say \"a\""), "m,d,\"say \"\"a\"\"\",,,,,1,,\n");
  EXPECT_EQ(line_with_group("a\r\nb"), "m,d,\"a\r\nb\",,,,,1,,\n");
  EXPECT_EQ(line_with_group("画像|b"), "m,d,画像|b,,,,,1,,\n");
}

TEST(CsvWriter, DisarmsFormulas) {
  EXPECT_EQ(line_with_group("=1+1"), "m,d,'=1+1,,,,,1,,\n");
  EXPECT_EQ(line_with_group("@SUM(A1,A2)"), "m,d,\"'@SUM(A1,A2)\",,,,,1,,\n");
  EXPECT_EQ(line_with_group("-cmd"), "m,d,'-cmd,,,,,1,,\n");
}

TEST(CsvWriter, LeavesNumbersAsGroupNamesAlone) {
  EXPECT_EQ(line_with_group("-1"), "m,d,-1,,,,,1,,\n");
  EXPECT_EQ(line_with_group("+2.5e3"), "m,d,+2.5e3,,,,,1,,\n");
}

TEST(CsvWriter, ReplacesControlCharactersAndBrokenBytes) {
  EXPECT_EQ(line_with_group(std::string("a\x1B[2J\0\xFF", 7)), "m,d,a\uFFFD[2J\uFFFD\uFFFD,,,,,1,,\n");
}

}  // namespace
}  // namespace modattr::csv_writer_test
