#include "figure_file.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <sstream>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "modattr/core/error.h"
#include "modattr/report/result_writer.h"

namespace modattr {
namespace {

constexpr const char* kRenderer = "rsvg-convert";

/// Of the folders that commands are looked for in; nullopt where none has it.
std::optional<std::filesystem::path> renderer() {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::filesystem::path program = std::filesystem::path(folder) / kRenderer;
    if (!folder.empty() && ::access(program.c_str(), X_OK) == 0) return program;
  }
  return std::nullopt;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& got) {
  throw OutputError(file.string() + ": expected a PNG from " + kRenderer + ", got " + got +
                    "; a file that ends in .svg needs no other program");
}

/// Runs the renderer from one file to another; its exit status.
int render(const std::filesystem::path& program, std::FILE* input, std::FILE* output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ::fileno(input), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ::fileno(output), STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::string name = kRenderer;
  std::string zoom = "--zoom=2";
  std::string format = "--format=png";
  char* const arguments[] = {name.data(), zoom.data(), format.data(), nullptr};
  pid_t child = 0;
  const int error = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (error != 0 || ::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

std::string png_of(const std::filesystem::path& file, const std::string& svg) {
  const std::optional<std::filesystem::path> program = renderer();
  if (!program) fail(file, "no such program");
  const TemporaryFile input(std::tmpfile());
  const TemporaryFile output(std::tmpfile());
  if (input == nullptr || output == nullptr) fail(file, "no room for temporary files");
  if (std::fwrite(svg.data(), 1, svg.size(), input.get()) != svg.size() || std::fflush(input.get()) != 0) {
    fail(file, "no room for temporary files");
  }
  std::rewind(input.get());
  const int status = render(*program, input.get(), output.get());
  if (status != 0) fail(file, "exit code " + std::to_string(status));
  std::fseek(output.get(), 0, SEEK_END);
  std::string png(static_cast<std::size_t>(std::max(std::ftell(output.get()), 0L)), '\0');
  std::rewind(output.get());
  const bool is_read = std::fread(png.data(), 1, png.size(), output.get()) == png.size();
  if (!is_read || !png.starts_with("\x89PNG\r\n\x1a\n")) fail(file, "something else");
  return png;
}

}  // namespace

std::string figure_problem(const std::filesystem::path& file) {
  if (file.extension() == ".svg") return {};
  if (file.extension() != ".png") return "expected a file that ends in .svg or .png, got '" + file.string() + "'";
  if (renderer()) return {};
  return "expected " + std::string(kRenderer) +
         ", which makes PNG files (Debian: librsvg2-bin), got none; install it, " + "or write a file that ends in .svg";
}

void write_figure(const std::filesystem::path& file, const std::string& svg) {
  write_atomically(file, file.extension() == ".png" ? png_of(file, svg) : svg);
}

}  // namespace modattr
