#include "modattr/data/scratch_storage.h"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

TEST(ScratchStorage, KeepsItsContentInAFileBeyondTheBudget) {
  ScratchAllocator allocator(10);
  const auto in_memory = allocator.allocate(10, "w");
  const auto in_file = allocator.allocate(100'000, "w");
  in_memory->writable_bytes()[9] = std::byte{1};
  in_file->writable_bytes()[99'999] = std::byte{2};
  in_memory->release_pages();
  in_file->release_pages();
  EXPECT_EQ(in_memory->bytes()[9], std::byte{1});
  EXPECT_EQ(in_file->bytes()[99'999], std::byte{2});
  EXPECT_EQ(in_file->bytes().size(), 100'000U);
}

TEST(ScratchStorage, SaysThatTheDiskHasNoRoom) {
  ScratchAllocator allocator(0);
  EXPECT_THROW(allocator.allocate(std::uint64_t{1} << 50, "w"), DataError);
  try {
    allocator.allocate(std::uint64_t{1} << 40, "val.npz: array 'x'");
    GTEST_SKIP() << "a terabyte is free";
  } catch (const DataError& error) {
    EXPECT_EQ(std::string(error.what()).find("val.npz: array 'x': expected 1099511627776 bytes of free space in"), 0U);
  }
}

TEST(ScratchStorage, SaysThatTheTemporaryFolderIsMissing) {
  const char* const previous = std::getenv("TMPDIR");
  const std::string saved = previous == nullptr ? "/tmp" : previous;
  ::setenv("TMPDIR", "/no/such/folder", 1);
  EXPECT_THROW(ScratchAllocator(0).allocate(5000, "w"), DataError);
  ::setenv("TMPDIR", saved.c_str(), 1);
}

}  // namespace
}  // namespace modattr
