#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace modattr {

/// Runs work(0) ... work(count - 1), taken in order by `thread_count` threads, each set up for one-threaded libtorch
/// calls. When pieces fail, the others are given up and the failure of the first of them is thrown, whichever thread
/// met it.
void parallel_model_calls(std::size_t count, std::size_t thread_count, const std::function<void(std::size_t)>& work);

/// Lets so many threads in at a time. They sleep while they wait; std::counting_semaphore spins.
class Gate {
 public:
  explicit Gate(std::size_t place_count) : free_count_(place_count) {}

  /// A place inside, given back at the end of its life.
  class Place {
   public:
    explicit Place(Gate& gate) : gate_(gate) {
      std::unique_lock lock(gate_.mutex_);
      gate_.opened_.wait(lock, [&] { return gate_.free_count_ > 0; });
      --gate_.free_count_;
    }
    ~Place() {
      {
        const std::lock_guard lock(gate_.mutex_);
        ++gate_.free_count_;
      }
      gate_.opened_.notify_one();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    Gate& gate_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  std::size_t free_count_;
};

/// parallel_model_calls over pieces whose input, prepare(piece), is read while `thread_count` others are in run(piece,
/// input).
template <typename Prepare, typename Run>
void read_ahead_for(std::size_t count, std::size_t thread_count, const Prepare& prepare, const Run& run) {
  Gate gate(thread_count);
  // One thread more than may run: it reads.
  parallel_model_calls(count, thread_count + 1, [&](std::size_t piece) {
    auto input = prepare(piece);
    const Gate::Place place(gate);
    run(piece, std::move(input));
  });
}

/// read_ahead_for where a processor is idle; elsewhere a reading thread would only be in the way of those that run,
/// which then read in turn.
template <typename Prepare, typename Run>
void read_and_run_for(std::size_t count, std::size_t thread_count, const Prepare& prepare, const Run& run) {
  if (std::thread::hardware_concurrency() > thread_count) {
    read_ahead_for(count, thread_count, prepare, run);
  } else {
    parallel_model_calls(count, thread_count, [&](std::size_t piece) { run(piece, prepare(piece)); });
  }
}

}  // namespace modattr
