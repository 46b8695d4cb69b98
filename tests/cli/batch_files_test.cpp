// The files of configs/batch: their commands run, and what has to agree in them does. scripts/test-batch runs the
// launchers.

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"
#include "sum_project.h"

namespace modattr {
namespace {

std::string batch_file(const std::string& name) {
  return read_file(kConfigs / "batch" / name);
}

/// The first group of a pattern in a text; a test fails where there is none.
std::string found_in(const std::string& text, const std::string& pattern) {
  std::smatch match;
  EXPECT_TRUE(std::regex_search(text, match, std::regex(pattern))) << pattern;
  return match.empty() ? std::string() : match[1].str();
}

/// The arguments of the container: `args: ["merge", "shards"]`.
std::vector<std::string> arguments_in(const std::string& text) {
  const Json list = Json::parse(found_in(text, R"(args: (\[[^\n]*\]))"), nullptr, false);
  EXPECT_TRUE(list.is_array());
  return list.is_array() ? list.get<std::vector<std::string>>() : std::vector<std::string>();
}

TEST(BatchFiles, TellKubernetesPodsTheirNumber) {
  const std::string text = batch_file("kubernetes-shards.yaml");
  for (const char* line :
       {"apiVersion: batch/v1\n", "kind: Job\n", "  completionMode: Indexed\n", "restartPolicy: OnFailure\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  EXPECT_EQ(found_in(text, R"(completions: (\d+))"), found_in(text, R"re(JOB_COMPLETIONS\n +value: "(\d+)")re"));
}

TEST(BatchFiles, HaveNoTabsAndEvenIndentation) {
  for (const char* name : {"kubernetes-shards.yaml", "kubernetes-merge.yaml"}) {
    std::istringstream lines(batch_file(name));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_EQ(line.find('\t'), std::string::npos) << line;
      if (line.starts_with('#') || line.empty()) continue;
      EXPECT_EQ(line.find_first_not_of(' ') % 2, 0U) << name << ": " << line;
      // A key with a value, or an entry of a list.
      EXPECT_TRUE(std::regex_search(line, std::regex(R"(^ *(- )?\{?[A-Za-z_]+:( |$))"))) << name << ": " << line;
    }
  }
}

TEST(BatchFiles, RunAsKubernetesRunsThem) {
  const Project project = sum_project();
  const std::vector<std::string> shard = arguments_in(batch_file("kubernetes-shards.yaml"));
  for (const char* index : {"0", "1"}) {
    ProgramCall call = project.call(shard);
    call.environment = {{"JOB_COMPLETION_INDEX", index}, {"JOB_COMPLETIONS", "2"}};
    const ProgramResult result = run_program(call);
    ASSERT_EQ(result.exit_code, 0) << result.errors;
  }
  const ProgramResult merged = project.run(arguments_in(batch_file("kubernetes-merge.yaml")));
  EXPECT_EQ(merged.exit_code, 0) << merged.errors;
  EXPECT_TRUE(std::filesystem::exists(project.results() / "scores.json"));
}

}  // namespace
}  // namespace modattr
