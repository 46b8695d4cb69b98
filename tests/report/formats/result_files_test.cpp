#include "modattr/report/formats/result_files.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "modattr/report/formats/json_writer.h"
#include "report/tables/example_table.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

std::optional<FormerRun> former_run_of(const std::string& text) {
  const TemporaryFolder folder;
  std::ofstream(folder / "scores.json", std::ios::binary) << text;
  return former_run(folder.path());
}

TEST(FormerRun, IsReadFromItsScores) {
  const std::optional<FormerRun> run = former_run_of(to_json(testing::shapley_table()));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->command, "shap");
  EXPECT_EQ(run->model_sha256, std::string(64, 'a'));
}

TEST(FormerRun, MayBeOfAnotherSchema) {
  const std::optional<FormerRun> run =
      former_run_of(R"({"schema": "modattr.scores/1", "command": "lime", "model": 3})");
  ASSERT_TRUE(run);
  EXPECT_EQ(run->command, "lime");
  EXPECT_EQ(run->model_sha256, "");
}

TEST(FormerRun, IsNoneOfAnotherProgram) {
  EXPECT_FALSE(former_run(TemporaryFolder().path()));
  for (const char* const text :
       {"", "{", "[]", "{}", R"({"schema": 1})", R"({"schema": "other/1", "command": "shap"})"}) {
    EXPECT_FALSE(former_run_of(text)) << text;
  }
}

}  // namespace
}  // namespace modattr
