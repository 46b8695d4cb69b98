#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "modattr/core/labels.h"
#include "modattr/data/array.h"

namespace modattr {

/// Reads labels. For a classifier integers, and floats that are whole, [N] or [N, 1] are classes; [N, answers] are
/// one-hot classes where every row has a single 1 and zeros otherwise, else answer counts. For a regression numbers
/// [N] or [N, columns] are values; for a multilabel model 0 and 1 [N, labels] say which labels are true; for a causal
/// language model int64 [N, positions] are token ids, -100 = ignored. Throws DataError, naming `path`, for anything
/// else, and for values that are not finite or negative counts.
Labels read_labels(const std::string& path, const Array& array, OutputKind kind,
                   AnswerColumns columns = AnswerColumns::kByContent);

/// Throws DataError about labels that are texts: the order of the model's classes is not in them.
[[noreturn]] void throw_text_labels(const std::string& path, const Array& array);

/// The labels of the listed examples, in that order.
Labels select_labels(const Labels& labels, std::span<const std::uint32_t> examples);

}  // namespace modattr
