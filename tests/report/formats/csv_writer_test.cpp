#include "modattr/report/formats/csv_writer.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace modattr {
namespace {

const std::string kHeader = "modality,definition,group,value,std_error,ci95_low,ci95_high,examples,p_value\n";

std::string line_with_group(std::string group) {
  const std::array rows = {Score{"m", "d", std::move(group), {}, {}, {}, 1, {}}};
  return to_csv(rows).substr(kHeader.size());
}

TEST(CsvWriter, WritesAHeaderForNoRows) {
  EXPECT_EQ(to_csv({}), kHeader);
}

TEST(CsvWriter, WritesAllDigits) {
  const std::array rows = {
      Score{"text", "permutation.drop", "yes/no", 1.0 / 3.0, 0.004, Interval{0.1 + 0.2, 0.5}, 4000, 1.0 / 11.0}};
  EXPECT_EQ(to_csv(rows), kHeader +
                              "text,permutation.drop,yes/no,0.3333333333333333,0.004,0.30000000000000004,0.5,4000,"
                              "0.09090909090909091\n");
}

TEST(CsvWriter, LeavesUnknownCellsEmpty) {
  const std::array rows = {Score{"text", "perceptual.task", {}, std::nan(""), {}, {}, 12, {}}};
  EXPECT_EQ(to_csv(rows), kHeader + "text,perceptual.task,,,,,,12,\n");
}

TEST(CsvWriter, TellsAnEmptyGroupFromNoGroup) {
  EXPECT_EQ(line_with_group(""), "m,d,\"\",,,,,1,\n");
}

TEST(CsvWriter, QuotesCommasQuotesAndLineBreaks) {
  EXPECT_EQ(line_with_group("a,b"), "m,d,\"a,b\",,,,,1,\n");
  EXPECT_EQ(line_with_group("say \"a\""), "m,d,\"say \"\"a\"\"\",,,,,1,\n");
  EXPECT_EQ(line_with_group("a\r\nb"), "m,d,\"a\r\nb\",,,,,1,\n");
  EXPECT_EQ(line_with_group("画像|b"), "m,d,画像|b,,,,,1,\n");
}

TEST(CsvWriter, DisarmsFormulas) {
  EXPECT_EQ(line_with_group("=1+1"), "m,d,'=1+1,,,,,1,\n");
  EXPECT_EQ(line_with_group("@SUM(A1,A2)"), "m,d,\"'@SUM(A1,A2)\",,,,,1,\n");
  EXPECT_EQ(line_with_group("-cmd"), "m,d,'-cmd,,,,,1,\n");
}

TEST(CsvWriter, LeavesNumbersAsGroupNamesAlone) {
  EXPECT_EQ(line_with_group("-1"), "m,d,-1,,,,,1,\n");
  EXPECT_EQ(line_with_group("+2.5e3"), "m,d,+2.5e3,,,,,1,\n");
}

TEST(CsvWriter, ReplacesControlCharactersAndBrokenBytes) {
  EXPECT_EQ(line_with_group(std::string("a\x1B[2J\0\xFF", 7)), "m,d,a\uFFFD[2J\uFFFD\uFFFD,,,,,1,\n");
}

}  // namespace
}  // namespace modattr
