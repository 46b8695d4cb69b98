#include "modattr/data/mapped_file.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

std::string_view text_of(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST(MappedFile, HoldsTheContentAfterItsPagesAreReleased) {
  const TemporaryFolder folder;
  const std::string content(100'000, 'x');
  write_file(folder / "file", content);
  const auto file = MappedFile::open(folder / "file");
  EXPECT_EQ(text_of(*file), content);
  file->release_pages();
  file->release_pages(file->bytes().subspan(5000, 10'000));
  file->release_pages(file->bytes().subspan(99'999));
  EXPECT_EQ(text_of(*file), content);
}

TEST(MappedFile, AcceptsAnEmptyFile) {
  const TemporaryFolder folder;
  write_file(folder / "empty", "");
  const auto file = MappedFile::open(folder / "empty");
  EXPECT_TRUE(file->bytes().empty());
  file->release_pages();
}

TEST(MappedFile, NamesAMissingFile) {
  try {
    MappedFile::open("no/such/file");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "no/such/file: expected a readable file, got 'No such file or directory'");
  }
}

TEST(MappedFile, RefusesFoldersAndDevices) {
  const TemporaryFolder folder;
  EXPECT_THROW(MappedFile::open(folder.path()), DataError);
  EXPECT_THROW(MappedFile::open("/dev/null"), DataError);
}

}  // namespace
}  // namespace modattr
