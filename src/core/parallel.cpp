#include "modattr/core/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace modattr {
namespace {

/// The first failure in the order of the work.
class FirstFailure {
 public:
  void record(std::size_t place, std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_ || place < place_) {
      place_ = place;
      failure_ = std::move(failure);
    }
    happened_ = true;
  }
  bool happened() const noexcept { return happened_; }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::size_t place_ = 0;
  std::exception_ptr failure_;
  std::atomic<bool> happened_ = false;
};

}  // namespace

void parallel_for(std::size_t count, std::size_t thread_count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  FirstFailure failure;
  const auto run = [&] {
    // Pieces are taken in order and every piece that was taken is run, so all pieces before a failed one are finished
    // and the first failure is always the same.
    while (!failure.happened()) {
      const std::size_t place = next++;
      if (place >= count) return;
      try {
        work(place);
      } catch (...) {
        failure.record(place, std::current_exception());
      }
    }
  };
  std::vector<std::jthread> threads;
  for (std::size_t thread = 1; thread < std::min(thread_count, count); ++thread) threads.emplace_back(run);
  run();
  threads.clear();
  failure.rethrow();
}

}  // namespace modattr
