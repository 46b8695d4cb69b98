#pragma once

#include <string_view>

namespace modattr {

/// Version of modattr, e.g. "0.1.0".
std::string_view version() noexcept;

}  // namespace modattr
