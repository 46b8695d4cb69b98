#include "tokenizers/text/normal_forms.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "modattr/core/error.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

const icu::Normalizer2& composer(NormalForm form) {
  UErrorCode status = U_ZERO_ERROR;
  const bool is_compatible = form == NormalForm::kNfkc || form == NormalForm::kNfkd;
  const icu::Normalizer2* found =
      is_compatible ? icu::Normalizer2::getNFKCInstance(status) : icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status))
    throw DataError("ICU: expected its data of normal forms, got " + std::string(u_errorName(status)));
  return *found;
}

std::uint8_t combining_class(char32_t code) {
  return code < 0x300 ? 0 : u_getCombiningClass(static_cast<UChar32>(code));
}

/// Puts marks that follow each other into the order of their classes.
void order_marks(std::vector<CharChange>& changes) {
  for (std::size_t first = 0; first < changes.size();) {
    std::size_t end = first;
    while (end < changes.size() && combining_class(changes[end].code) != 0) ++end;
    if (end - first > 1) {
      std::stable_sort(changes.begin() + static_cast<std::ptrdiff_t>(first),
                       changes.begin() + static_cast<std::ptrdiff_t>(end),
                       [](const CharChange& left, const CharChange& right) {
                         return combining_class(left.code) < combining_class(right.code);
                       });
    }
    first = end + 1;
  }
}

std::vector<CharChange> decompose(const AlignedText& text, const icu::Normalizer2& forms) {
  std::vector<CharChange> changes;
  changes.reserve(text.size());
  icu::UnicodeString parts;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const char32_t code = text[place];
    // Tables of Hugging Face's tokenizers know no newer decompositions.
    constexpr int kUnicode = 11;
    if (code < 0x80 || !forms.getDecomposition(static_cast<UChar32>(code), parts) || !is_in_unicode(code, kUnicode)) {
      changes.push_back({code, 0});
      continue;
    }
    for (std::int32_t unit = 0; unit < parts.length(); unit = parts.moveIndex32(unit, 1)) {
      changes.push_back({static_cast<char32_t>(parts.char32At(unit)), unit > 0 ? 1 : 0});
    }
  }
  order_marks(changes);
  return changes;
}

/// Joins what can be joined of a decomposed text: a starter and the marks behind it that no other mark of their class
/// stands before.
std::vector<CharChange> compose(const std::vector<CharChange>& parts, const icu::Normalizer2& forms) {
  std::vector<CharChange> composed;
  composed.reserve(parts.size());
  std::optional<std::size_t> starter;
  // Of the mark behind the starter that was not joined to it; 0 = there is none.
  std::uint8_t last_class = 0;
  for (const CharChange& part : parts) {
    const std::uint8_t part_class = combining_class(part.code);
    const bool is_blocked = last_class > 0 && last_class >= part_class;
    if (starter && !is_blocked) {
      CharChange& first = composed[*starter];
      const UChar32 pair = forms.composePair(static_cast<UChar32>(first.code), static_cast<UChar32>(part.code));
      if (pair >= 0) {
        first = {static_cast<char32_t>(pair), first.change + part.change - 1};
        continue;
      }
    }
    if (part_class == 0) {
      starter = composed.size();
      last_class = 0;
    } else if (starter) {
      last_class = part_class;
    }
    composed.push_back(part);
  }
  return composed;
}

}  // namespace

void normalize(AlignedText& text, NormalForm form) {
  // Nothing below U+00A0 changes in any form.
  if (std::ranges::all_of(text.chars(), [](const AlignedChar& one) { return one.code < 0xA0; })) return;
  const icu::Normalizer2& forms = composer(form);
  const std::vector<CharChange> parts = decompose(text, forms);
  const bool is_composed = form == NormalForm::kNfc || form == NormalForm::kNfkc;
  text.transform(is_composed ? compose(parts, forms) : parts);
}

}  // namespace modattr
