#include "modattr/data/file_digest.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

// The answers are those of sha256sum.
TEST(FileDigest, IsTheSha256OfTheContent) {
  const TemporaryFolder folder;
  write_file(folder / "empty", "");
  EXPECT_EQ(sha256_of_file(folder / "empty"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  write_file(folder / "abc", "abc");
  EXPECT_EQ(sha256_of_file(folder / "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  write_file(folder / "million", std::string(3'000'000, 'a'));
  EXPECT_EQ(sha256_of_file(folder / "million"), "2a152c894398719c0570f83fac34ac03a0f6e8e474b995c2403aa5434f7b9dd4");
}

TEST(FileDigest, NamesAFileThatCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_THROW(sha256_of_file(folder / "missing"), DataError);
  EXPECT_THROW(sha256_of_file(folder.path()), DataError);
}

}  // namespace
}  // namespace modattr
