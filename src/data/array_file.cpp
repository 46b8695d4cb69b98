#include "modattr/data/array_file.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "modattr/data/mapped_file.h"
#include "modattr/data/messages.h"
#include "modattr/data/npz_reader.h"
#include "modattr/data/pt_reader.h"
#include "modattr/data/safetensors_reader.h"
#include "modattr/data/zip_archive.h"

namespace modattr {
namespace {

enum class Format { kNpz, kSafetensors, kPt };

constexpr std::string_view kFormats = "a NumPy archive (.npz), a safetensors file or a torch.save dictionary (.pt)";

std::string_view name_of(Format format) {
  switch (format) {
    case Format::kNpz:
      return "a NumPy archive (.npz)";
    case Format::kSafetensors:
      return "a safetensors file";
    case Format::kPt:
      return "a file of torch.save (.pt)";
  }
  return "a data file";
}

std::optional<Format> format_of_extension(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".npz") return Format::kNpz;
  if (extension == ".safetensors") return Format::kSafetensors;
  if (extension == ".pt" || extension == ".pth") return Format::kPt;
  return std::nullopt;
}

void check_extension(const std::filesystem::path& path, Format format) {
  const std::optional<Format> expected = format_of_extension(path);
  if (expected && *expected != format) {
    throw_data_error(path.string(), std::string(name_of(*expected)) + ", as its extension says", name_of(format),
                     "rename the file");
  }
}

bool starts_with(std::span<const std::byte> bytes, std::string_view magic) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).starts_with(magic);
}

/// Names the well-known formats that people have and modattr does not read.
[[noreturn]] void throw_unknown(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const std::string where = path.string();
  if (bytes.empty()) throw_data_error(where, kFormats, "an empty file");
  if (starts_with(bytes, "\x80\x02\x8a\x0a")) {
    throw_data_error(where, kFormats, "a file of torch.save before torch 1.6",
                     "load it and save it again with a newer torch");
  }
  if (starts_with(bytes, "\x93NUMPY")) {
    throw_data_error(where, kFormats, "a single NumPy array (.npy)", "save it with numpy.savez(path, name=array)");
  }
  if (starts_with(bytes, "\x89HDF")) throw_data_error(where, kFormats, "an HDF5 file");
  if (starts_with(bytes, "\x80"))
    throw_data_error(where, kFormats, "a pickle", "pickles can run code and are not read");
  throw_data_error(where, kFormats, "something else");
}

}  // namespace

std::vector<Array> open_array_file(const std::filesystem::path& path) {
  const std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  const std::span<const std::byte> bytes = file->bytes();
  if (starts_with(bytes, "PK\x03\x04") || starts_with(bytes, "PK\x05\x06")) {
    ZipArchive archive(file);
    const Format format = is_pt(archive) ? Format::kPt : Format::kNpz;
    check_extension(path, format);
    return format == Format::kPt ? read_pt(archive) : read_npz(archive);
  }
  constexpr std::size_t kSafetensorsHeaderStart = 8;
  const std::optional<Format> expected = format_of_extension(path);
  const bool looks_like_safetensors =
      bytes.size() > kSafetensorsHeaderStart && bytes[kSafetensorsHeaderStart] == std::byte{'{'};
  if (!bytes.empty() && (expected == Format::kSafetensors || (!expected && looks_like_safetensors))) {
    return read_safetensors(file);
  }
  throw_unknown(path, bytes);
}

}  // namespace modattr
