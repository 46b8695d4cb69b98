#pragma once

#include <vector>

#include "modattr/data/array.h"
#include "modattr/data/zip_archive.h"

namespace modattr {

/// Whether the archive holds what torch.save or torch.jit.save writes.
bool is_pt(const ZipArchive& archive) noexcept;

/// Reads a dictionary of tensors written by torch.save (torch 1.6 or newer) in its order; nothing in the file is run.
/// Contiguous tensors stay in the mapped file, others are copied. All checksums are verified. DataError, naming the
/// key, for values that are not dense tensors.
std::vector<Array> read_pt(const ZipArchive& archive);

}  // namespace modattr
