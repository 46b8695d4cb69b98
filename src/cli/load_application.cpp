#include "load_application.h"

#include <array>
#include <cstdlib>
#include <filesystem>

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
