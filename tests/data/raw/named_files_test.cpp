#include "modattr/data/raw/named_files.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/raw/broken_file.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

class NamedFilesTest : public testing::Test {
 protected:
  NamedFilesTest() {
    std::filesystem::create_directories(folder_ / "set/pictures");
    write_file(folder_ / "set/pictures/a.png", "a");
    write_file(folder_ / "set/pictures/b.png", "b");
    write_file(folder_ / "secret.png", "s");
  }

  NamedFiles resolve(const std::string& rows, OutsideFiles outside = OutsideFiles::kRefused,
                     BrokenFiles broken = BrokenFiles::kError) {
    write_file(folder_ / "set/val.csv", "file,other\n" + rows);
    return resolve_files(read_metadata(folder_ / "set/val.csv", std::vector<std::string>{"file"}), "file", outside,
                         broken);
  }

  TemporaryFolder folder_;
};

TEST_F(NamedFilesTest, KnowsEachFileOnceWhateverItIsCalled) {
  std::filesystem::create_symlink("a.png", folder_ / "set/pictures/link.png");
  const NamedFiles files =
      resolve("pictures/a.png,\npictures/b.png,\npictures/../pictures/a.png,\n./pictures/link.png,\n");
  EXPECT_EQ(files.paths.size(), 2U);
  EXPECT_EQ(files.file_of_row, (std::vector<std::uint32_t>{0, 1, 0, 0}));
  EXPECT_EQ(files.paths[1].filename(), "b.png");
  EXPECT_TRUE(files.where[1].ends_with("val.csv:3: 'pictures/b.png'"));
}

TEST_F(NamedFilesTest, RefusesFilesOutsideTheFolder) {
  std::filesystem::create_symlink("../../secret.png", folder_ / "set/pictures/link.png");
  for (const std::string& row :
       {std::string("../secret.png,\n"), std::string("pictures/link.png,\n"),
        std::string("pictures/../../secret.png,\n"), (folder_ / "secret.png").string() + ",\n"}) {
    EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return resolve(row); }),
                         {"val.csv:2: expected a file in the folder of the manifest", "data.allow_outside"}))
        << row;
    EXPECT_EQ(resolve(row, OutsideFiles::kAllowed).paths.front().filename(), "secret.png") << row;
    // Never left out silently.
    EXPECT_THROW(resolve(row, OutsideFiles::kRefused, BrokenFiles::kLeftOut), ConfigError);
  }
}

TEST_F(NamedFilesTest, TakesAFolderWhoseNameBeginsAlikeForAnother) {
  std::filesystem::create_directories(folder_ / "set-2");
  write_file(folder_ / "set-2/x.png", "x");
  EXPECT_THROW(resolve("../set-2/x.png,\n"), ConfigError);
}

TEST_F(NamedFilesTest, NamesTheLineOfWhatIsMissing) {
  const auto problem = [&](const std::string& row) {
    return thrown_message<BrokenFileError>([&] { return resolve("pictures/a.png,\n" + row); });
  };
  EXPECT_TRUE(mentions(problem("nowhere.png,\n"), {"val.csv:3: expected a file, got 'nowhere.png'"}));
  EXPECT_TRUE(mentions(problem(",x\n"), {"val.csv:3: expected the path of a file under 'file', got nothing"}));
  EXPECT_TRUE(mentions(problem("pictures,\n"), {"val.csv:3: expected a file, got 'pictures', which is none"}));
}

TEST_F(NamedFilesTest, LeavesOutWhatIsMissing) {
  const NamedFiles files =
      resolve("nowhere.png,\npictures/b.png,\n,x\nnowhere.png,\n", OutsideFiles::kRefused, BrokenFiles::kLeftOut);
  EXPECT_EQ(files.file_of_row,
            (std::vector<std::uint32_t>{NamedFiles::kNoFile, 0, NamedFiles::kNoFile, NamedFiles::kNoFile}));
}

}  // namespace
}  // namespace modattr
