#include "progress_bar.h"

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "modattr/core/error.h"

namespace modattr {
namespace {

volatile std::sig_atomic_t interrupted = 0;

/// The first signal ends the run at the next batch, a second one ends the process at once.
void remember_interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

std::string time_text(double seconds) {
  char text[32];
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) {
    std::snprintf(text, sizeof text, "%lds", whole);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%ldm %02lds", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ldh %02ldm", whole / 3600, whole / 60 % 60);
  }
  return text;
}

std::string rate_text(double per_second) {
  char text[32];
  std::snprintf(text, sizeof text, per_second < 10 ? "%.1f/s" : "%.0f/s", per_second);
  return text;
}

}  // namespace

ProgressBar::ProgressBar(ProgressDisplay display) : display_(display) {
  std::signal(SIGINT, remember_interrupt);
  std::signal(SIGTERM, remember_interrupt);
}

ProgressBar::~ProgressBar() {
  erase();
}

void ProgressBar::begin(std::string_view phase, std::size_t evaluation_count) {
  phase_ = phase;
  total_ = evaluation_count;
  done_ = 0;
  start_ = last_drawn_ = Clock::now();
}

void ProgressBar::advance(std::size_t evaluation_count) {
  if (interrupted != 0) throw Interrupted("interrupted: expected to finish, got a signal; nothing was written");
  done_ += evaluation_count;
  if (display_ == ProgressDisplay::kNone) return;
  const Clock::time_point now = Clock::now();
  constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
  if (now - last_drawn_ >= kRedrawInterval) draw(now);
}

void ProgressBar::finish() {
  erase();
}

void ProgressBar::draw(Clock::time_point now) {
  last_drawn_ = now;
  constexpr std::size_t kCellCount = 24;
  const double fraction = total_ == 0 ? 0.0 : static_cast<double>(done_) / static_cast<double>(total_);
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = static_cast<double>(done_) / seconds;
  const auto filled = static_cast<std::size_t>(fraction * kCellCount);
  const std::string bar = std::string(filled, '#') + std::string(kCellCount - std::min(filled, kCellCount), '.');
  std::string line = "\r\x1b[K" + phase_ + " [" + bar + "] ";
  char percent[16];
  std::snprintf(percent, sizeof percent, "%3.0f %%", fraction * 100.0);
  line += percent;
  line += "  " + std::to_string(done_) + "/" + std::to_string(total_) + "  " + rate_text(rate);
  if (done_ > 0) line += "  " + time_text(static_cast<double>(total_ - done_) / rate) + " left";
  std::fwrite(line.data(), 1, line.size(), stderr);
  drawn_ = true;
}

void ProgressBar::erase() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace modattr
