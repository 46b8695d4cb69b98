#include "modattr/value/parallel_calls.h"

#include <ATen/Parallel.h>

#include "modattr/core/parallel.h"
#include "modattr/graph/torch_warnings.h"

namespace modattr {

void parallel_model_calls(std::size_t count, std::size_t thread_count, const std::function<void(std::size_t)>& work) {
  parallel_for(count, thread_count, [&](std::size_t piece) {
    thread_local const bool is_set_up = [] {
      at::init_num_threads();
      drop_deprecation_warnings();
      return true;
    }();
    static_cast<void>(is_set_up);
    work(piece);
  });
}

}  // namespace modattr
