#include "run/shards/shard_file.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

EvaluatedExamples evaluated_rows(std::uint32_t first, std::uint32_t count) {
  EvaluatedExamples evaluated(EvaluationHeader{.engine = "test"});
  for (std::uint32_t row = first; row < first + count; ++row) evaluated.add(row, std::string(row % 5, 'x'));
  return evaluated;
}

ShardFile made_file() {
  ShardFile file{.shard = {2, 16}, .command = "lime"};
  file.common.config = "some/modattr.json";
  file.common.data = "val.npz";
  file.common.modalities = {"text"};
  file.common.examples = 40;
  file.common.ids = {"a,b", ""};
  file.common.seed = 7;
  file.common.device = "cpu";
  file.common.no_split = true;
  file.options = R"({"budget":60})";
  file.identity = {{"version", "0.1.0"}, {"data file", "abc"}};
  file.parts.push_back({.name = "lime",
                        .evaluated = evaluated_rows(3, 4),
                        .predicted = {{3, 1}, {4, 0}, {4000000000U, 4000000001U}},
                        .dropped_rows = {8, 9},
                        .evaluations = {1, 2, 3},
                        .seconds = 0.25,
                        .model_use = "split"});
  file.parts.push_back({.name = "empty"});
  return file;
}

TEST(ShardFile, IsReadAsItWasWritten) {
  const ShardFile file = made_file();
  const ShardFile read = parse_shard_file(file.to_bytes());
  EXPECT_EQ(read.to_bytes(), file.to_bytes());
  EXPECT_EQ(read.shard, file.shard);
  EXPECT_EQ(read.common.config, file.common.config);
  EXPECT_FALSE(read.common.model);
  EXPECT_EQ(read.common.ids, file.common.ids);
  EXPECT_EQ(read.common.seed, file.common.seed);
  EXPECT_TRUE(read.common.no_split);
  EXPECT_EQ(read.identity, file.identity);
  ASSERT_EQ(read.parts.size(), 2U);
  EXPECT_EQ(read.parts[0].evaluated, file.parts[0].evaluated);
  EXPECT_EQ(read.parts[0].predicted, file.parts[0].predicted);
  EXPECT_EQ(read.parts[0].dropped_rows, file.parts[0].dropped_rows);
  EXPECT_FALSE(read.parts[1].evaluated);
}

TEST(ShardFile, IsRefusedWithAnyByteChangedOrMissing) {
  const std::string bytes = made_file().to_bytes();
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    std::string damaged = bytes;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x20);
    EXPECT_THROW(parse_shard_file(damaged), DataError) << place;
    EXPECT_THROW(parse_shard_file(bytes.substr(0, place)), DataError) << place;
  }
  EXPECT_THROW(parse_shard_file(bytes + "x"), DataError);
}

TEST(RunIdentity, TellsTheFirstFactThatDiffers) {
  const RunIdentity identity = {{"version", "1"}, {"data file", "abc"}};
  EXPECT_FALSE(difference(identity, identity));
  EXPECT_EQ(difference(identity, {{"version", "1"}, {"data file", "abd"}}), "expected data file abc, got abd");
  EXPECT_EQ(difference(identity, {{"version", "1"}}), "expected data file abc, got nothing more");
  EXPECT_EQ(difference({{"version", "1"}}, identity), "expected nothing more, got data file abc");
}

TEST(ShardPart, JoinsWhatOthersFound) {
  ShardPart part{.name = "shap",
                 .evaluated = evaluated_rows(0, 2),
                 .predicted = {{0, 5}},
                 .dropped_rows = {1, 4},
                 .evaluations = {1, 2, 3},
                 .seconds = 1.0};
  part.merge({.name = "shap"});
  part.merge({.name = "shap",
              .evaluated = evaluated_rows(2, 3),
              .predicted = {{2, 6}},
              .dropped_rows = {3, 4},
              .evaluations = {10, 20, 30},
              .seconds = 0.5,
              .model_use = "whole"});
  EXPECT_EQ(part.evaluated, evaluated_rows(0, 5));
  EXPECT_EQ(part.predicted.size(), 2U);
  EXPECT_EQ(part.dropped_rows, (std::vector<std::uint32_t>{1, 3, 4}));
  EXPECT_EQ(part.evaluations.fusion, 33U);
  EXPECT_EQ(part.seconds, 1.5);
  EXPECT_EQ(part.model_use, "whole");
  EXPECT_THROW(part.merge({.name = "lime"}), DataError);
}

TEST(ShardPart, BeginsWithTheFirstThatHasExamples) {
  ShardPart part{.name = "trace"};
  part.merge({.name = "trace", .evaluated = evaluated_rows(4, 1)});
  EXPECT_EQ(part.evaluated, evaluated_rows(4, 1));
}

}  // namespace
}  // namespace modattr
