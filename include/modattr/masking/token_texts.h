#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "modattr/masking/segmentation.h"

namespace modattr {

/// What a modality of token ids says, as a function of the example: its words as the vocabulary gives them, with spaces
/// between them and word pieces joined, without special ids and positions that an attention mask leaves out. Empty
/// where the first input holds no ids, or there is no vocabulary. Borrows the dataset.
std::function<std::string(std::size_t example)> token_texts(const SegmentationOptions& options, const Dataset& dataset,
                                                            std::span<const SegmentedInput> inputs);

}  // namespace modattr
