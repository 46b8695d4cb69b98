#pragma once

#include <cstddef>

namespace modattr {

/// Makes the calling process run each model call on one thread, so that results do not depend on how many threads call.
/// `thread_count`: how many will. Throws ModelError where the system has no room for threads or for what matrix
/// products of so many need: libtorch and OpenBLAS would wait for it forever.
void use_one_thread_per_call(std::size_t thread_count);

}  // namespace modattr
