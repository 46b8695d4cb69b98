#include "tokenizers/text/unicode.h"

#include <cstdint>

#include <unicode/uchar.h>

namespace modattr {
namespace {

UChar32 point(char32_t code) {
  return static_cast<UChar32>(code);
}

bool has_category(char32_t code, std::uint32_t mask) {
  return (U_GET_GC_MASK(point(code)) & mask) != 0;
}

constexpr char32_t kReplacement = 0xFFFD;

}  // namespace

DecodedChar decode_char(std::string_view text, std::size_t place) {
  const auto byte_at = [&](std::size_t byte) -> std::uint32_t {
    return place + byte < text.size() ? static_cast<unsigned char>(text[place + byte]) : 0U;
  };
  const std::uint32_t first = byte_at(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first < 0xC2 || first > 0xF4 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (bytes == 1) return {kReplacement, 1};
  std::uint32_t code = first & (0xFFU >> (bytes + 1));
  for (std::size_t byte = 1; byte < bytes; ++byte) {
    // The second byte rules out overlong forms, surrogates, and what is above U+10FFFF.
    const bool is_second = byte == 1;
    const std::uint32_t smallest = is_second && first == 0xE0 ? 0xA0 : is_second && first == 0xF0 ? 0x90 : 0x80;
    const std::uint32_t largest = is_second && first == 0xED ? 0x9F : is_second && first == 0xF4 ? 0x8F : 0xBF;
    if (byte_at(byte) < smallest || byte_at(byte) > largest) return {kReplacement, byte};
    code = (code << 6U) | (byte_at(byte) & 0x3FU);
  }
  return {code, bytes};
}

void append_utf8(std::string& text, char32_t code) {
  const auto add = [&](std::uint32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  const std::size_t bytes = utf8_bytes(code);
  if (bytes == 1) {
    add(code);
    return;
  }
  add((0xF00U >> bytes & 0xFFU) | (code >> (6 * (bytes - 1))));
  for (std::size_t rest = bytes - 1; rest-- > 0;) add(0x80U | ((code >> (6 * rest)) & 0x3FU));
}

std::size_t utf8_bytes(char32_t code) noexcept {
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

std::u32string decode_text(std::string_view text) {
  std::u32string decoded;
  decoded.reserve(text.size());
  for (std::size_t place = 0; place < text.size();) {
    const DecodedChar next = decode_char(text, place);
    decoded += next.code;
    place += next.bytes;
  }
  return decoded;
}

std::string encode_text(std::u32string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char32_t code : text) append_utf8(encoded, code);
  return encoded;
}

bool is_in_unicode(char32_t code, int major_version) {
  UVersionInfo age;
  u_charAge(point(code), age);
  return age[0] > 0 && age[0] <= major_version;
}

bool is_white_space(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r');
  return u_isUWhiteSpace(point(code)) != 0;
}

bool is_punctuation(char32_t code) {
  if (code < 0x80) {
    return (code >= '!' && code <= '/') || (code >= ':' && code <= '@') || (code >= '[' && code <= '`') ||
           (code >= '{' && code <= '~');
  }
  return has_category(code, U_GC_P_MASK) && is_in_unicode(code, 8);
}

bool is_numeric(char32_t code) {
  return has_category(code, U_GC_N_MASK);
}

bool is_mark(char32_t code) {
  return has_category(code, U_GC_M_MASK) && is_in_unicode(code, 9);
}

bool is_nonspacing_mark(char32_t code) {
  return has_category(code, U_GC_MN_MASK) && is_in_unicode(code, 8);
}

bool is_word_char(char32_t code) {
  if (code < 0x80) {
    return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z') || code == '_';
  }
  constexpr char32_t kZeroWidthNonJoiner = 0x200C;
  constexpr char32_t kZeroWidthJoiner = 0x200D;
  return u_isUAlphabetic(point(code)) != 0 || has_category(code, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK) ||
         code == kZeroWidthNonJoiner || code == kZeroWidthJoiner;
}

bool is_control_or_private(char32_t code) {
  return has_category(code, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK) && is_in_unicode(code, 8);
}

bool is_bert_ideograph(char32_t code) {
  return (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0x3400 && code <= 0x4DBF) ||
         (code >= 0x20000 && code <= 0x2A6DF) || (code >= 0x2A700 && code <= 0x2B73F) ||
         (code >= 0x2B740 && code <= 0x2B81F) || (code >= 0x2B920 && code <= 0x2CEAF) ||
         (code >= 0xF900 && code <= 0xFAFF) || (code >= 0x2F800 && code <= 0x2FA1F);
}

}  // namespace modattr
