#include "modattr/data/npy_header.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

#include "modattr/data/array_layout.h"
#include "modattr/data/messages.h"

namespace modattr {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kLongestHeaderBytes = std::size_t{64} << 10;

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t little_endian(std::span<const std::byte> bytes) {
  std::size_t value = 0;
  for (std::size_t position = bytes.size(); position-- > 0;) {
    value = value << 8 | std::to_integer<std::size_t>(bytes[position]);
  }
  return value;
}

/// Bytes before the header's text: magic, version, length; 0 for an unknown version.
std::size_t preamble_bytes(std::span<const std::byte> start) {
  const auto version = std::to_integer<int>(start[kMagic.size()]);
  return version == 1 ? 10 : version == 2 || version == 3 ? 12 : 0;
}

/// What to do about an array whose dtype libtorch lacks.
std::string_view advice_for(std::string_view descriptor) {
  if (descriptor.starts_with('>')) return "save it in little-endian order: array.astype(array.dtype.newbyteorder('<'))";
  const char kind = descriptor.size() > 1 ? descriptor[1] : ' ';
  switch (kind) {
    case 'u':
      return "save array.astype(np.int64)";
    case 'f':
    case 'c':
      return "save array.astype(np.float64)";
    case 'U':
    case 'S':
    case 'a':
      return "save numbers, as texts are read as ids, groups and names only";
    case 'O':
      return "arrays of objects are pickles and never read; save array.astype(np.int64), or array.astype(str) of texts";
    case 'M':
    case 'm':
      return "save array.astype(np.int64)";
    default:
      return "save a plain array of bool, uint8, int8, int16, int32, int64, float or complex";
  }
}

struct NamedType {
  std::string_view name;
  c10::ScalarType dtype;
};
constexpr NamedType kTypes[] = {
    {"b1", c10::ScalarType::Bool},         {"u1", c10::ScalarType::Byte},          {"i1", c10::ScalarType::Char},
    {"i2", c10::ScalarType::Short},        {"i4", c10::ScalarType::Int},           {"i8", c10::ScalarType::Long},
    {"f2", c10::ScalarType::Half},         {"f4", c10::ScalarType::Float},         {"f8", c10::ScalarType::Double},
    {"c8", c10::ScalarType::ComplexFloat}, {"c16", c10::ScalarType::ComplexDouble}};

/// nullopt for a dtype that libtorch lacks.
std::optional<c10::ScalarType> dtype_of(std::string_view descriptor) {
  if (descriptor.size() > 1) {
    const std::string_view name = descriptor.substr(1);
    const NamedType* const type =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&](const NamedType& known) { return known.name == name; });
    const bool one_byte = name.ends_with('1') && name.size() == 2;
    const bool known_order =
        descriptor[0] == '<' || descriptor[0] == '=' || (one_byte && (descriptor[0] == '|' || descriptor[0] == '>'));
    if (type != std::end(kTypes) && known_order) return type->dtype;
  }
  return std::nullopt;
}

/// Of numpy's `<U12` and `|S12`; nullopt for every other dtype, such as texts in big-endian order.
std::optional<TextType> text_type_of(std::string_view descriptor) {
  constexpr std::size_t kLongestText = std::size_t{1} << 20;
  const bool is_unicode = descriptor.starts_with("<U") || descriptor.starts_with("=U");
  const bool is_bytes = descriptor.starts_with("|S") || descriptor.starts_with("|a");
  if (!is_unicode && !is_bytes) return std::nullopt;
  std::size_t length = 0;
  const char* const end = descriptor.data() + descriptor.size();
  const auto result = std::from_chars(descriptor.data() + 2, end, length);
  if (result.ec != std::errc{} || result.ptr != end || length == 0 || length > kLongestText) return std::nullopt;
  return TextType{.item_bytes = is_unicode ? 4 * length : length, .is_unicode = is_unicode};
}

