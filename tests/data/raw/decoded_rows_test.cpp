#include "modattr/data/raw/decoded_rows.h"

#include <atomic>
#include <cstring>
#include <thread>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/array_tensor.h"

namespace modattr {
namespace {

/// Row r holds r, r, ..., of which `made` counts how many were made.
DecodedRows::Maker counting_maker(std::atomic<int>& made) {
  return [&made](std::size_t row, std::span<std::byte> destination) {
    ++made;
    std::memset(destination.data(), static_cast<int>(row), destination.size());
  };
}

std::vector<std::byte> copied(const ArrayStorage& storage, std::size_t offset, std::size_t count) {
  std::vector<std::byte> bytes(count);
  storage.copy(offset, bytes);
  return bytes;
}

TEST(DecodedRows, MakesEachRowOnceWhenItIsRead) {
  std::atomic<int> made = 0;
  const DecodedRows rows(1000, 64, counting_maker(made));
  EXPECT_EQ(made, 0);
  EXPECT_EQ(copied(rows, 7 * 64, 64), std::vector<std::byte>(64, std::byte{7}));
  EXPECT_EQ(copied(rows, 7 * 64, 64), std::vector<std::byte>(64, std::byte{7}));
  EXPECT_EQ(made, 1);
}

TEST(DecodedRows, CopiesPartsOfRows) {
  std::atomic<int> made = 0;
  const DecodedRows rows(4, 3, counting_maker(made));
  std::vector<std::byte> expected;
  for (const int row : {0, 1, 1, 1, 2, 2}) expected.push_back(std::byte(row));
  EXPECT_EQ(copied(rows, 2, 6), expected);
}

TEST(DecodedRows, MakesRowsAgainThatThereIsNoRoomFor) {
  std::atomic<int> made = 0;
  const DecodedRows rows(10, 8, counting_maker(made), 2 * 8);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t row = 0; row < 4; ++row) {
      EXPECT_EQ(copied(rows, row * 8, 8), std::vector<std::byte>(8, std::byte(row)));
    }
  }
  // Two are kept; the other two are made three times.
  EXPECT_EQ(made, 2 + 2 * 3);
}

TEST(DecodedRows, PassesOnWhatTheMakerThrows) {
  int attempt = 0;
  const DecodedRows rows(2, 1, [&](std::size_t, std::span<std::byte> destination) {
    if (attempt++ == 0) throw DataError("broken");
    destination.front() = std::byte{5};
  });
  EXPECT_THROW(copied(rows, 0, 1), DataError);
  EXPECT_EQ(copied(rows, 0, 1), std::vector<std::byte>{std::byte{5}});
}

TEST(DecodedRows, AreTheSameFromManyThreads) {
  std::atomic<int> made = 0;
  const DecodedRows rows(200, 16, counting_maker(made));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (std::size_t row = 0; row < 200; ++row) {
        if (copied(rows, row * 16, 16) != std::vector<std::byte>(16, std::byte(row))) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(DecodedRows, AreRowsOfAnArray) {
  std::atomic<int> made = 0;
  const Array array = decoded_array("x", c10::ScalarType::Byte, {5, 2, 2}, counting_maker(made));
  EXPECT_EQ(array.row_bytes(), 4U);
  const std::vector<std::uint32_t> rows = {4, 1};
  const at::Tensor tensor = copy_rows(array, rows);
  EXPECT_EQ(tensor.data_ptr<std::uint8_t>()[0], 4);
  EXPECT_EQ(tensor.data_ptr<std::uint8_t>()[4], 1);
  EXPECT_EQ(to_integers(rows_of(array, 2, 1)), (std::vector<std::int64_t>(4, 2)));
  EXPECT_EQ(made, 3);
}

}  // namespace
}  // namespace modattr
