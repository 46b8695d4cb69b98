#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <c10/core/ScalarType.h>

#include "modattr/data/zip_archive.h"

namespace modattr {

/// A named array that a test writes to a file.
struct TestArray {
  std::string name;
  c10::ScalarType dtype = c10::ScalarType::Float;
  std::vector<std::int64_t> shape;
  /// The elements in row-major order.
  std::string bytes;

  /// `TestArray::of<float>("x", {2, 3}, {1, 2, 3, 4, 5, 6})`.
  template <typename Value>
  static TestArray of(std::string name, std::vector<std::int64_t> shape, const std::vector<Value>& values) {
    TestArray array = {std::move(name), c10::CppTypeToScalarType<Value>::value, std::move(shape), {}};
    for (std::size_t position = 0; position < values.size(); ++position) {
      const Value value = values[position];
      array.bytes.append(reinterpret_cast<const char*>(&value), sizeof(Value));
    }
    return array;
  }
};

/// A file inside a zip archive that a test writes.
struct TestMember {
  std::string name;
  std::string content;
  ZipCompression compression = ZipCompression::kStored;
};

/// Writes `content` to a new file at `path`.
void write_file(const std::filesystem::path& path, std::string_view content);
/// The whole content of a file.
std::string read_file(const std::filesystem::path& path);

/// Writes any members, also those that no reader accepts.
void write_zip(const std::filesystem::path& path, const std::vector<TestMember>& members);

/// A .npy file of version 1.0 with this dictionary as its header.
std::string npy_content(std::string_view header, std::string_view elements);
/// The array as a .npy file.
std::string npy_content(const TestArray& array);
/// Writes a NumPy archive.
void write_npz(const std::filesystem::path& path, const std::vector<TestArray>& arrays,
               ZipCompression compression = ZipCompression::kStored);

/// A safetensors file with this header.
std::string safetensors_content(std::string_view header, std::string_view data);
/// Writes a safetensors file.
void write_safetensors(const std::filesystem::path& path, const std::vector<TestArray>& arrays);

/// A tensor in a pickle of torch.save: a storage and a view on it.
struct TestTensor {
  std::string name;
  std::string storage_type = "FloatStorage";
  std::string storage_key = "0";
  std::int64_t storage_items = 0;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
};

/// The data.pkl of a dictionary of tensors.
std::string pickle_content(const std::vector<TestTensor>& tensors);
/// Writes a dictionary of tensors as torch.save does.
void write_pt(const std::filesystem::path& path, const std::vector<TestArray>& arrays);
/// Writes an archive of torch.save with this data.pkl and these storages, in the order of their keys 0, 1, ...
void write_pt(const std::filesystem::path& path, std::string_view pickle, const std::vector<std::string>& storages);

}  // namespace modattr
