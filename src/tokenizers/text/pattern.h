#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tokenizers/text/aligned_text.h"

namespace modattr {

/// Characters from `first` to the one before `second`.
using CharRange = std::pair<std::size_t, std::size_t>;

/// What is looked for in a text: a string, or a regular expression. Safe to use from many threads.
class Pattern {
 public:
  virtual ~Pattern() = default;
  /// Matches from left to right; they do not overlap. Throws DataError where a regular expression needs too much time
  /// or memory.
  virtual std::vector<CharRange> find(const AlignedText& text) const = 0;
};

std::unique_ptr<Pattern> literal_pattern(std::u32string text);

/// A regular expression of Oniguruma, which Hugging Face's tokenizers use, matched by ICU. Throws DataError beginning
/// with `where` for one that ICU does not know, or reads differently.
std::unique_ptr<Pattern> regex_pattern(const std::string& expression, const std::string& where);

/// The same expression in the syntax of ICU: \s, \w, \h and (?m mean something else there.
std::string icu_expression(const std::string& expression);

}  // namespace modattr
