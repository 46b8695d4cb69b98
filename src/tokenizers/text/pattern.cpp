#include "tokenizers/text/pattern.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <unicode/regex.h>
#include <unicode/unistr.h>

#include "modattr/core/error.h"
#include "tokenizers/text/shown.h"

namespace modattr {
namespace {

class LiteralPattern final : public Pattern {
 public:
  explicit LiteralPattern(std::u32string text) : text_(std::move(text)) {}

  std::vector<CharRange> find(const AlignedText& text) const override {
    std::vector<CharRange> matches;
    if (text_.empty()) return matches;
    for (std::size_t place = 0; place + text_.size() <= text.size();) {
      if (matches_at(text, place)) {
        matches.emplace_back(place, place + text_.size());
        place += text_.size();
      } else {
        ++place;
      }
    }
    return matches;
  }

 private:
  bool matches_at(const AlignedText& text, std::size_t place) const {
    return std::ranges::equal(text.chars().subspan(place, text_.size()), text_, {}, &AlignedChar::code);
  }

  std::u32string text_;
};

/// A text as ICU reads it: two units for characters above U+FFFF.
class Utf16Text {
 public:
  explicit Utf16Text(const AlignedText& text) {
    units_.reserve(text.size());
    for (const AlignedChar& one : text.chars()) {
      if (one.code < 0x10000) {
        units_ += static_cast<char16_t>(one.code);
      } else {
        wide_.push_back(units_.size());
        units_ += static_cast<char16_t>(0xD7C0 + (one.code >> 10));
        units_ += static_cast<char16_t>(0xDC00 + (one.code & 0x3FF));
      }
    }
  }

  /// Borrows this text.
  icu::UnicodeString view() const { return {false, units_.data(), static_cast<std::int32_t>(units_.size())}; }
  /// The character that a unit begins; for units that are asked for in rising order.
  std::size_t place(std::int32_t unit) {
    const auto number = static_cast<std::size_t>(unit);
    while (passed_ < wide_.size() && wide_[passed_] < number) ++passed_;
    return number - passed_;
  }

 private:
  std::u16string units_;
  /// Where the characters of two units begin.
  std::vector<std::size_t> wide_;
  std::size_t passed_ = 0;
};

class RegexPattern final : public Pattern {
 public:
  RegexPattern(const std::string& expression, const std::string& where) : where_(where), expression_(expression) {
    UParseError place{};
    UErrorCode status = U_ZERO_ERROR;
    // In Oniguruma ^ and $ match at every line, and only a line feed ends one.
    constexpr std::uint32_t kFlags = UREGEX_MULTILINE | UREGEX_UNIX_LINES;
    const icu::UnicodeString text = icu::UnicodeString::fromUTF8(icu_expression(expression));
    pattern_.reset(icu::RegexPattern::compile(text, kFlags, place, status));
    if (U_FAILURE(status)) {
      throw DataError(where + ": expected a regular expression, got " + shown(expression) + " (" + u_errorName(status) +
                      " at character " + std::to_string(place.offset) + ")");
    }
  }

  std::vector<CharRange> find(const AlignedText& text) const override {
    Utf16Text units(text);
    const icu::UnicodeString view = units.view();
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<icu::RegexMatcher> matcher(pattern_->matcher(view, status));
    std::vector<CharRange> matches;
    if (U_SUCCESS(status)) {
      // Steps of about a millisecond for one match.
      constexpr std::int32_t kMostSteps = 1'000;
      matcher->setTimeLimit(kMostSteps, status);
    }
    while (U_SUCCESS(status) && matcher->find(status)) {
      const std::size_t first = units.place(matcher->start(status));
      const std::size_t end = units.place(matcher->end(status));
      matches.emplace_back(first, end);
    }
    if (U_FAILURE(status)) {
      throw DataError(where_ + ": expected a text that the regular expression " + shown(expression_) +
                      " can be matched with, got one that takes too much time or memory (" + u_errorName(status) + ")");
    }
    return matches;
  }

 private:
  std::string where_;
  std::string expression_;
  std::unique_ptr<icu::RegexPattern> pattern_;
};

/// What \s, \w and the like of Oniguruma mean, as a set of ICU; empty for other escapes.
std::string_view set_of_escape(char letter) {
  switch (letter) {
    case 's':
      return "[\\p{White_Space}]";
    case 'S':
      return "[^\\p{White_Space}]";
    case 'w':
      return "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u00B2\\u00B3\\u00B9\\u00BC-\\u00BE]";
    case 'W':
      return "[^\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\u00B2\\u00B3\\u00B9\\u00BC-\\u00BE]";
    case 'h':
      return "[0-9a-fA-F]";
    case 'H':
      return "[^0-9a-fA-F]";
    default:
      return {};
  }
}

}  // namespace

std::string icu_expression(const std::string& expression) {
  std::string translated;
  for (std::size_t place = 0; place < expression.size(); ++place) {
    const char letter = expression[place];
    if (letter == '\\' && place + 1 < expression.size()) {
      const char escaped = expression[++place];
      const std::string_view set = set_of_escape(escaped);
      if (set.empty()) {
        translated += letter;
        translated += escaped;
      } else {
        translated += set;
      }
      continue;
    }
    translated += letter;
    // (?m lets a dot match a line feed, which is (?s of ICU.
    if (letter != '(' || expression.compare(place, 2, "(?") != 0) continue;
    std::size_t flag = place + 2;
    while (flag < expression.size() &&
           (expression[flag] == 'i' || expression[flag] == 'x' || expression[flag] == '-' || expression[flag] == 'm')) {
      ++flag;
    }
    if (flag >= expression.size() || (expression[flag] != ':' && expression[flag] != ')')) continue;
    translated += '?';
    for (++place; ++place < flag;) translated += expression[place] == 'm' ? 's' : expression[place];
    --place;
  }
  return translated;
}

std::unique_ptr<Pattern> literal_pattern(std::u32string text) {
  return std::make_unique<LiteralPattern>(std::move(text));
}

std::unique_ptr<Pattern> regex_pattern(const std::string& expression, const std::string& where) {
  return std::make_unique<RegexPattern>(expression, where);
}

}  // namespace modattr
