#include "command_library.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <dlfcn.h>
#include <malloc.h>

#include <spdlog/spdlog.h>

#include "console.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/report/text.h"
#include "progress_bar.h"

namespace modattr {
namespace {

/// Kernels that all x86-64 processors of the last ten years have, in place of the fastest ones of this processor. Those
/// of OpenBLAS for Haswell and later take the last rows of a product apart from the others, and round otherwise there.
void choose_common_kernels() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx") != 0) setenv("OPENBLAS_CORETYPE", "Sandybridge", /*overwrite=*/1);
  if (__builtin_cpu_supports("avx2") != 0) setenv("ATEN_CPU_CAPABILITY", "avx2", /*overwrite=*/1);
  setenv("ONEDNN_MAX_CPU_ISA", "AVX2", /*overwrite=*/1);
  setenv("DNNL_MAX_CPU_ISA", "AVX2", /*overwrite=*/1);
  setenv("MKL_CBWR", "COMPATIBLE", /*overwrite=*/1);
#endif
}

/// What has to be set before libtorch is loaded.
void prepare_process(bool is_reproducible) {
  if (is_reproducible) choose_common_kernels();
  // Model calls run on one thread each; OpenBLAS would start a pool, whose threads spin for work, as soon as it is
  // loaded.
  setenv("OPENBLAS_NUM_THREADS", "1", /*overwrite=*/1);
  // libtorch's own warnings are no part of the output; its errors come as exceptions.
  setenv("GLOG_minloglevel", "2", /*overwrite=*/0);
  setenv("TORCH_CPP_LOG_LEVEL", "ERROR", /*overwrite=*/0);
  // Tensors of a few MiB come and go with every layer: given back to the system each time, their pages cost a quarter
  // of a convolutional network's time.
  constexpr int kMebibyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMebibyte);
  mallopt(M_TRIM_THRESHOLD, 1024 * kMebibyte);
}

/// Loads what the library needs, as the build has listed it, one by one. Debian's libtorch needs 280 libraries, and
/// the symbols of all that one call loads are looked up in all of them: a quarter of the time to load it. What cannot
/// be loaded is left to the library itself.
void load_needed_libraries(const std::filesystem::path& library) {
  std::ifstream order(library.string() + ".order");
  for (std::string path; std::getline(order, path);) dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
}

/// The command of the library at `path`. nullptr, and why in `reason`, where there is none.
Command find_command(const std::filesystem::path& path, const std::string& name, std::string& reason) {
  load_needed_libraries(path);
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) {
    std::error_code error;
    if (reason.empty() || std::filesystem::exists(path, error)) reason = dlerror();
    return nullptr;
  }
  const auto command = reinterpret_cast<Command>(dlsym(library, (std::string(kCommandSymbol) + name).c_str()));
  if (command == nullptr) reason = dlerror();
  return command;
}

Command load_command(const std::string& name, bool is_reproducible) {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  // In the build folder the library lies beside the program, installed in libexec/modattr beside bin.
  const std::array<std::filesystem::path, 2> candidates = {folder / MODATTR_APP_FILE,
                                                           folder / ".." / "libexec" / "modattr" / MODATTR_APP_FILE};
  prepare_process(is_reproducible);
  std::string reason;
  for (const std::filesystem::path& candidate : candidates) {
    if (const Command command = find_command(candidate, name, reason)) return command;
  }
  throw Error("installation: expected " MODATTR_APP_FILE " beside the program, got: " + reason);
}

}  // namespace

CommandResult run_command(const std::string& name, const CommandRequest& request, const OutputOptions& output) {
  const bool show_bar = standard_error_can_redraw() && !output.quiet;
  ProgressBar progress(show_bar ? ProgressDisplay::kBar : ProgressDisplay::kNone);
  const RunContext context{.progress = progress,
                           .log =
                               [](std::string_view line) {
                                 spdlog::info("{}", sanitize_for_terminal(spell_options(line, command_line_option)));
                               },
                           .notice =
                               [&output](std::string_view line) {
                                 if (!output.quiet) print_notice(line);
                               },
                           .spell = command_line_option};
  CommandResult result;
  load_command(name, request.common.reproducible)(request, context, result);
  return result;
}

}  // namespace modattr
