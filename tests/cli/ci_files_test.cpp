// The files of configs/ci: their shell parts run.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "project.h"
#include "sum_project.h"

namespace modattr {
namespace {

const std::filesystem::path kReleases = kConfigs / "ci" / "releases.sh";

/// The lines of a step's `run: |`, or the `script` of a job, without their indentation; modattr is the tested program.
std::string shell_part(const std::string& file, const std::string& from, const std::string& to) {
  const std::string text = read_file(kConfigs / "ci" / file);
  const std::size_t begin = text.find(from);
  EXPECT_NE(begin, std::string::npos) << file;
  const std::size_t end = text.find(to, begin);
  std::string script = "set -e\nmodattr() { '" + test_program().string() + "' \"$@\"; }\n";
  std::istringstream lines(text.substr(begin + from.size(), end - begin - from.size()));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t first = line.find_first_not_of(" -");
    if (first != std::string::npos)
      script +=
          line.substr(line.compare(line.find_first_not_of(' '), 2, "- ") == 0 ? first : line.find_first_not_of(' ')) +
          "\n";
  }
  return script;
}

class CiFiles : public testing::Test {
 protected:
  CiFiles() {
    std::filesystem::create_directory(project_.path("models"));
    std::filesystem::copy(project_.path("model.pt"), project_.path("models/v1.pt"));
    save_model(project_.path("models/new.pt"), "def forward(self, left, right):\n  return 8.0 * left + 0.0 * right");
    project_.config()["runs"] = Json::array({{{"engine", "permute"}}, {{"engine", "shap"}, {"background", 20}}});
    EXPECT_EQ(project_.run({"run", "-q", "--out", "results/released"}).exit_code, 0);
  }

  ProgramResult shell(const std::string& script) const {
    ProgramCall call = project_.call({"-c", script});
    call.environment = {{"GITHUB_STEP_SUMMARY", project_.path("summary.md").string()},
                        {"MODATTR", test_program().string()}};
    return run_process("/bin/bash", call);
  }

  Project project_ = sum_project();
};

TEST_F(CiFiles, CompareReleasesOneByOne) {
  const std::string releases = "'" + kReleases.string() + "' releases.db models/v1.pt ";
  const ProgramResult same = shell("cp models/v1.pt models/v2.pt; " + releases + "models/v2.pt");
  EXPECT_EQ(same.exit_code, 0) << same.output << same.errors;
  const ProgramResult broken = shell(releases + "models/v2.pt models/new.pt");
  EXPECT_EQ(broken.exit_code, 1) << broken.errors;
  EXPECT_NE(broken.output.find("3 results"), std::string::npos) << broken.output;
  EXPECT_EQ(shell("'" + kReleases.string() + "' releases.db").exit_code, 2);
}

TEST_F(CiFiles, GateOnGitLab) {
  const ProgramResult result = shell(shell_part("gitlab-ci.yml", "  script:\n", "  artifacts:"));
  EXPECT_EQ(result.exit_code, 1) << result.errors;
  EXPECT_TRUE(std::filesystem::exists(project_.path("check.xml")));
  EXPECT_TRUE(std::filesystem::exists(project_.path("check.md")));
}

TEST_F(CiFiles, GateOnGitHub) {
  ASSERT_EQ(shell(shell_part("github-actions.yml", "the new model\n        run: ", "      - name: Compare")).exit_code,
            0);
  // The annotations need jq, which runners have.
  const ProgramResult result = shell("jq() { cat >/dev/null; echo '::error'; }\n" +
                                     shell_part("github-actions.yml", "run: |\n", "      - name: Keep"));
  EXPECT_EQ(result.exit_code, 1) << result.errors;
  EXPECT_NE(read_file(project_.path("summary.md")).find("modattr check"), std::string::npos);
}

}  // namespace
}  // namespace modattr