/// Reads the one form of Python literal that a header holds: a dictionary of a string, a boolean and a tuple of
/// integers.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::string_view where) : rest_(text), where_(where) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string_literal();
      expect(':');
      if (key == "descr" && !has_dtype_) {
        has_dtype_ = true;
        read_dtype();
      } else if (key == "fortran_order" && !order_) {
        order_ = order();
      } else if (key == "shape" && !shape_) {
        shape_ = shape();
      } else {
        fail();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (!rest_.empty() || !has_dtype_ || !order_ || !shape_) fail();
    NpyHeader header = {dtype_.value_or(c10::ScalarType::Undefined), *order_, std::move(*shape_), 0, unreadable_};
    if (text_) measure_texts(header);
    if (!unreadable_.empty()) return header;
    const std::optional<std::uint64_t> data_bytes = array_bytes(header.dtype, header.shape);
    if (!data_bytes) throw_data_error(where_, "a possible shape", shape_text(header.shape));
    header.data_bytes = *data_bytes;
    return header;
  }

 private:
  [[noreturn]] void fail() const { throw_data_error(where_, "a NumPy array", "a header that is damaged"); }

  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n\t\r"), rest_.size())); }

  bool accept(char character) {
    skip_space();
    if (!rest_.starts_with(character)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char character) {
    if (!accept(character)) fail();
  }

  std::string_view string_literal() {
    skip_space();
    const char quote = rest_.empty() ? ' ' : rest_.front();
    if (quote != '\'' && quote != '"') fail();
    rest_.remove_prefix(1);
    const std::size_t end = rest_.find(quote);
    if (end == std::string_view::npos) fail();
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }

  void read_dtype() {
    skip_space();
    if (rest_.starts_with('[') || rest_.starts_with('(')) {
      skip_nested();
      unreadable_ = "expected a plain array, got a structured one; save one array per field";
      return;
    }
    const std::string_view descriptor = string_literal();
    dtype_ = dtype_of(descriptor);
    if (dtype_) return;
    unreadable_ = "expected a dtype that libtorch has, got dtype " + quoted_text(descriptor) + "; ";
    unreadable_ += advice_for(descriptor);
    text_ = text_type_of(descriptor);
  }

  /// Texts whose size is no number are unreadable like everything else.
  void measure_texts(NpyHeader& header) const {
    const std::optional<std::uint64_t> count = array_bytes(c10::ScalarType::Byte, header.shape);
    if (!count || *count > std::numeric_limits<std::uint64_t>::max() / text_->item_bytes) return;
    header.data_bytes = *count * text_->item_bytes;
    header.text = text_;
  }

  /// A list or tuple of lists, tuples, texts and numbers.
  void skip_nested() {
    std::size_t depth = 0;
    do {
      skip_space();
      if (rest_.empty()) fail();
      const char character = rest_.front();
      if (character == '\'' || character == '"') {
        string_literal();
        continue;
      }
      if (character == '[' || character == '(') ++depth;
      if (character == ']' || character == ')') --depth;
      rest_.remove_prefix(1);
    } while (depth > 0);
  }

  ElementOrder order() {
    skip_space();
    for (const auto& [word, order] : {std::pair<std::string_view, ElementOrder>{"True", ElementOrder::kColumnMajor},
                                      std::pair<std::string_view, ElementOrder>{"False", ElementOrder::kRowMajor}}) {
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return order;
      }
    }
    fail();
  }

  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> dimensions;
    expect('(');
    while (!accept(')')) {
      if (dimensions.size() == kDimensionLimit) {
        throw_data_error(where_, "at most " + std::to_string(kDimensionLimit) + " dimensions", "more");
      }
      skip_space();
      std::int64_t dimension = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), dimension);
      if (error == std::errc::result_out_of_range || dimension < 0) {
        throw_data_error(where_, "a possible shape", "a dimension that is negative or too large");
      }
      if (error != std::errc()) fail();
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      dimensions.push_back(dimension);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return dimensions;
  }

  std::string_view rest_;
  std::string_view where_;
  bool has_dtype_ = false;
  std::optional<c10::ScalarType> dtype_;
  std::string unreadable_;
  std::optional<TextType> text_;
  std::optional<ElementOrder> order_;
  std::optional<std::vector<std::int64_t>> shape_;
};

}  // namespace

std::size_t npy_header_bytes(std::span<const std::byte> preamble, std::string_view where) {
  if (preamble.size() < kNpyPreambleBytes || !as_text(preamble).starts_with(kMagic)) {
    throw_data_error(where, "a NumPy array (.npy)", "something else");
  }
  const std::size_t text_start = preamble_bytes(preamble);
  if (text_start == 0) {
    throw_data_error(where, "a NumPy array of version 1, 2 or 3",
                     "version " + std::to_string(std::to_integer<int>(preamble[kMagic.size()])));
  }
  const std::size_t length_start = kMagic.size() + 2;
  const std::size_t header_bytes =
      text_start + little_endian(preamble.subspan(length_start, text_start - length_start));
  if (header_bytes > kLongestHeaderBytes || header_bytes < kNpyPreambleBytes) {
    throw_data_error(where, "a header of at most 64 KiB", std::to_string(header_bytes) + " bytes");
  }
  return header_bytes;
}

NpyHeader parse_npy_header(std::span<const std::byte> header, std::string_view where) {
  return HeaderParser(as_text(header.subspan(preamble_bytes(header))), where).parse();
}

}  // namespace modattr
