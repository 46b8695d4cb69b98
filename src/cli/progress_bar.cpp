#include "progress_bar.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>

#include "console.h"
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
  const auto whole = std::lround(seconds);
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
  is_in_phase_ = true;
  start_ = last_drawn_ = Clock::now();
}

void ProgressBar::advance(std::size_t evaluation_count) {
  stop_if_asked();
  done_ += evaluation_count;
  if (display_ == ProgressDisplay::kNone || !is_in_phase_) return;
  const Clock::time_point now = Clock::now();
  constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
  if (now - last_drawn_ >= kRedrawInterval) draw(now);
}

void ProgressBar::finish() {
  is_in_phase_ = false;
  erase();
}

void ProgressBar::stop_if_asked() const {
  if (interrupted != 0) throw Interrupted("interrupted: expected to finish, got a signal; nothing was written");
}

void ProgressBar::draw(Clock::time_point now) {
  last_drawn_ = now;
  // A line that fills the terminal would make some of them go on to the next one.
  const std::string text = "\r\x1b[K" + line(now, standard_error_width() - 1);
  std::fwrite(text.data(), 1, text.size(), stderr);
  drawn_ = true;
}

std::string ProgressBar::line(Clock::time_point now, std::size_t width) const {
  constexpr std::size_t kFewestCells = 4;
  constexpr std::size_t kMostCells = 24;
  if (total_ == 0) {
    // Nobody knows how much it will be.
    return (phase_ + " " + std::to_string(done_)).substr(0, width);
  }
  const std::size_t done = std::min(done_, total_);
  const double fraction = static_cast<double>(done) / static_cast<double>(total_);
  const double rate = static_cast<double>(done) / std::chrono::duration<double>(now - start_).count();
  char percent[16];
  std::snprintf(percent, sizeof percent, "%3.0f %%", fraction * 100.0);
  const std::string time = done > 0 ? "  " + time_text(static_cast<double>(total_ - done) / rate) + " left" : "";
  const std::string counts = "  " + std::to_string(done) + "/" + std::to_string(total_);
  for (const std::string& facts : {percent + counts + "  " + rate_text(rate) + time, percent + counts + time,
                                   percent + time, std::string(percent)}) {
    const std::size_t used = phase_.size() + std::string_view(" [] ").size() + facts.size();
    if (used + kFewestCells > width) continue;
    const std::size_t cells = std::min(width - used, kMostCells);
    const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(cells));
    return phase_ + " [" + std::string(filled, '#') + std::string(cells - filled, '.') + "] " + facts;
  }
  return std::string(percent).substr(0, width);
}

void ProgressBar::erase() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace modattr
