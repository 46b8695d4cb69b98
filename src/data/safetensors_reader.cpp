#include "modattr/data/safetensors_reader.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

#include "modattr/data/array_layout.h"
#include "modattr/data/messages.h"

namespace modattr {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kLongestHeaderBytes = 100'000'000;

struct NamedType {
  std::string_view name;
  c10::ScalarType dtype;
};
constexpr NamedType kTypes[] = {{"BOOL", c10::ScalarType::Bool}, {"U8", c10::ScalarType::Byte},
                                {"I8", c10::ScalarType::Char},   {"I16", c10::ScalarType::Short},
                                {"I32", c10::ScalarType::Int},   {"I64", c10::ScalarType::Long},
                                {"F16", c10::ScalarType::Half},  {"BF16", c10::ScalarType::BFloat16},
                                {"F32", c10::ScalarType::Float}, {"F64", c10::ScalarType::Double}};

/// One entry of the header; complete once its object ends.
struct TensorEntry {
  std::string name;
  std::optional<std::string> dtype;
  std::optional<std::vector<std::int64_t>> shape;
  std::optional<std::vector<std::int64_t>> data_offsets;
};

/// Takes the header apart while nlohmann_json reads it, so that no header makes it build a tree.
class HeaderHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderHandler(std::string path) : path_(std::move(path)) {}

  std::vector<TensorEntry> take_entries() { return std::move(entries_); }

  bool null() override { return scalar(); }
  bool boolean(bool) override { return scalar(); }
  bool number_integer(number_integer_t) override { return scalar(); }
  bool number_float(number_float_t, const string_t&) override { return scalar(); }
  bool binary(binary_t&) override { return scalar(); }

  bool number_unsigned(number_unsigned_t value) override {
    std::vector<std::int64_t>* const numbers = current_numbers();
    if (place_ != Place::kNumbers || numbers == nullptr ||
        value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      fail();
    }
    if (numbers->size() == kDimensionLimit) {
      throw_data_error(entry_where(), "at most " + std::to_string(kDimensionLimit) + " dimensions", "more");
    }
    numbers->push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::kMetadata) return true;
    if (place_ != Place::kEntry || field_ != "dtype" || entries_.back().dtype) fail();
    entries_.back().dtype = std::move(value);
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::kStart) {
      place_ = Place::kHeader;
    } else if (place_ == Place::kHeader) {
      place_ = in_metadata_ ? Place::kMetadata : Place::kEntry;
    } else {
      fail();
    }
    return true;
  }

  bool key(string_t& value) override {
    if (place_ == Place::kHeader) {
      if (!names_.insert(value).second) throw_data_error(path_, "every name once", quoted_text(value) + " twice");
      in_metadata_ = value == "__metadata__";
      if (in_metadata_) return true;
      check_array_name(path_, value);
      entries_.emplace_back().name = std::move(value);
    } else if (place_ == Place::kEntry) {
      field_ = std::move(value);
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kEntry) check_complete(entries_.back());
    place_ = place_ == Place::kHeader ? Place::kEnd : Place::kHeader;
    field_.clear();
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kEntry) fail();
    TensorEntry& entry = entries_.back();
    if (field_ == "shape" && !entry.shape) {
      entry.shape.emplace();
    } else if (field_ == "data_offsets" && !entry.data_offsets) {
      entry.data_offsets.emplace();
    } else {
      fail();
    }
    place_ = Place::kNumbers;
    return true;
  }

  bool end_array() override {
    place_ = Place::kEntry;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    throw_data_error(path_, "a safetensors header", json_error_text(error.what()));
  }

 private:
  enum class Place { kStart, kHeader, kMetadata, kEntry, kNumbers, kEnd };

  std::string entry_where() const { return path_ + ": array " + quoted_text(entries_.back().name); }

  [[noreturn]] void fail() const {
    if (entries_.empty() || in_metadata_) throw_data_error(path_, "a safetensors header", "JSON of another form");
    throw_data_error(entry_where(), R"({"dtype": text, "shape": [...], "data_offsets": [begin, end]})",
                     "another form of entry");
  }

  void check_complete(const TensorEntry& entry) const {
    if (!entry.dtype || !entry.shape || !entry.data_offsets || entry.data_offsets->size() != 2) fail();
  }

  // No number, null or boolean has a place in a header, except in the lists that number_unsigned fills.
  bool scalar() const { fail(); }

  std::vector<std::int64_t>* current_numbers() {
    if (entries_.empty()) return nullptr;
    std::optional<std::vector<std::int64_t>>& numbers =
        field_ == "shape" ? entries_.back().shape : entries_.back().data_offsets;
    return numbers ? &*numbers : nullptr;
  }

  std::string path_;
  Place place_ = Place::kStart;
  bool in_metadata_ = false;
  std::string field_;
  std::unordered_set<std::string> names_;
  std::vector<TensorEntry> entries_;
};

