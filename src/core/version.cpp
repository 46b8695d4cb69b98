#include "modattr/core/version.h"

namespace modattr {

std::string_view version() noexcept {
  return MODATTR_VERSION;
}

}  // namespace modattr
