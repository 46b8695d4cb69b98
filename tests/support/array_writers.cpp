#include "array_writers.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include <zlib.h>

#include <minizip/zip.h>

#include "modattr/data/array_layout.h"

namespace modattr {
namespace {

struct TypeNames {
  c10::ScalarType dtype;
  const char* numpy;
  const char* safetensors;
  const char* torch;
};
constexpr TypeNames kTypeNames[] = {
    {c10::ScalarType::Bool, "|b1", "BOOL", "BoolStorage"},
    {c10::ScalarType::Byte, "|u1", "U8", "ByteStorage"},
    {c10::ScalarType::Char, "|i1", "I8", "CharStorage"},
    {c10::ScalarType::Short, "<i2", "I16", "ShortStorage"},
    {c10::ScalarType::Int, "<i4", "I32", "IntStorage"},
    {c10::ScalarType::Long, "<i8", "I64", "LongStorage"},
    {c10::ScalarType::Half, "<f2", "F16", "HalfStorage"},
    {c10::ScalarType::BFloat16, "<V2", "BF16", "BFloat16Storage"},
    {c10::ScalarType::Float, "<f4", "F32", "FloatStorage"},
    {c10::ScalarType::Double, "<f8", "F64", "DoubleStorage"},
    {c10::ScalarType::ComplexFloat, "<c8", "C64", "ComplexFloatStorage"},
    {c10::ScalarType::ComplexDouble, "<c16", "C128", "ComplexDoubleStorage"},
};

const TypeNames& names_of(c10::ScalarType dtype) {
  for (const TypeNames& names : kTypeNames) {
    if (names.dtype == dtype) return names;
  }
  throw std::invalid_argument("no file format holds this dtype");
}

std::string join(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

std::string little_endian(std::uint64_t value, std::size_t byte_count) {
  std::string text;
  for (std::size_t position = 0; position < byte_count; ++position) {
    text += static_cast<char>(value >> (8 * position) & 0xFF);
  }
  return text;
}

void check_zip(int status) {
  if (status != ZIP_OK) throw std::runtime_error("minizip cannot write the archive");
}

std::string pickled_text(std::string_view text) {
  return "X" + little_endian(text.size(), 4) + std::string(text);
}

std::string pickled_integer(std::int64_t value) {
  return "\x8a\x08" + little_endian(static_cast<std::uint64_t>(value), 8);
}

std::string pickled_tuple(const std::vector<std::int64_t>& values) {
  std::string text = "(";
  for (const std::int64_t value : values) text += pickled_integer(value);
  return text + "t";
}

}  // namespace

void write_file(const std::filesystem::path& path, std::string_view content) {
  // Some file systems flush a file that is truncated and written again to the disk.
  std::filesystem::remove(path);
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_zip(const std::filesystem::path& path, const std::vector<TestMember>& members) {
  const zipFile file = zipOpen64(path.c_str(), APPEND_STATUS_CREATE);
  if (file == nullptr) throw std::runtime_error("cannot write " + path.string());
  for (const TestMember& member : members) {
    const zip_fileinfo info = {};
    const bool stored = member.compression == ZipCompression::kStored;
    check_zip(zipOpenNewFileInZip64(file, member.name.c_str(), &info, nullptr, 0, nullptr, 0, nullptr,
                                    stored ? 0 : Z_DEFLATED, Z_DEFAULT_COMPRESSION, 0));
    check_zip(zipWriteInFileInZip(file, member.content.data(), static_cast<unsigned int>(member.content.size())));
    check_zip(zipCloseFileInZip(file));
  }
  check_zip(zipClose(file, nullptr));
}

std::string npy_content(std::string_view header, std::string_view elements) {
  constexpr std::size_t kPreambleBytes = 10;
  constexpr std::size_t kAlignment = 64;
  std::string text(header);
  while ((kPreambleBytes + text.size() + 1) % kAlignment != 0) text += ' ';
  text += '\n';
  return "\x93NUMPY" + little_endian(1, 2) + little_endian(text.size(), 2) + text + std::string(elements);
}

std::string npy_content(const TestArray& array) {
  const std::string shape = join(array.shape) + (array.shape.size() == 1 ? "," : "");
  return npy_content(std::string("{'descr': '") + names_of(array.dtype).numpy +
                         "', 'fortran_order': False, 'shape': (" + shape + "), }",
                     array.bytes);
}

void write_npz(const std::filesystem::path& path, const std::vector<TestArray>& arrays, ZipCompression compression) {
  std::vector<TestMember> members;
  for (const TestArray& array : arrays) members.push_back({array.name + ".npy", npy_content(array), compression});
  write_zip(path, members);
}

std::string safetensors_content(std::string_view header, std::string_view data) {
  return little_endian(header.size(), 8) + std::string(header) + std::string(data);
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TestArray>& arrays) {
  std::string header;
  std::string data;
  for (const TestArray& array : arrays) {
    header += (header.empty() ? "{\"" : ",\"") + array.name + R"(":{"dtype":")" + names_of(array.dtype).safetensors +
              R"(","shape":[)" + join(array.shape) + R"(],"data_offsets":[)" + std::to_string(data.size()) + ",";
    data += array.bytes;
    header += std::to_string(data.size()) + "]}";
  }
  write_file(path, safetensors_content(header.empty() ? "{}" : header + "}", data));
}

std::string pickle_content(const std::vector<TestTensor>& tensors) {
  std::string text = "\x80\x02}(";
  for (const TestTensor& tensor : tensors) {
    text += pickled_text(tensor.name) + "ctorch._utils\n_rebuild_tensor_v2\n((" + pickled_text("storage") + "ctorch\n" +
            tensor.storage_type + "\n" + pickled_text(tensor.storage_key) + pickled_text("cpu") +
            pickled_integer(tensor.storage_items) + "tQ" + pickled_integer(tensor.offset) +
            pickled_tuple(tensor.shape) + pickled_tuple(tensor.strides) + "\x89" + "ccollections\nOrderedDict\n)RtR";
  }
  return text + "u.";
}

void write_pt(const std::filesystem::path& path, const std::vector<TestArray>& arrays) {
  std::vector<TestTensor> tensors;
  std::vector<std::string> storages;
  for (const TestArray& array : arrays) {
    const auto item_count = static_cast<std::int64_t>(array.bytes.size() / item_bytes(array.dtype));
    tensors.push_back({array.name, names_of(array.dtype).torch, std::to_string(storages.size()), item_count, 0,
                       array.shape, row_major_strides(array.shape)});
    storages.push_back(array.bytes);
  }
  write_pt(path, pickle_content(tensors), storages);
}

void write_pt(const std::filesystem::path& path, std::string_view pickle, const std::vector<std::string>& storages) {
  std::vector<TestMember> members = {{"archive/data.pkl", std::string(pickle)}};
  for (std::size_t key = 0; key < storages.size(); ++key) {
    members.push_back({"archive/data/" + std::to_string(key), storages[key]});
  }
  members.push_back({"archive/version", "3\n"});
  write_zip(path, members);
}

}  // namespace modattr
