#include "modattr/value/parallel_calls.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/thrown_message.h"

namespace modattr::parallel_calls_test {
namespace {

TEST(ParallelFor, DoesEveryPieceOnce) {
  for (const std::size_t thread_count : {0U, 1U, 2U, 7U, 100U}) {
    for (const std::size_t count : {0U, 1U, 5U, 64U}) {
      std::vector<std::atomic<int>> done(count);
      parallel_model_calls(count, thread_count, [&](std::size_t piece) { ++done[piece]; });
      for (const std::atomic<int>& times : done) EXPECT_EQ(times, 1) << count << " on " << thread_count;
    }
  }
}

TEST(ParallelFor, WorksOnTheCallersThreadWhenThereIsOne) {
  std::set<std::thread::id> threads;
  parallel_model_calls(5, 1, [&](std::size_t) { threads.insert(std::this_thread::get_id()); });
  EXPECT_EQ(threads, std::set{std::this_thread::get_id()});
}

TEST(ParallelFor, TakesPiecesInOrder) {
  std::vector<std::size_t> order;
  parallel_model_calls(6, 1, [&](std::size_t piece) { order.push_back(piece); });
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
                parallel_model_calls(10, 4, work);
                return 0;
              }),
              "piece 3");
  }
}

TEST(ParallelFor, GivesTheRestUpAfterAFailure) {
  std::atomic<std::size_t> done = 0;
  EXPECT_THROW(parallel_model_calls(1000, 2,
                                    [&](std::size_t) {
                                      ++done;
                                      throw std::runtime_error("broken");
                                    }),
               std::runtime_error);
  EXPECT_LE(done, 2U);
}

/// Waits until a condition holds, or long enough to give up.
template <typename Condition>
bool wait_for(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  return true;
}

TEST(ReadAheadFor, RunsEveryPieceOnItsInput) {
  for (const std::size_t thread_count : {1U, 2U, 5U}) {
    for (const std::size_t count : {0U, 1U, 2U, 40U}) {
      std::vector<std::atomic<int>> done(count);
      read_ahead_for(
          count, thread_count, [](std::size_t piece) { return std::make_unique<std::size_t>(10 * piece); },
          [&](std::size_t piece, std::unique_ptr<std::size_t> input) {
            EXPECT_EQ(*input, 10 * piece);
            ++done[piece];
          });
      for (const std::atomic<int>& times : done) EXPECT_EQ(times, 1) << count << " on " << thread_count;
    }
  }
}

TEST(ReadAheadFor, RunsAsManyPiecesAtATimeAsThereAreThreads) {
  for (const std::size_t thread_count : {1U, 2U, 4U}) {
    std::atomic<std::size_t> running = 0;
    std::atomic<std::size_t> most = 0;
    read_ahead_for(
        24, thread_count, [](std::size_t) { return 0; },
        [&](std::size_t, int) {
          const std::size_t now = ++running;
          for (std::size_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          EXPECT_TRUE(wait_for([&] { return most >= thread_count; }));
          std::this_thread::sleep_for(std::chrono::microseconds(300));
          --running;
        });
    EXPECT_EQ(most, thread_count);
  }
}

TEST(ReadAheadFor, PreparesOnePieceMoreMeanwhile) {
  constexpr std::size_t kCount = 8;
  for (const std::size_t thread_count : {1U, 3U}) {
    std::atomic<std::size_t> prepared = 0;
    std::atomic<std::size_t> finished = 0;
    read_ahead_for(
        kCount, thread_count,
        [&](std::size_t) {
          const std::size_t before = prepared;
          EXPECT_LE(before, finished + thread_count) << "only one piece ahead of those that run";
          ++prepared;
          return 0;
        },
        [&](std::size_t piece, int) {
          const std::size_t read_ahead = std::min(finished + thread_count + 1, kCount);
          EXPECT_TRUE(wait_for([&] { return prepared >= read_ahead; })) << piece;
          ++finished;
        });
    EXPECT_EQ(finished, kCount);
  }
}

TEST(ReadAheadFor, ThrowsTheFirstFailureInOrder) {
  struct Failures {
    std::size_t prepare;
    std::size_t run;
    const char* first;
  };
  for (const Failures& failures : {Failures{3, 5, "prepare"}, Failures{5, 3, "run"}, Failures{4, 4, "prepare"},
                                   Failures{0, 99, "prepare"}, Failures{99, 0, "run"}}) {
    const std::size_t first = std::min(failures.prepare, failures.run);
    const auto fail_from = [&](std::size_t from, std::size_t piece, const char* what) {
      if (piece < from) return;
      // The earlier the failure the longer it takes.
      std::this_thread::sleep_for(
          std::chrono::microseconds(20 * (10 - static_cast<int>(std::min<std::size_t>(piece, 10)))));
      throw std::runtime_error(what + (" " + std::to_string(piece)));
    };
    for (const std::size_t thread_count : {1U, 3U}) {
      for (int trial = 0; trial < 20; ++trial) {
        ASSERT_EQ(thrown_message<std::runtime_error>([&] {
                    read_ahead_for(
                        12, thread_count,
                        [&](std::size_t piece) {
                          fail_from(failures.prepare, piece, "prepare");
                          return 0;
                        },
                        [&](std::size_t piece, int) { fail_from(failures.run, piece, "run"); });
                    return 0;
                  }),
                  failures.first + (" " + std::to_string(first)));
      }
    }
  }
}

}  // namespace
}  // namespace modattr::parallel_calls_test
