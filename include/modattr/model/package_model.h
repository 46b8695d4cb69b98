#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "modattr/graph/output_selector.h"
#include "modattr/model/model.h"

namespace modattr {

struct PackageOptions {
  std::filesystem::path path;
  OutputSelector output = std::size_t{0};
  /// Names of forward()'s arguments in its order; empty: as the package names them.
  std::vector<std::string> arguments;
};

/// Whether a model file is one of torch.export by its name, *.pt2.
bool has_package_name(const std::filesystem::path& path);

/// Whether this build reads packages: its libtorch has a loader that reports errors (2.14).
bool reads_packages() noexcept;

/// Loads a compiled package, which torch._inductor.aoti_compile_and_package has made for the processor. It holds
/// machine code, which runs as part of this program. A package of one batch size, or of few, runs rows in calls of that
/// size. Throws ModelError for a file that is damaged or no such package, and where this build reads none; ConfigError
/// where its arguments have no names.
std::unique_ptr<Model> load_package_model(const PackageOptions& options);

}  // namespace modattr
