// Takes the place of package_model.cpp where libtorch has no loader of packages.
#include <torch/version.h>

#include "modattr/core/error.h"
#include "modattr/model/package_model.h"
#include "package_file.h"

namespace modattr {

bool reads_packages() noexcept {
  return false;
}

std::unique_ptr<Model> load_package_model(const PackageOptions& options) {
  check_package_file(options.path);
  throw ModelError(options.path.string() + ": expected a TorchScript model, as this modattr is built with libtorch " +
                   TORCH_VERSION + ", which reads no compiled packages (2.14 does), got one");
}

}  // namespace modattr
