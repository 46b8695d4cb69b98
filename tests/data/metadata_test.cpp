#include "modattr/data/metadata.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

class MetadataTest : public testing::Test {
 protected:
  Metadata read(std::string_view content, const std::vector<std::string>& wanted = {"id"}) {
    write_file(folder_ / "meta.jsonl", content);
    return read_metadata(folder_ / "meta.jsonl", wanted);
  }

  /// The message without the folder, empty when nothing is thrown.
  std::string message_of(std::string_view content, const std::string& key = "id") {
    try {
      read(content, {key}).column(key);
      return {};
    } catch (const DataError& error) {
      return std::string(error.what()).substr(folder_.path().string().size() + 1);
    }
  }

  TemporaryFolder folder_;
};

TEST_F(MetadataTest, KeepsValuesAsTheyAreWritten) {
  const Metadata metadata = read(
      "{\"id\": \"a\\u00e9\", \"n\": 1.50, \"x\": {\"id\": 3}}\n{\"n\": -3, \"id\": true}\r\n{\"id\": null, \"n\": "
      "18446744073709551615}",
      {"n", "id"});
  EXPECT_EQ(metadata.row_count(), 3U);
  EXPECT_EQ(metadata.keys(), (std::vector<std::string>{"id", "n", "x"}));
  const auto ids = metadata.column("id");
  EXPECT_EQ(std::vector<std::string>(ids.begin(), ids.end()), (std::vector<std::string>{"aé", "true", "null"}));
  const auto numbers = metadata.column("n");
  EXPECT_EQ(std::vector<std::string>(numbers.begin(), numbers.end()),
            (std::vector<std::string>{"1.50", "-3", "18446744073709551615"}));
}

TEST_F(MetadataTest, IgnoresBlankLinesAtTheEndOnly) {
  EXPECT_EQ(read("").row_count(), 0U);
  EXPECT_EQ(read("{\"id\":1}\n\n \n").row_count(), 1U);
  EXPECT_NE(message_of("{\"id\":1}\n\n{\"id\":2}\n").find("meta.jsonl:2: expected one JSON object per line"),
            std::string::npos);
}

TEST_F(MetadataTest, ComplainsOfAMissingKeyOnlyWhenItIsUsed) {
  const Metadata metadata = read("{\"id\":1,\"g\":2}\n{\"id\":1}\n", {"id", "g"});
  EXPECT_EQ(metadata.column("id").size(), 2U);
  EXPECT_THROW(metadata.column("g"), DataError);
}

TEST_F(MetadataTest, TellsOneTextOfTwoTypes) {
  const auto check = [&](const std::string& content) {
    const Metadata metadata = read(content, {"g"});
    return thrown_message<DataError>([&] { metadata.check_one_type_per_text("g"); });
  };
  EXPECT_TRUE(mentions(check("{\"g\":true}\n{\"g\":\"x\"}\n{\"g\":\"true\"}"),
                       {"meta.jsonl:3: expected 'true' under 'g' as a boolean like in line 1, got a text; write both "
                        "alike, or one of them as another text"}));
  EXPECT_TRUE(mentions(check("{\"g\":\"1\"}\n{\"g\":1}"), {":2: expected '1'", "a text", "got a number"}));
  EXPECT_TRUE(mentions(check("{\"g\":null}\n{\"g\":\"null\"}"), {"as null like in line 1, got a text"}));
  EXPECT_EQ(check("{\"g\":true}\n{\"g\":\"yes\"}\n{\"g\":1}\n{\"g\":true}"), "nothing was thrown");
}

TEST_F(MetadataTest, NamesTheLineAndTheNearestKeys) {
  EXPECT_EQ(message_of("{\"id\":1,\"kind\":2,\"question_type\":3}\n", "question_typ"),
            "meta.jsonl:1: expected key 'question_typ', got a line without it; keys of this line: 'question_type', "
            "'kind', 'id'");
  EXPECT_EQ(message_of("{\"id\":1}\n{}"),
            "meta.jsonl:2: expected key 'id', got a line without it; this line has no keys");
}

TEST_F(MetadataTest, RefusesListsAndObjectsAsValues) {
  EXPECT_NE(message_of("{\"id\":[1]}").find("got a list or an object"), std::string::npos);
}

TEST_F(MetadataTest, RefusesWhatIsNotAnObjectPerLine) {
  for (const char* const content : {"[1]", "3", "\"id\"", "{\"id\":1} {\"id\":2}", "{\"id\":1", "{id:1}", "nonsense",
                                    "{\"id\":1}\nx", "{\"id\":1e999}", "{\"id\":1,\"id\":2}", "{\"id\":\"\xff\"}"}) {
    const std::string message = message_of(content);
    EXPECT_FALSE(message.empty()) << content;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_EQ(message.find('\xff'), std::string::npos) << message;
  }
}

TEST_F(MetadataTest, RefusesAbsurdNesting) {
  const std::string content = "{\"id\":" + std::string(5'000'000, '[');
  EXPECT_NE(message_of(content).find("100 levels of nesting"), std::string::npos);
}

TEST_F(MetadataTest, IsQuickWithAbsurdlyManyKeys) {
  std::string content = "{\"a\":1";
  for (int number = 0; number < 100'000; ++number) content += ",\"k" + std::to_string(number) + "\":1";
  EXPECT_NE(message_of(content + "}").find("expected key 'id'"), std::string::npos);
}

TEST_F(MetadataTest, NamesAMissingFile) {
  EXPECT_THROW(read_metadata("no/such/file", std::vector<std::string>{}), DataError);
}

}  // namespace
}  // namespace modattr
