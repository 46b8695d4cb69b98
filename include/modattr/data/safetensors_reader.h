#pragma once

#include <memory>
#include <vector>

#include "modattr/data/array.h"
#include "modattr/data/mapped_file.h"

namespace modattr {

/// Reads the arrays of a safetensors file in the order of their bytes, without copying them. DataError for everything
/// that the format forbids: https://github.com/huggingface/safetensors#format.
std::vector<Array> read_safetensors(const std::shared_ptr<const MappedFile>& file);

}  // namespace modattr
