#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace modattr {

/// Where the standard error of a program goes.
enum class ErrorStream { kPipe, kTerminal };

/// A signal that a program gets once its standard error holds `after`.
struct SignalPlan {
  int signal = 0;
  std::string after;
};

/// How a program is started.
struct ProgramCall {
  std::vector<std::string> arguments;
  /// Working folder; empty = the test's own.
  std::filesystem::path folder = {};
  /// Variables that are added to the environment or replaced in it.
  std::vector<std::pair<std::string, std::string>> environment = {};
  /// A file that takes the standard output instead of ProgramResult::output, e.g. /dev/full.
  std::optional<std::filesystem::path> output_file = std::nullopt;
  ErrorStream errors = ErrorStream::kPipe;
  /// Cells per line of that terminal; 0 = it does not say.
  unsigned short terminal_width = 0;
  /// Files can grow to this size, as on a full disk (RLIMIT_FSIZE, without its signal).
  std::optional<std::size_t> file_size_limit_bytes = std::nullopt;
  std::optional<SignalPlan> signal = std::nullopt;
  /// The program is killed after this time.
  std::chrono::seconds time_limit = std::chrono::seconds(100);
};

/// What a program left behind.
struct ProgramResult {
  /// 128 + the signal when one ended the program.
  int exit_code = -1;
  std::string output;
  std::string errors;
  bool timed_out = false;
};

/// Runs any program until it ends; throws std::runtime_error when it cannot be started.
ProgramResult run_process(const std::filesystem::path& program, const ProgramCall& call);

/// The modattr that is tested: the build beside the tests, or the program that $MODATTR_TEST_PROGRAM names.
std::filesystem::path test_program();

/// Runs it. MODATTR_CONFIG and NO_COLOR of the test's own environment are not passed on.
ProgramResult run_program(const ProgramCall& call);

}  // namespace modattr
