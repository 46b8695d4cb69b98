#include "modattr/value/parallel.h"

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "../support/thrown_message.h"

namespace modattr {
namespace {

TEST(ParallelFor, DoesEveryPieceOnce) {
  for (const std::size_t thread_count : {0U, 1U, 2U, 7U, 100U}) {
    for (const std::size_t count : {0U, 1U, 5U, 64U}) {
      std::vector<std::atomic<int>> done(count);
      parallel_for(count, thread_count, [&](std::size_t piece) { ++done[piece]; });
      for (const std::atomic<int>& times : done) EXPECT_EQ(times, 1) << count << " on " << thread_count;
    }
  }
}

TEST(ParallelFor, WorksOnTheCallersThreadWhenThereIsOne) {
  std::set<std::thread::id> threads;
  parallel_for(5, 1, [&](std::size_t) { threads.insert(std::this_thread::get_id()); });
  EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
}

TEST(ParallelFor, TakesPiecesInOrder) {
  std::vector<std::size_t> order;
  parallel_for(6, 1, [&](std::size_t piece) { order.push_back(piece); });
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5}));
}

TEST(ParallelFor, ThrowsTheFirstFailureWhicheverThreadMeetsIt) {
  for (int trial = 0; trial < 50; ++trial) {
    const auto work = [](std::size_t piece) {
      if (piece < 3) return;
      // The earlier the failure the longer it takes.
      std::this_thread::sleep_for(std::chrono::microseconds(20 * (10 - static_cast<int>(piece))));
      throw std::runtime_error("piece " + std::to_string(piece));
    };
    ASSERT_EQ(thrown_message<std::runtime_error>([&] {
                parallel_for(10, 4, work);
                return 0;
              }),
              "piece 3");
  }
}

TEST(ParallelFor, GivesTheRestUpAfterAFailure) {
  std::atomic<std::size_t> done = 0;
  EXPECT_THROW(parallel_for(1000, 2,
                            [&](std::size_t) {
                              ++done;
                              throw std::runtime_error("broken");
                            }),
               std::runtime_error);
  EXPECT_LE(done, 2U);
}

}  // namespace
}  // namespace modattr
