#pragma once

#include <cstddef>
#include <string_view>

#include "modattr/core/progress.h"

namespace modattr {

/// Counts the evaluations that were announced and done.
class CountingProgress final : public Progress {
 public:
  void begin(std::string_view, std::size_t evaluation_count) override { announced += evaluation_count; }
  void advance(std::size_t evaluation_count) override { done += evaluation_count; }

  std::size_t announced = 0;
  std::size_t done = 0;
};

}  // namespace modattr
