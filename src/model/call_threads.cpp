#include "modattr/model/call_threads.h"

#include <algorithm>
#include <barrier>
#include <latch>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <sys/mman.h>

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"

namespace modattr {
namespace {

/// Of address space, that a thread with a matrix product takes: 128 MiB for OpenBLAS, 64 for the C library's memory,
/// its stack, and some beside it.
constexpr std::size_t kThreadBytes = std::size_t{216} << 20;

/// libtorch starts a thread for every processor before it can be told to use one, and waits for those that do not
/// start.
void expect_room_for_threads(std::size_t count) {
  std::latch all_started(1);
  std::vector<std::jthread> threads;
  std::optional<std::string> reason;
  try {
    while (threads.size() < count) threads.emplace_back([&] { all_started.wait(); });
  } catch (const std::system_error& error) {
    reason = error.code().message();
  }
  all_started.count_down();
  if (!reason) return;
  throw ModelError("threads: expected room for " + std::to_string(count) + ", got: " + *reason +
                   "; raise the limits of memory (ulimit -v) and of processes (ulimit -u)");
}

/// OpenBLAS asks for the memory of a product again and again until it gets it.
void expect_room_for_products(std::size_t count) {
  const std::size_t bytes = count * kThreadBytes;
  void* const room = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room != MAP_FAILED) {
    ::munmap(room, bytes);
    return;
  }
  throw ModelError("memory: expected room for " + std::to_string(bytes >> 20) + " MiB, which " + std::to_string(count) +
                   (count == 1 ? " thread" : " threads") +
                   " with matrix products may take, got less; raise the limit of memory (ulimit -v), or lower " +
                   option("threads"));
}

/// Takes the memory of products at once, before anything else does: the products of all threads overlap.
void run_products(std::size_t count) {
  std::barrier together(static_cast<std::ptrdiff_t>(count));
  std::vector<std::jthread> threads;
  try {
    while (threads.size() < count) {
      threads.emplace_back([&] {
        at::init_num_threads();
        const c10::InferenceMode inference_mode;
        const at::Tensor matrix = at::ones({256, 256});
        together.arrive_and_wait();
        at::mm(matrix, matrix);
      });
    }
  } catch (const std::system_error&) {
    // There was room a moment ago; the others do not wait for those that did not start.
    for (std::size_t missing = threads.size(); missing < count; ++missing) together.arrive_and_drop();
  }
}

}  // namespace

void use_one_thread_per_call(std::size_t thread_count) {
  const std::size_t processor_count = std::max(1U, std::thread::hardware_concurrency());
  expect_room_for_threads(std::max(processor_count, thread_count));
  at::set_num_threads(1);
  // OpenBLAS has a thread pool of its own that libtorch does not control.
  using SetThreadCount = void (*)(int);
  const auto set_thread_count = reinterpret_cast<SetThreadCount>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_thread_count == nullptr) return;
  set_thread_count(1);
  // More threads than processors seldom multiply at the same time.
  const std::size_t count = std::min<std::size_t>(processor_count, thread_count);
  expect_room_for_products(count);
  run_products(count);
}

}  // namespace modattr
