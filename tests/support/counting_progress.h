#pragma once

#include <cstddef>
#include <string_view>

#include "modattr/core/progress.h"

namespace modattr {

/// Counts the evaluations that were announced and done, and those of no phase.
class CountingProgress final : public Progress {
 public:
  void begin(std::string_view, std::size_t evaluation_count) override {
    announced += evaluation_count;
    is_in_phase_ = true;
  }
  void advance(std::size_t evaluation_count) override {
    done += evaluation_count;
    if (!is_in_phase_) done_outside += evaluation_count;
  }
  void finish() override { is_in_phase_ = false; }

  std::size_t announced = 0;
  std::size_t done = 0;
  /// Before a phase, or behind its end.
  std::size_t done_outside = 0;

 private:
  bool is_in_phase_ = false;
};

}  // namespace modattr
