#include "program_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace modattr {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  int number() const noexcept { return number_; }
  bool is_open() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

/// The test's end and the program's end of a stream.
struct Channel {
  Descriptor ours;
  Descriptor theirs;
};

Channel open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Channel open_terminal(unsigned short width) {
  Descriptor ours(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!ours.is_open() || ::grantpt(ours.number()) != 0 || ::unlockpt(ours.number()) != 0) fail("terminal");
  std::array<char, 128> name{};
  if (::ptsname_r(ours.number(), name.data(), name.size()) != 0) fail("terminal");
  Descriptor theirs(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!theirs.is_open()) fail(name.data());
  const winsize size{.ws_row = 0, .ws_col = width, .ws_xpixel = 0, .ws_ypixel = 0};
  if (::ioctl(theirs.number(), TIOCSWINSZ, &size) != 0) fail(name.data());
  return {std::move(ours), std::move(theirs)};
}

std::vector<std::string> merged_environment(const ProgramCall& call) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const std::string_view name = variable.substr(0, variable.find('='));
    const bool replaced = std::ranges::any_of(call.environment, [&](const auto& added) { return added.first == name; });
    if (!replaced && name != "MODATTR_CONFIG" && name != "NO_COLOR") variables.emplace_back(variable);
  }
  for (const auto& [name, value] : call.environment) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

/// Appends what there is to read; false at the end of the stream.
bool read_some(int descriptor, std::string& text) {
  std::array<char, 65536> buffer{};
  const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return true;
  // A terminal whose other side is closed reports EIO.
  if (count <= 0) return false;
  text.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

}  // namespace

ProgramResult run_process(const std::filesystem::path& program, const ProgramCall& call) {
  Channel output = open_pipe();
  Channel errors = call.errors == ErrorStream::kTerminal ? open_terminal(call.terminal_width) : open_pipe();
  if (call.output_file) {
    output.theirs = Descriptor(::open(call.output_file->c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!output.theirs.is_open()) fail(call.output_file->string());
  }
  std::vector<std::string> arguments = {program.string()};
  arguments.insert(arguments.end(), call.arguments.begin(), call.arguments.end());
  std::vector<std::string> environment = merged_environment(call);
  const std::vector<char*> argument_pointers = pointers(arguments);
  const std::vector<char*> environment_pointers = pointers(environment);

  // Only calls that are safe between fork and exec: the test may have threads.
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    ::dup2(output.theirs.number(), STDOUT_FILENO);
    ::dup2(errors.theirs.number(), STDERR_FILENO);
    if (!call.folder.empty() && ::chdir(call.folder.c_str()) != 0) ::_exit(126);
    if (call.file_size_limit_bytes) {
      const rlimit limit{*call.file_size_limit_bytes, *call.file_size_limit_bytes};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      std::signal(SIGXFSZ, SIG_IGN);
    }
    ::execve(argument_pointers.front(), argument_pointers.data(), environment_pointers.data());
    ::_exit(127);
  }
  output.theirs.close();
  errors.theirs.close();

  ProgramResult result;
  bool signal_sent = !call.signal.has_value();
  const Clock::time_point deadline = Clock::now() + call.time_limit;
  while (output.ours.is_open() || errors.ours.is_open()) {
    // A closed descriptor is -1, which poll passes over.
    std::array<pollfd, 2> streams{pollfd{output.ours.number(), POLLIN, 0}, pollfd{errors.ours.number(), POLLIN, 0}};
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (rest <= 0 || ::poll(streams.data(), streams.size(), static_cast<int>(rest)) == 0) {
      result.timed_out = true;
      ::kill(child, SIGKILL);
      break;
    }
    if (streams[0].revents != 0 && !read_some(output.ours.number(), result.output)) output.ours.close();
    if (streams[1].revents != 0 && !read_some(errors.ours.number(), result.errors)) errors.ours.close();
    if (!signal_sent && result.errors.find(call.signal->after) != std::string::npos) {
      ::kill(child, call.signal->signal);
      signal_sent = true;
    }
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

std::filesystem::path test_program() {
  const char* other_build = std::getenv("MODATTR_TEST_PROGRAM");
  return other_build != nullptr ? other_build : MODATTR_PROGRAM;
}

ProgramResult run_program(const ProgramCall& call) {
  return run_process(test_program(), call);
}

}  // namespace modattr
