#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "modattr/core/progress.h"

namespace modattr {

enum class ProgressDisplay { kBar, kNone };

/// Shows on standard error how far a run is, its rate and the time that remains, on one line of the terminal however
/// narrow; stops the run on ctrl-C. Nothing is drawn outside a phase.
class ProgressBar final : public Progress {
 public:
  /// Installs the handlers of SIGINT and SIGTERM.
  explicit ProgressBar(ProgressDisplay display);
  ~ProgressBar() override;

  void begin(std::string_view phase, std::size_t evaluation_count) override;
  void advance(std::size_t evaluation_count) override;
  void finish() override;
  void stop_if_asked() const override;

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);
  void erase();
  /// What is drawn, at most `width` characters; what matters least is left out where there is no room.
  std::string line(Clock::time_point now, std::size_t width) const;

  ProgressDisplay display_;
  std::string phase_;
  std::size_t total_ = 0;
  std::size_t done_ = 0;
  bool is_in_phase_ = false;
  bool drawn_ = false;
  Clock::time_point start_;
  Clock::time_point last_drawn_;
};

}  // namespace modattr
