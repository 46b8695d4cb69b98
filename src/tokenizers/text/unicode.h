#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace modattr {

/// A character of a UTF-8 text, and how many bytes it takes there.
struct DecodedChar {
  char32_t code = 0;
  std::size_t bytes = 0;
};

/// The character at a byte of a text, U+FFFD where the bytes are no UTF-8: as many of them as begin a character, else
/// one (Unicode 15, section 3.9, substitution of maximal subparts).
DecodedChar decode_char(std::string_view text, std::size_t place);

/// Appends a character as UTF-8.
void append_utf8(std::string& text, char32_t code);
/// Bytes of a character in UTF-8.
std::size_t utf8_bytes(char32_t code) noexcept;

/// The characters of a UTF-8 text.
std::u32string decode_text(std::string_view text);
std::string encode_text(std::u32string_view text);

/// Whether a character was in a major version of Unicode. Tables that tokenizers were trained with stay as they were:
/// what was not in them has no property there.
bool is_in_unicode(char32_t code, int major_version);

// What kind of character it is, for Hugging Face's tokenizers.

/// White_Space.
bool is_white_space(char32_t code);
/// Punctuation of Unicode 8, and what ASCII counts as such: $ + < = > ^ ` | ~ too.
bool is_punctuation(char32_t code);
/// Categories Nd, Nl, No.
bool is_numeric(char32_t code);
/// Categories Mn, Mc, Me of Unicode 9.
bool is_mark(char32_t code);
/// Category Mn of Unicode 8.
bool is_nonspacing_mark(char32_t code);
/// A letter, mark, decimal digit or connector: \w of regular expressions.
bool is_word_char(char32_t code);
/// Control, format and private characters: categories Cc, Cf, Co of Unicode 8.
bool is_control_or_private(char32_t code);
/// Han ideographs, as BERT counts them.
bool is_bert_ideograph(char32_t code);

}  // namespace modattr
