#pragma once

#include <cstddef>
#include <string_view>

namespace modattr {

/// Hears how far a run is. The base class is silent.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A phase of `evaluation_count` model evaluations begins.
  virtual void begin(std::string_view phase, std::size_t evaluation_count) {
    (void)phase;
    (void)evaluation_count;
  }
  /// `evaluation_count` more are done; stop_if_asked().
  virtual void advance(std::size_t evaluation_count) { (void)evaluation_count; }
  virtual void finish() {}
  /// Throws Interrupted when the user asked to stop: the one place where a run ends early. May be called by any thread.
  virtual void stop_if_asked() const {}
};

}  // namespace modattr
