#include "modattr/tokenizers/text_units.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include "modattr/core/error.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

using MakeBreaks = icu::BreakIterator* (*)(const icu::Locale&, UErrorCode&);

/// The part of a stretch between its white space; empty where there is nothing else.
TextSpan without_white_space(std::string_view text, TextSpan stretch) {
  TextSpan kept{stretch.end, stretch.end};
  for (std::size_t place = stretch.first; place < stretch.end;) {
    const DecodedChar next = decode_char(text, place);
    const std::size_t end = place + next.bytes;
    if (!is_white_space(next.code)) kept = {kept.empty() ? place : kept.first, end};
    place = end;
  }
  return kept;
}

std::vector<TextSpan> units_of(std::string_view text, MakeBreaks make_breaks) {
  std::vector<TextSpan> units;
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> breaks(make_breaks(icu::Locale::getRoot(), status));
  // Bounds are in bytes of the text.
  UText* const units_text = utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &status);
  const std::unique_ptr<UText, UText* (*)(UText*)> owner(units_text, utext_close);
  if (U_SUCCESS(status)) breaks->setText(units_text, status);
  if (U_FAILURE(status)) {
    throw DataError("ICU: expected its data of words and sentences, got " + std::string(u_errorName(status)));
  }
  auto first = static_cast<std::size_t>(breaks->first());
  for (std::int32_t bound = breaks->next(); bound != icu::BreakIterator::DONE; bound = breaks->next()) {
    const TextSpan unit = without_white_space(text, {first, static_cast<std::size_t>(bound)});
    if (!unit.empty()) units.push_back(unit);
    first = static_cast<std::size_t>(bound);
  }
  return units;
}

}  // namespace

std::vector<TextSpan> words_of(std::string_view text) {
  return units_of(text, icu::BreakIterator::createWordInstance);
}

std::vector<TextSpan> sentences_of(std::string_view text) {
  return units_of(text, icu::BreakIterator::createSentenceInstance);
}

}  // namespace modattr
