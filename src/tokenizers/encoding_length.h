#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tokenizers/steps/post_processor.h"

namespace modattr {

/// At which end something happens.
enum class TextEnd { kLeft, kRight };

/// How texts that are too long are made shorter.
struct Truncation {
  /// With the tokens that are put around the texts.
  std::size_t length = 0;
  enum class Strategy { kLongestFirst, kOnlyFirst, kOnlySecond } strategy = Strategy::kLongestFirst;
  TextEnd end = TextEnd::kRight;
};

/// How texts that are too short are made longer.
struct Padding {
  /// nullopt = not, but for `multiple`.
  std::optional<std::size_t> length = std::nullopt;
  std::optional<std::size_t> multiple = std::nullopt;
  TextEnd end = TextEnd::kRight;
  std::int64_t id = 0;
  std::int64_t type_id = 0;
};

/// Shortens one text or two. `added_count`: tokens that are put around them. Throws DataError where these do not fit,
/// or the text that is to be shortened is too short for that.
void truncate(std::vector<EncodedPart>& texts, const Truncation& truncation, std::size_t added_count);

/// Lengthens an encoding; longer ones stay.
void pad(Encoding& encoding, const Padding& padding);

}  // namespace modattr
