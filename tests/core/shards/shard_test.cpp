#include "modattr/core/shards/shard.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

Environment variables(std::map<std::string, std::string> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

Shard shard_from(std::map<std::string, std::string> values) {
  return parse_shard("auto", variables(std::move(values)));
}

TEST(Shard, HaveEveryExampleOnceInOrder) {
  for (const std::size_t example_count : {0U, 1U, 7U, 16U, 100U, 101U}) {
    for (const std::size_t count : {1U, 2U, 7U, 16U, 1000U}) {
      std::size_t next = 0;
      for (std::size_t index = 0; index < count; ++index) {
        const ExampleRange range = Shard{index, count}.range(example_count);
        EXPECT_EQ(range.first, next);
        EXPECT_LE(range.count, example_count / count + 1);
        EXPECT_GE(range.count, example_count / count);
        next += range.count;
      }
      EXPECT_EQ(next, example_count);
    }
  }
}

TEST(Shard, RangesKnowWhatTheyContain) {
  const ExampleRange range{3, 2};
  EXPECT_FALSE(range.contains(2));
  EXPECT_TRUE(range.contains(3));
  EXPECT_TRUE(range.contains(4));
  EXPECT_FALSE(range.contains(5));
  EXPECT_FALSE(ExampleRange{}.contains(0));
}

TEST(Shard, AreReadAsPeopleCount) {
  EXPECT_EQ(parse_shard("1/1", variables({})), (Shard{0, 1}));
  EXPECT_EQ(parse_shard("3/16", variables({})), (Shard{2, 16}));
  EXPECT_EQ((Shard{2, 16}.text()), "3/16");
}

TEST(Shard, AreFoundByTheNamesOfTheirFiles) {
  EXPECT_EQ((Shard{2, 16}.file_name()), "shard-3-of-16.modattr");
  EXPECT_TRUE(is_shard_file_name("shard-3-of-16.modattr"));
  EXPECT_FALSE(is_shard_file_name("scores.json"));
  EXPECT_FALSE(is_shard_file_name(".shard-3-of-16.modattr.12.0.tmp"));
}

TEST(Shard, RefuseWhatIsNoPlace) {
  for (const char* text : {"", "3", "0/4", "5/4", "1/0", "-1/4", "1/4x", " 1/4", "1/", "/4", "1/2/3", "1.0/2",
                           "99999999999999999999/2", "1/99999999999"}) {
    EXPECT_THROW(parse_shard(text, variables({})), ConfigError) << text;
  }
}

TEST(Shard, FollowTheTaskOfAJobArray) {
  EXPECT_EQ(shard_from({{"SLURM_ARRAY_TASK_ID", "0"}, {"SLURM_ARRAY_TASK_COUNT", "4"}, {"SLURM_ARRAY_TASK_MIN", "0"}}),
            (Shard{0, 4}));
  EXPECT_EQ(
      shard_from({{"SLURM_ARRAY_TASK_ID", "16"}, {"SLURM_ARRAY_TASK_COUNT", "16"}, {"SLURM_ARRAY_TASK_MIN", "1"}}),
      (Shard{15, 16}));
  EXPECT_EQ(shard_from({{"SLURM_ARRAY_TASK_ID", "12"},
                        {"SLURM_ARRAY_TASK_COUNT", "4"},
                        {"SLURM_ARRAY_TASK_MIN", "2"},
                        {"SLURM_ARRAY_TASK_STEP", "5"}}),
            (Shard{2, 4}));
}

TEST(Shard, RefuseAJobArrayWithGaps) {
  const auto message = thrown_message<ConfigError>([] {
    shard_from({{"SLURM_ARRAY_TASK_ID", "9"}, {"SLURM_ARRAY_TASK_COUNT", "3"}, {"SLURM_ARRAY_TASK_MIN", "1"}});
  });
  EXPECT_EQ(
      message,
      "auto: expected an array of tasks at equal steps, such as --array=1-16, got task 9 of 3 from 1 on; name the "
      "shard as i/n");
}

TEST(Shard, FollowIndexedJobsAndLaunchers) {
  EXPECT_EQ(shard_from({{"JOB_COMPLETION_INDEX", "2"}, {"JOB_COMPLETIONS", "5"}}), (Shard{2, 5}));
  EXPECT_EQ(shard_from({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}}), (Shard{1, 2}));
  EXPECT_EQ(shard_from({{"RANK", "7"}, {"WORLD_SIZE", "8"}}), (Shard{7, 8}));
}

TEST(Shard, SayWhichVariableIsMissing) {
  EXPECT_EQ(thrown_message<ConfigError>([] {
              shard_from({{"JOB_COMPLETION_INDEX", "2"}});
            }),
            "auto: expected a whole number in JOB_COMPLETIONS, the job's completions, which Kubernetes does not set "
            "itself, got none; or name the shard as i/n");
  EXPECT_EQ(thrown_message<ConfigError>([] {
              shard_from({{"RANK", "x"}, {"WORLD_SIZE", "8"}});
            }),
            "auto: expected a whole number in RANK, got 'x'; or name the shard as i/n");
  EXPECT_THROW(shard_from({}), ConfigError);
  EXPECT_THROW(shard_from({{"RANK", "8"}, {"WORLD_SIZE", "8"}}), ConfigError);
}

TEST(Shard, RefuseTwoPlacesThatDiffer) {
  EXPECT_EQ(
      shard_from({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}, {"RANK", "1"}, {"WORLD_SIZE", "2"}}),
      (Shard{1, 2}));
  EXPECT_EQ(
      thrown_message<ConfigError>([] {
        shard_from({{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}, {"RANK", "0"}, {"WORLD_SIZE", "8"}});
      }),
      "auto: expected one place for this process, got 2/2 from OMPI_COMM_WORLD_RANK and 1/8 from RANK; name the "
      "shard as i/n");
}

}  // namespace
}  // namespace modattr
