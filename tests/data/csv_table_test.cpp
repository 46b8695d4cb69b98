#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/metadata.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

class CsvTableTest : public testing::Test {
 protected:
  Metadata read(const std::string& content, const std::vector<std::string>& wanted) {
    write_file(folder_ / "val.CSV", content);
    return read_metadata(folder_ / "val.CSV", wanted);
  }

  static std::vector<std::string> texts(const Metadata& metadata, const std::string& name) {
    const auto values = metadata.column(name);
    return {values.begin(), values.end()};
  }

  TemporaryFolder folder_;
};

TEST_F(CsvTableTest, TakesNamesFromTheFirstRow) {
  const Metadata metadata = read("id,text,age\n7,\"a\nb\",1.5\n8,,\n", {"age", "text"});
  EXPECT_EQ(metadata.keys(), (std::vector<std::string>{"id", "text", "age"}));
  EXPECT_EQ(metadata.row_count(), 2U);
  EXPECT_EQ(texts(metadata, "text"), (std::vector<std::string>{"a\nb", ""}));
  const auto types = metadata.types("age");
  EXPECT_EQ(types[0], MetadataType::kNumber);
  EXPECT_EQ(types[1], MetadataType::kNull);
  EXPECT_TRUE(metadata.where(1).ends_with("val.CSV:4"));
}

TEST_F(CsvTableTest, KeepsTheLinesOfRowsThatStay) {
  Metadata metadata = read("id\na\nb\nc\n", {"id"});
  metadata.keep({true, false, true});
  EXPECT_EQ(metadata.row_count(), 2U);
  EXPECT_EQ(texts(metadata, "id"), (std::vector<std::string>{"a", "c"}));
  EXPECT_TRUE(metadata.where(1).ends_with(":4"));
}

TEST_F(CsvTableTest, ComplainsOfColumnsThatAreMissing) {
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return read("id,text\n1,a\n", {"txt"}).column("txt"); }),
                       {"val.CSV:1: expected column 'txt'", "did you mean 'text'?"}));
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return read("id;text\n1;a\n", {"text"}).column("text"); }),
                       {"separate fields by commas"}));
}

TEST_F(CsvTableTest, RefusesRowsOfOtherLengthsAndRepeatedNames) {
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return read("a,b\n1,2\n3\n", {"a"}).row_count(); }),
                       {"val.CSV:3: expected 2 fields like the first row, got 1"}));
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return read("a,a\n1,2\n", {"a"}).row_count(); }),
                       {"val.CSV:1: expected every column once, got 'a' twice"}));
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return read("", {"a"}).row_count(); }), {"an empty file"}));
}

}  // namespace
}  // namespace modattr
