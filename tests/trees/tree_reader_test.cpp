#include "modattr/trees/tree_reader.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"
#include "support/tree_fixture.h"

namespace modattr {
namespace {

TEST(TreeReader, TellsFormatsByTheirBeginning) {
  EXPECT_EQ(tree_format_of("tree\nversion=v4\n"), TreeSplitRule::kLightgbm);
  EXPECT_EQ(tree_format_of("{\"learner\""), TreeSplitRule::kXgboost);
  EXPECT_EQ(tree_format_of("{L"), TreeSplitRule::kXgboost);
  EXPECT_EQ(tree_format_of("PK\x03\x04"), std::nullopt);
  EXPECT_EQ(tree_format_of(""), std::nullopt);
}

TEST(TreeReader, LoadsAFile) {
  EXPECT_EQ(load_trees(testing::tree_fixture_path("demo.ubj"), TreeSplitRule::kXgboost).column_count, 10U);
}

TEST(TreeReader, RefusesWhatIsNoFile) {
  const auto message = [](const std::filesystem::path& path) {
    return thrown_message<ModelError>([&] { load_trees(path, TreeSplitRule::kXgboost); });
  };
  const TemporaryFolder folder;
  EXPECT_NE(message(folder.path()).find("got a folder"), std::string::npos);
  EXPECT_NE(message(folder.path() / "none.json").find("got none"), std::string::npos);
  std::ofstream(folder.path() / "empty.json").flush();
  EXPECT_NE(message(folder.path() / "empty.json").find("got another file"), std::string::npos);
}

}  // namespace
}  // namespace modattr
