#pragma once

#include <filesystem>
#include <vector>

#include "modattr/data/array.h"

namespace modattr {

/// Reads the arrays of a NumPy archive (.npz), a safetensors file or a dictionary written by torch.save (.pt), in the
/// file's order. The content says which of them it is; a known extension that says otherwise is an error. DataError for
/// a file that is none of them, or damaged.
std::vector<Array> open_array_file(const std::filesystem::path& path);

}  // namespace modattr
