#include "modattr/data/array_text.h"

#include <cstdint>
#include <cstring>

#include "modattr/data/array_layout.h"
#include "modattr/data/array_tensor.h"
#include "modattr/data/messages.h"

namespace modattr {
namespace {

/// Adds a code point in UTF-8; false for one that is none.
bool append_code_point(std::uint32_t point, std::string& text) {
  const auto add = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto add_rest = [&](std::uint32_t shift) { add(0x80 | (point >> shift & 0x3F)); };
  if (point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xC0 | point >> 6);
    add_rest(0);
  } else if (point < 0x10000) {
    add(0xE0 | point >> 12);
    add_rest(6);
    add_rest(0);
  } else {
    add(0xF0 | point >> 18);
    add_rest(12);
    add_rest(6);
    add_rest(0);
  }
  return true;
}

/// Code points as NumPy stores them.
bool append_code_points(std::span<const std::byte> bytes, std::string& text) {
  for (std::size_t first = 0; first < bytes.size(); first += sizeof(std::uint32_t)) {
    std::uint32_t point = 0;
    std::memcpy(&point, bytes.data() + first, sizeof point);
    if (!append_code_point(point, text)) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> texts_of(const Array& array, const std::string& where) {
  if (!array.text) {
    throw_data_error(where, "texts [columns]", describe(array), "save np.array([...]) of texts, in .npz");
  }
  if (array.shape.size() != 1) throw_data_error(where, "texts [columns]", "texts " + shape_text(array.shape));
  const std::size_t item_bytes = array.text->item_bytes;
  std::vector<std::string> texts;
  for (std::size_t first = 0; first < array.bytes.size(); first += item_bytes) {
    const std::span<const std::byte> item = array.bytes.subspan(first, item_bytes);
    std::string& text = texts.emplace_back();
    if (array.text->is_unicode) {
      if (!append_code_points(item, text)) throw_data_error(where, "texts", "a code point that is none");
    } else {
      text.assign(reinterpret_cast<const char*>(item.data()), item.size());
    }
    text.erase(text.find_last_not_of('\0') + 1);
    if (!is_utf8(text)) throw_data_error(where, "texts in UTF-8", quoted_text(text));
  }
  return texts;
}

bool is_column(const Array& array) {
  return (array.text || is_integral(array)) && array.shape.size() == 1;
}

void check_column(const Array& array, const std::string& where) {
  if (!array.text) check_readable(array);
  if (!is_column(array)) throw_data_error(where, "int64[examples] or text[examples]", describe(array));
}

std::vector<std::string> column_texts(const Array& array, const std::string& where) {
  check_column(array, where);
  if (array.text) return texts_of(array, where);
  std::vector<std::string> texts;
  for (const std::int64_t number : to_integers(array)) texts.push_back(std::to_string(number));
  return texts;
}

}  // namespace modattr
