#include "modattr/data/raw/column_encoding.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/array_tensor.h"
#include "modattr/data/array_text.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

class ColumnEncodingTest : public testing::Test {
 protected:
  std::vector<Array> encode(const std::string& csv, const std::vector<ColumnEncoding>& encodings) {
    write_file(folder_ / "val.csv", csv);
    std::vector<std::string> wanted;
    for (const ColumnEncoding& encoding : encodings) wanted.push_back(encoding.column);
    return encode_columns(read_metadata(folder_ / "val.csv", wanted), "x", encodings);
  }

  std::string problem(const std::string& csv, const std::vector<ColumnEncoding>& encodings) {
    return thrown_message<DataError>([&] { return encode(csv, encodings); });
  }

  TemporaryFolder folder_;
};

TEST_F(ColumnEncodingTest, StandardisesNumbersAndMakesOneColumnPerCategory) {
  const auto arrays = encode(
      "sex,age\nf,30\nm,50\nf,\n",
      {{.column = "age", .mean = 40.0, .std = 20.0, .missing = 44.0}, {.column = "sex", .categories = {"m", "f"}}});
  ASSERT_EQ(arrays.size(), 2U);
  EXPECT_EQ(arrays[0].dtype, c10::ScalarType::Float);
  EXPECT_EQ(arrays[0].shape, (std::vector<std::int64_t>{3, 3}));
  const std::vector<double> numbers = to_doubles(arrays[0]);
  const std::vector<double> expected = {-0.5, 0, 1, 0.5, 1, 0, 0.2F, 0, 1};
  EXPECT_EQ(numbers, expected);
  EXPECT_EQ(arrays[1].name, "x__columns");
  EXPECT_EQ(texts_of(arrays[1], "x"), (std::vector<std::string>{"age", "sex=m", "sex=f"}));
}

TEST_F(ColumnEncodingTest, GivesPlacesToOrdinalColumns) {
  const auto style = ColumnEncoding::Style::kOrdinal;
  const auto arrays = encode("a,b\nx,1\ny,2\n", {{.column = "a", .categories = {"y", "x"}, .style = style},
                                                 {.column = "b", .categories = {"1", "2", "3"}, .style = style}});
  EXPECT_EQ(arrays[0].dtype, c10::ScalarType::Long);
  EXPECT_EQ(to_integers(arrays[0]), (std::vector<std::int64_t>{1, 0, 0, 1}));
  EXPECT_EQ(texts_of(arrays[1], "x"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(ColumnEncodingTest, IgnoresUnknownTextsOnlyWhereItIsTold) {
  ColumnEncoding encoding{.column = "a", .categories = {"red", "green"}};
  EXPECT_TRUE(mentions(problem("a\nred\ngren\n", {encoding}),
                       {"val.csv:3: column 'a': expected one of its categories, got 'gren'", "did you mean 'green'"}));
  encoding.unknown = ColumnEncoding::Unknown::kIgnored;
  EXPECT_EQ(to_doubles(encode("a\ngren\nred\n", {encoding})[0]), (std::vector<double>{0, 0, 1, 0}));
}

TEST_F(ColumnEncodingTest, NamesTheLineOfACellThatIsNoNumber) {
  EXPECT_TRUE(
      mentions(problem("a,b\n1,\n\"x\",\n", {{.column = "a"}}), {"val.csv:3: column 'a': expected a number, got 'x'"}));
  EXPECT_TRUE(
      mentions(problem("a,b\n1,\n,2\n", {{.column = "a"}}), {"val.csv:3: column 'a': expected a number, got nothing"}));
  EXPECT_TRUE(mentions(problem("a,b\n1,\nnan,2\n", {{.column = "a"}}), {"val.csv:3", "\"missing\""}));
}

TEST_F(ColumnEncodingTest, TakesTrueAndFalseAsNumbers) {
  EXPECT_EQ(to_doubles(encode("a\ntrue\nfalse\n", {{.column = "a"}})[0]), (std::vector<double>{1, 0}));
}

}  // namespace
}  // namespace modattr
