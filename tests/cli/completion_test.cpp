// What bash offers: names of modalities, which come from the configuration, and forms of results.

#include <gtest/gtest.h>

#include "project.h"

namespace modattr {
namespace {

class BashCompletion : public testing::Test {
 protected:
  /// What bash offers for the last of the words, one a line; `folder` is that of the command line.
  std::string completed(const std::string& words, const std::filesystem::path& folder,
                        const std::string& before = "") const {
    static const std::string script = run_program({.arguments = {"completion"}}).output;
    write_file(folder / "modattr.bash", script);
    const std::string command =
        "source ./modattr.bash; " + before + "COMP_WORDS=(modattr " + words +
        "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _modattr; printf '%s\\n' \"${COMPREPLY[@]}\"";
    const ProgramResult result = run_process("/bin/bash", {.arguments = {"-c", command}, .folder = folder});
    EXPECT_EQ(result.errors, "");
    return result.output;
  }

  TemporaryFolder folder_;
};

TEST_F(BashCompletion, ReadsTheConfigurationOfTheFolderOrAbove) {
  write_file(folder_ / "modattr.json",
             R"({"modalities": [{"name": "image", "inputs": ["x"]}, {"inputs": ["y"], "name" : "free text"}]})");
  std::filesystem::create_directories(folder_ / "deep/down");
  for (const std::filesystem::path& folder : {folder_.path(), folder_ / "deep/down"}) {
    EXPECT_EQ(completed("permute --modality ''", folder), "image\nfree text\n");
    EXPECT_EQ(completed("permute -m im", folder), "image\n");
    EXPECT_EQ(completed("permute --modality image,f", folder), "image,free text\n");
    EXPECT_EQ(completed("permute --modality sound", folder), "\n");
  }
}

TEST_F(BashCompletion, ReadsTheConfigurationThatTheLineNames) {
  write_file(folder_ / "modattr.json", R"({"modalities": [{"name": "image"}]})");
  write_file(folder_ / "other file.json", R"({"modalities": [{"name": "sound"}]})");
  EXPECT_EQ(completed("permute --config 'other file.json' --modality ''", folder_.path()), "sound\n");
  EXPECT_EQ(completed("permute '--config=other file.json' --modality ''", folder_.path()), "sound\n");
  EXPECT_EQ(completed("permute --config none.json --modality ''", folder_.path()), "\n");
  EXPECT_EQ(completed("permute --modality ''", folder_.path(), "MODATTR_CONFIG='other file.json'; "), "sound\n");
}

TEST_F(BashCompletion, RunsNothingOfTheConfiguration) {
  write_file(folder_ / "modattr.json", R"({"modalities": [{"name": "$(touch seen)`touch seen`"}]})");
  EXPECT_EQ(completed("permute --modality ''", folder_.path()), "$(touch seen)`touch seen`\n");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "seen"));
}

TEST_F(BashCompletion, OffersTheFormsOfEachCommand) {
  EXPECT_EQ(completed("permute --format ''", folder_.path()), "table\ncsv\njson\nmarkdown\n");
  EXPECT_EQ(completed("check --format j", folder_.path()), "json\njunit\n");
  EXPECT_EQ(completed("inspect --format ''", folder_.path()), "table\njson\n");
  EXPECT_EQ(run_program({.arguments = {"check", "--format", "junit"}}).errors.find("unknown"), std::string::npos);
}

}  // namespace
}  // namespace modattr
