#pragma once

#include <cstddef>
#include <functional>

namespace modattr {

/// Runs work(0) ... work(count - 1), taken in order by `thread_count` threads. When pieces fail, the others are given
/// up and the failure of the first of them is thrown, whichever thread met it.
void parallel_for(std::size_t count, std::size_t thread_count, const std::function<void(std::size_t)>& work);

}  // namespace modattr
