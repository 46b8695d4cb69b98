#pragma once

#include <string>
#include <vector>

namespace modattr {

struct Measurement {
  double seconds = 0.0;
  /// Peak resident memory.
  double mebibytes = 0.0;
};

enum class Output { kThrownAway, kShown };

/// Runs a program and waits for it; std::runtime_error when it fails.
Measurement measured_run(const std::string& program, const std::vector<std::string>& arguments,
                         Output output = Output::kThrownAway);

}  // namespace modattr
