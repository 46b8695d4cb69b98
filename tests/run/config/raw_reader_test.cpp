#include "run/config/raw_reader.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

RawConfig raw_of(const std::string& kind, const std::string& text) {
  const Json value = Json::parse(text);
  JsonObject modality(value, "modattr.json: modalities[0]");
  return read_raw(modality, kind, "/data");
}

std::string raw_problem(const std::string& kind, const std::string& text) {
  return thrown_message<ConfigError>([&] { return raw_of(kind, text); });
}

TEST(RawReader, TakesPathsFromTheFolderOfTheConfiguration) {
  const RawConfig raw = raw_of("tokens", R"({"column": "question", "tokenizer": "../t.json", "max_length": 9})");
  EXPECT_EQ(raw.column, "question");
  EXPECT_EQ(raw.tokenizer, "/t.json");
  EXPECT_EQ(raw.max_length, 9U);
  EXPECT_EQ(raw.first_key, "column");
  EXPECT_FALSE(raw_of("tokens", "{}").first_key.has_value());
}

TEST(RawReader, TakesTheLengthOfSoundsInSamplesOrSeconds) {
  EXPECT_EQ(raw_of("audio", R"({"max_length": 16000})").sound.length, 16000U);
  EXPECT_EQ(raw_of("audio", R"({"max_seconds": 1.5, "preprocessing": {"sample_rate": 8000}})").sound.length, 12000U);
  EXPECT_FALSE(raw_of("audio", R"({"column": "file"})").sound.length.has_value());
  EXPECT_TRUE(mentions(raw_problem("audio", R"({"max_seconds": 1})"), {"modalities[0].max_seconds", "sample_rate"}));
  EXPECT_TRUE(
      mentions(raw_problem("audio", R"({"max_seconds": 1, "max_length": 3, "preprocessing": {"sample_rate": 8}})"),
               {"modalities[0].max_seconds", "none beside \"max_length\""}));
  EXPECT_TRUE(mentions(raw_problem("audio", R"({"max_seconds": 1e9, "preprocessing": {"sample_rate": 8}})"),
                       {"modalities[0].max_seconds", "134217728"}));
  EXPECT_TRUE(mentions(raw_problem("audio", R"({"max_length": 0})"), {"modalities[0].max_length"}));
}

TEST(RawReader, ReadsColumnsInTheWordsOfScikitLearn) {
  const RawConfig raw = raw_of("columns", R"({"preprocessing": {"age": {"mean": 3, "std": 2, "missing": 1},
                                              "sex": {"categories": ["f", "m"], "handle_unknown": "ignore"}}})");
  ASSERT_EQ(raw.encodings.size(), 2U);
  EXPECT_EQ(raw.encodings[0].mean, 3.0);
  EXPECT_EQ(raw.encodings[0].missing, 1.0);
  EXPECT_EQ(raw.encodings[1].categories, (std::vector<std::string>{"f", "m"}));
  EXPECT_EQ(raw.encodings[1].unknown, ColumnEncoding::Unknown::kIgnored);
  EXPECT_TRUE(mentions(raw_problem("columns", R"({"preprocessing": {"age": {"std": 0}}})"), {"age.std"}));
  EXPECT_TRUE(mentions(raw_problem("columns", R"({"preprocessing": {"age": {"encoding": "ordinal"}}})"),
                       {"age.encoding", "\"categories\""}));
}

TEST(RawReader, NamesKeysThatAKindDoesNotRead) {
  EXPECT_TRUE(mentions(raw_problem("image", R"({"tokenizer": "t.json"})"), {".tokenizer", "kind tokens", "image"}));
  EXPECT_TRUE(mentions(raw_problem("image", R"({"max_length": 3})"), {".max_length", "kind tokens or audio"}));
  EXPECT_TRUE(mentions(raw_problem("tokens", R"({"max_seconds": 3})"), {".max_seconds", "kind audio"}));
  EXPECT_TRUE(mentions(raw_problem("columns", R"({"column": "a"})"), {".column", "kind image, tokens or audio"}));
  EXPECT_TRUE(
      mentions(raw_problem("tokens", R"({"preprocessing": {}})"), {".preprocessing", "kind image, audio or columns"}));
}

}  // namespace
}  // namespace modattr
