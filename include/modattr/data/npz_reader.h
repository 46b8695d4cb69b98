#pragma once

#include <vector>

#include "modattr/data/array.h"
#include "modattr/data/zip_archive.h"

namespace modattr {

/// Reads the arrays of a NumPy archive (.npz) in its order. Stored arrays stay in the mapped file; deflated ones are
/// unpacked to memory or, when large, to temporary files. All checksums are verified. DataError, naming the array, for
/// anything that is not an array of a dtype that libtorch has.
std::vector<Array> read_npz(const ZipArchive& archive);

}  // namespace modattr
