#include "load_application.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <dlfcn.h>
#include <malloc.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

/// What has to be set before libtorch is loaded.
void prepare_process() {
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

}  // namespace

std::unique_ptr<Application> load_application() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  // In the build folder the library lies beside the program, installed in lib beside bin.
  const std::array<std::filesystem::path, 2> candidates = {folder / MODATTR_APP_FILE,
                                                           folder / ".." / "lib" / MODATTR_APP_FILE};
  prepare_process();
  std::string reason;
  for (const std::filesystem::path& candidate : candidates) {
    load_needed_libraries(candidate);
    void* library = dlopen(candidate.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (library == nullptr) {
      if (reason.empty() || std::filesystem::exists(candidate, error)) reason = dlerror();
      continue;
    }
    const auto create = reinterpret_cast<CreateApplication>(dlsym(library, kCreateApplicationSymbol));
    if (create != nullptr) return std::unique_ptr<Application>(create());
    reason = dlerror();
  }
  throw Error("installation: expected " MODATTR_APP_FILE " beside the program, got: " + reason);
}

}  // namespace modattr
