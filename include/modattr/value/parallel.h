#pragma once

#include <cstddef>
#include <functional>
#include <semaphore>
#include <utility>

namespace modattr {

/// Runs work(0) ... work(count - 1), taken in order by `thread_count` threads, each set up for one-threaded libtorch
/// calls. When pieces fail, the others are given up and the failure of the first of them is thrown, whichever thread
/// met it.
void parallel_for(std::size_t count, std::size_t thread_count, const std::function<void(std::size_t)>& work);

/// parallel_for over pieces whose input, prepare(piece), is read while `thread_count` others are in run(piece, input).
template <typename Prepare, typename Run>
void read_ahead_for(std::size_t count, std::size_t thread_count, const Prepare& prepare, const Run& run) {
  class Slot {
   public:
    explicit Slot(std::counting_semaphore<>& slots) : slots_(slots) { slots_.acquire(); }
    ~Slot() { slots_.release(); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    std::counting_semaphore<>& slots_;
  };
  std::counting_semaphore<> slots(static_cast<std::ptrdiff_t>(thread_count));
  // One thread more than may run: it reads.
  parallel_for(count, thread_count + 1, [&](std::size_t piece) {
    auto input = prepare(piece);
    const Slot slot(slots);
    run(piece, std::move(input));
  });
}

}  // namespace modattr
