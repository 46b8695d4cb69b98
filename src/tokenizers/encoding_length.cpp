#include "tokenizers/encoding_length.h"

#include <algorithm>
#include <string>
#include <utility>

#include "modattr/core/error.h"

namespace modattr {
namespace {

template <typename Value>
void keep(std::vector<Value>& values, std::size_t count, TextEnd removed) {
  if (values.size() <= count) return;
  const auto excess = static_cast<std::ptrdiff_t>(values.size() - count);
  if (removed == TextEnd::kLeft) {
    values.erase(values.begin(), values.begin() + excess);
  } else {
    values.erase(values.end() - excess, values.end());
  }
}

void keep_tokens(EncodedPart& part, std::size_t count, TextEnd removed) {
  Encoding& encoding = part.encoding;
  keep(encoding.ids, count, removed);
  keep(encoding.attention_mask, count, removed);
  keep(encoding.type_ids, count, removed);
  keep(encoding.spans, count, removed);
  keep(encoding.texts, count, removed);
  keep(encoding.is_special, count, removed);
  keep(part.values, count, removed);
}

/// Lengths of two texts that are at most `most` together: the longer one is shortened first.
std::pair<std::size_t, std::size_t> longest_first(std::size_t first, std::size_t second, std::size_t most) {
  std::size_t shorter = std::min(first, second);
  std::size_t longer = shorter > most ? shorter : std::max(shorter, most - shorter);
  if (shorter + longer > most) {
    shorter = most / 2;
    longer = shorter + most % 2;
  }
  return first <= second ? std::pair(shorter, longer) : std::pair(longer, shorter);
}

template <typename Value>
void extend(std::vector<Value>& values, std::size_t count, const Value& value, TextEnd end) {
  values.insert(end == TextEnd::kLeft ? values.begin() : values.end(), count, value);
}

}  // namespace

void truncate(std::vector<EncodedPart>& texts, const Truncation& truncation, std::size_t added_count) {
  if (truncation.length < added_count) {
    throw DataError("text: expected room for the " + std::to_string(added_count) +
                    " tokens that are put around it, got a length of " + std::to_string(truncation.length));
  }
  const std::size_t most = truncation.length - added_count;
  std::size_t total = 0;
  for (const EncodedPart& text : texts) total += text.encoding.size();
  if (total <= most) return;
  if (truncation.strategy == Truncation::Strategy::kLongestFirst) {
    if (texts.size() == 1) {
      keep_tokens(texts.front(), most, truncation.end);
      return;
    }
    const auto [first, second] = longest_first(texts[0].encoding.size(), texts[1].encoding.size(), most);
    keep_tokens(texts[0], first, truncation.end);
    keep_tokens(texts[1], second, truncation.end);
    return;
  }
  const std::size_t place = truncation.strategy == Truncation::Strategy::kOnlyFirst ? 0 : 1;
  const std::size_t size = place < texts.size() ? texts[place].encoding.size() : 0;
  if (size <= total - most) {
    throw DataError("text: expected a " + std::string(place == 0 ? "first" : "second") + " text of more than " +
                    std::to_string(total - most) + " tokens, which are to be truncated, got " + std::to_string(size));
  }
  keep_tokens(texts[place], size - (total - most), truncation.end);
}

void pad(Encoding& encoding, const Padding& padding) {
  std::size_t length = std::max(padding.length.value_or(0), encoding.size());
  const std::size_t multiple = padding.multiple.value_or(0);
  if (multiple > 0 && length % multiple > 0) length += multiple - length % multiple;
  const std::size_t count = length - encoding.size();
  extend(encoding.ids, count, padding.id, padding.end);
  extend(encoding.attention_mask, count, std::int64_t{0}, padding.end);
  extend(encoding.type_ids, count, padding.type_id, padding.end);
  extend(encoding.spans, count, TextSpan{}, padding.end);
  extend(encoding.texts, count, std::uint8_t{0}, padding.end);
  extend(encoding.is_special, count, true, padding.end);
}

}  // namespace modattr
