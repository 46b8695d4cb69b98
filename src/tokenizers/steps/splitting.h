#pragma once

#include <functional>
#include <vector>

#include "tokenizers/steps/pre_tokenizer.h"

namespace modattr {

/// Appends the pieces of a part.
using PartCutter = std::function<void(AlignedText part, std::vector<AlignedText>& pieces)>;

/// Replaces each part that is no added token by the pieces that `cut` makes of it, without empty ones.
void cut_parts(std::vector<TextPart>& parts, const PartCutter& cut);

/// Appends the pieces of a text that is split at these matches, which are in order and apart.
void split_at(const AlignedText& text, const std::vector<CharRange>& matches, SplitOptions options,
              std::vector<AlignedText>& pieces);

/// Every character that `is_match` is true for, as a match of its own.
std::vector<CharRange> matching_chars(const AlignedText& text, const std::function<bool(char32_t)>& is_match);

}  // namespace modattr
