#include "run/shards/shard_merge.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

class ShardMerge : public testing::Test {
 protected:
  std::filesystem::path write(std::size_t index, std::size_t count, const std::string& name,
                              const RunIdentity& identity = {{"data file", "abc"}},
                              const std::string& model_use = "split") const {
    EvaluatedExamples evaluated(EvaluationHeader{.engine = "test"});
    evaluated.add(static_cast<std::uint32_t>(index), "bytes");
    const ShardFile file{
        .shard = {index, count},
        .command = "shap",
        .identity = identity,
        .parts = {{.name = "shap", .evaluated = std::move(evaluated), .seconds = 1.0, .model_use = model_use}}};
    write_file(folder_ / name, file.to_bytes());
    return folder_ / name;
  }

  ShardFile merge(const std::vector<std::filesystem::path>& paths) {
    return merge_shard_files(paths, [&](std::string_view line) { notices_.emplace_back(line); });
  }
  std::string refusal(const std::vector<std::filesystem::path>& paths) {
    return thrown_message<ConfigError>([&] { merge(paths); });
  }

  TemporaryFolder folder_;
  std::vector<std::string> notices_;
};

TEST_F(ShardMerge, JoinsShardsInAnyOrder) {
  const std::vector<std::filesystem::path> paths = {write(2, 3, "c"), write(0, 3, "a"), write(1, 3, "b")};
  const ShardFile merged = merge(paths);
  ASSERT_EQ(merged.parts.size(), 1U);
  EXPECT_EQ(merged.parts[0].evaluated->count(), 3U);
  EXPECT_EQ(merged.parts[0].seconds, 3.0);
  EXPECT_TRUE(notices_.empty());
}

TEST_F(ShardMerge, NamesMissingShardsUpToSome) {
  EXPECT_EQ(refusal({write(0, 3, "a")}), "shards: expected all 3, got 1; missing: 2/3, 3/3");
  EXPECT_EQ(refusal({write(3, 12, "b")}),
            "shards: expected all 12, got 1; missing: 1/12, 2/12, 3/12, 5/12, 6/12, 7/12, 8/12, 9/12 and 3 more");
}

TEST_F(ShardMerge, NamesAShardThatIsThereTwice) {
  const auto first = write(0, 2, "a");
  const auto again = write(0, 2, "b");
  EXPECT_EQ(refusal({first, again}),
            again.string() + ": expected every shard once, got 1/2 again, which is " + first.string() + ", too");
}

TEST_F(ShardMerge, NamesAShardOfAnotherRun) {
  const auto first = write(0, 2, "a");
  EXPECT_EQ(
      refusal({first, write(1, 2, "b", {{"data file", "xyz"}})}),
      (folder_ / "b").string() + ": expected data file abc, got xyz; it is of another run than " + first.string());
  EXPECT_TRUE(mentions(refusal({first, write(1, 5, "c")}), {"expected one of 2 shards, got one of 5"}));
}

TEST_F(ShardMerge, SaysWhereShardsRanTheModelInDifferentWays) {
  merge({write(0, 2, "a"), write(1, 2, "b", {{"data file", "abc"}}, "whole")});
  ASSERT_EQ(notices_.size(), 1U);
  EXPECT_NE(notices_.front().find("the last digits"), std::string::npos);
}

TEST_F(ShardMerge, NamesAFileThatCannotBeRead) {
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { merge({folder_ / "none"}); }),
                       {"none: expected a readable file, got: No such file or directory"}));
  write_file(folder_ / "text", "{}");
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { merge({folder_ / "text"}); }),
                       {"text: expected a shard that modattr wrote, got other bytes"}));
}

}  // namespace
}  // namespace modattr
