#include "measured_run.h"

#include <chrono>
#include <cstdio>
#include <stdexcept>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace modattr {

Measurement measured_run(const std::string& program, const std::vector<std::string>& arguments, Output output) {
  std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    if (output == Output::kThrownAway && std::freopen("/dev/null", "w", stdout) == nullptr) _exit(126);
    execv(program.c_str(), words.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  if (status != 0) throw std::runtime_error("bench: " + program + " failed");
  return {.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
          .mebibytes = static_cast<double>(usage.ru_maxrss) / 1024.0};
}

}  // namespace modattr
