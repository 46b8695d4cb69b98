#pragma once

#include <filesystem>

namespace modattr {

/// Throws ModelError where the file is no intact compiled package for the processor of this machine, and says what it
/// is instead.
void check_package_file(const std::filesystem::path& path);

}  // namespace modattr
