#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/run/config/config.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// Works in a folder of its own, with no configuration in the environment.
class FindConfigFile : public testing::Test {
 protected:
  FindConfigFile() {
    std::filesystem::create_directories(deep_);
    std::filesystem::current_path(deep_);
    ::unsetenv("MODATTR_CONFIG");
  }
  ~FindConfigFile() override {
    ::unsetenv("MODATTR_CONFIG");
    std::filesystem::current_path(previous_);
  }

  std::filesystem::path previous_ = std::filesystem::current_path();
  TemporaryFolder folder_;
  std::filesystem::path root_ = std::filesystem::canonical(folder_.path());
  std::filesystem::path deep_ = root_ / "project" / "deep";
};

TEST_F(FindConfigFile, TakesTheFileThatWasNamed) {
  write_file(deep_ / "modattr.json", "{}");
  ::setenv("MODATTR_CONFIG", "environment.json", 1);
  EXPECT_EQ(find_config_file("named.json"), "named.json");
}

TEST_F(FindConfigFile, TakesTheOneOfTheEnvironment) {
  write_file(deep_ / "modattr.json", "{}");
  ::setenv("MODATTR_CONFIG", "environment.json", 1);
  EXPECT_EQ(find_config_file(std::nullopt), "environment.json");
}

TEST_F(FindConfigFile, IgnoresAnEmptyEnvironment) {
  write_file(deep_ / "modattr.json", "{}");
  ::setenv("MODATTR_CONFIG", "", 1);
  EXPECT_EQ(find_config_file(std::nullopt), "modattr.json");
}

TEST_F(FindConfigFile, SearchesUpwards) {
  write_file(root_ / "modattr.json", "{}");
  EXPECT_EQ(find_config_file(std::nullopt), root_ / "modattr.json");
  write_file(root_ / "project" / "modattr.json", "{}");
  EXPECT_EQ(find_config_file(std::nullopt), root_ / "project" / "modattr.json");
  write_file(deep_ / "modattr.json", "{}");
  EXPECT_EQ(find_config_file(std::nullopt), "modattr.json");
}

TEST_F(FindConfigFile, SaysHowToGetOne) {
  EXPECT_TRUE(mentions(
      thrown_message<ConfigError>([] { return find_config_file(std::nullopt); }),
      {"configuration: expected a modattr.json in this folder or above, got none", "--config FILE", "modattr init"}));
}

}  // namespace
}  // namespace modattr