/// The header's text; DataError when its length is impossible.
std::string_view header_text(std::span<const std::byte> bytes, const std::string& path) {
  if (bytes.size() < kLengthBytes) {
    throw_data_error(path, "a safetensors file", std::to_string(bytes.size()) + " bytes");
  }
  std::uint64_t length = 0;
  for (std::size_t position = kLengthBytes; position-- > 0;) {
    length = length << 8 | std::to_integer<std::uint64_t>(bytes[position]);
  }
  const std::uint64_t longest = std::min<std::uint64_t>(bytes.size() - kLengthBytes, kLongestHeaderBytes);
  if (length > longest) {
    throw_data_error(path, "a safetensors header of at most " + std::to_string(longest) + " bytes",
                     std::to_string(length), "the file may be truncated");
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes,
                              static_cast<std::size_t>(length));
  if (!text.starts_with('{')) throw_data_error(path, "a safetensors header", "something else");
  return text;
}

/// The entry as an array whose bytes are a part of `data`.
Array array_of(TensorEntry entry, const std::shared_ptr<const MappedFile>& file, std::span<const std::byte> data) {
  const std::string where = file->path().string() + ": array " + quoted_text(entry.name);
  const NamedType* const type = std::find_if(std::begin(kTypes), std::end(kTypes),
                                             [&](const NamedType& known) { return known.name == *entry.dtype; });
  const auto begin = static_cast<std::uint64_t>((*entry.data_offsets)[0]);
  const auto end = static_cast<std::uint64_t>((*entry.data_offsets)[1]);
  if (begin > end || end > data.size()) {
    throw_data_error(where, "data_offsets within " + std::to_string(data.size()) + " bytes",
                     shape_text(*entry.data_offsets), "the file may be truncated");
  }
  if (type == std::end(kTypes)) {
    return {.name = std::move(entry.name),
            .dtype = c10::ScalarType::Undefined,
            .shape = std::move(*entry.shape),
            .bytes = data.subspan(begin, end - begin),
            .storage = file,
            .unreadable = where + ": expected a dtype that libtorch has, got dtype " + quoted_text(*entry.dtype) +
                          "; save it as BOOL, U8, I8, I16, I32, I64, F16, BF16, F32 or F64: tensor.to(torch.int64)"};
  }
  const std::optional<std::uint64_t> byte_count = array_bytes(type->dtype, *entry.shape);
  if (!byte_count) throw_data_error(where, "a possible shape", shape_text(*entry.shape));
  if (*byte_count != end - begin) {
    throw_data_error(where, std::to_string(*byte_count) + " bytes for shape " + shape_text(*entry.shape),
                     std::to_string(end - begin));
  }
  return {std::move(entry.name), type->dtype, std::move(*entry.shape), data.subspan(begin, end - begin), file};
}

}  // namespace

std::vector<Array> read_safetensors(const std::shared_ptr<const MappedFile>& file) {
  const std::string path = file->path().string();
  const std::string_view text = header_text(file->bytes(), path);
  HeaderHandler handler(path);
  nlohmann::json::sax_parse(text.begin(), text.end(), &handler);

  const std::span<const std::byte> data = file->bytes().subspan(kLengthBytes + text.size());
  std::vector<Array> arrays;
  for (TensorEntry& entry : handler.take_entries()) arrays.push_back(array_of(std::move(entry), file, data));
  std::stable_sort(arrays.begin(), arrays.end(), [](const Array& left, const Array& right) {
    return std::pair(left.bytes.data(), left.bytes.size()) < std::pair(right.bytes.data(), right.bytes.size());
  });
  const std::byte* covered = data.data();
  for (const Array& array : arrays) {
    if (array.bytes.data() != covered) {
      throw_data_error(path + ": array " + quoted_text(array.name), "arrays one after the other",
                       array.bytes.data() < covered ? "one that overlaps another" : "a hole before it");
    }
    covered += array.bytes.size();
  }
  if (covered != data.data() + data.size()) {
    throw_data_error(path, "arrays that fill the file", "bytes after the last of them");
  }
  return arrays;
}

}  // namespace modattr
