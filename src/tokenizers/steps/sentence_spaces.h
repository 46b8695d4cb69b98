#pragma once

#include <cstdint>
#include <memory>

#include "tokenizers/steps/normalizer.h"

namespace modattr {

/// What SentencePiece does with spaces (U+0020).
struct SentenceSpaces {
  /// At the ends, and behind other spaces.
  enum class Extra : std::uint8_t { kKeep, kRemove } extra = Extra::kRemove;
  /// One before a text that is not empty.
  enum class Prefix : std::uint8_t { kNone, kAdd } prefix = Prefix::kAdd;
  /// U+2581 in place of each.
  enum class Mark : std::uint8_t { kSpace, kMark } mark = Mark::kMark;
};
std::unique_ptr<Normalizer> make_sentence_spaces(const SentenceSpaces& options);

}  // namespace modattr
