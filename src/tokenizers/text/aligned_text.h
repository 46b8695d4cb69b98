#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modattr/tokenizers/tokenizer.h"

namespace modattr {

/// A character, and the bytes of the original text that it came from.
struct AlignedChar {
  char32_t code = 0;
  std::uint32_t first = 0;
  std::uint32_t end = 0;
};

/// A character of a changed text. change 0: it stands for the next character of the old text; n > 0: it is inserted and
/// came from where the one before did; -n: it stands for the next one, and the n behind that are gone.
struct CharChange {
  char32_t code = 0;
  std::int32_t change = 0;
};

/// A text, or a part of one, that is normalised step by step and still knows which bytes of the original each of its
/// characters came from. Spans are those of Hugging Face's NormalizedString.
class AlignedText {
 public:
  AlignedText() = default;
  /// Of UTF-8; bytes that are none become U+FFFD.
  explicit AlignedText(std::string_view original);
  /// A part whose data begins at this byte of the original.
  AlignedText(std::vector<AlignedChar> chars, std::uint32_t origin) : chars_(std::move(chars)), origin_(origin) {}

  bool empty() const noexcept { return chars_.empty(); }
  std::size_t size() const noexcept { return chars_.size(); }
  char32_t operator[](std::size_t place) const noexcept { return chars_[place].code; }
  std::span<const AlignedChar> chars() const noexcept { return chars_; }
  /// The byte of the original where this part begins.
  std::uint32_t origin() const noexcept { return origin_; }
  std::string utf8() const;
  std::u32string codes() const;
  bool starts_with(std::u32string_view prefix) const noexcept;

  /// Characters from `first` to the one before `end`.
  AlignedText slice(std::size_t first, std::size_t end) const;
  /// The bytes of the original behind these characters, from the first one's first to the last one's last.
  TextSpan span(std::size_t first, std::size_t end) const;

  /// Replaces all characters; `removed_first`: those at the front that no change stands for.
  void transform(std::span<const CharChange> changes, std::size_t removed_first = 0);
  /// Replaces each character by another one.
  void map(const std::function<char32_t(char32_t)>& change);
  /// Keeps the characters that `keep` is true for.
  void filter(const std::function<bool(char32_t)>& keep);
  /// Puts characters before a text that is not empty; they come from its first character.
  void prepend(std::u32string_view front);
  /// Replaces ranges of characters, which are in order and apart, by `content`, which comes from the last character
  /// of each.
  void replace(std::span<const std::pair<std::size_t, std::size_t>> ranges, std::u32string_view content);
  /// Removes white space at the ends.
  void strip_left();
  void strip_right();

 private:
  std::vector<AlignedChar> chars_;
  std::uint32_t origin_ = 0;
};

}  // namespace modattr
