#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "modattr/core/labels.h"
#include "modattr/data/array.h"

namespace modattr {

/// Reads labels: integers [N] or [N, 1] are classes (values for regression), floats [N] or [N, 1] are values
/// (regression only), [N, answers] are answer counts; for a causal language model int64 [N, positions] are token ids,
/// -100 = ignored. Throws DataError, naming `path`, for anything else, and for
/// values that are not finite or negative counts.
Labels read_labels(const std::string& path, const Array& array, OutputKind kind);

/// The labels of the listed examples, in that order.
Labels select_labels(const Labels& labels, std::span<const std::uint32_t> examples);

}  // namespace modattr
