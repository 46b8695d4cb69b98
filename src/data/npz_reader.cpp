#include "modattr/data/npz_reader.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "modattr/data/array_layout.h"
#include "modattr/data/messages.h"
#include "modattr/data/npy_header.h"
#include "modattr/data/scratch_storage.h"

namespace modattr {
namespace {

constexpr std::string_view kExtension = ".npy";
constexpr std::size_t kReleaseBytes = std::size_t{16} << 20;

void check_content_bytes(const ZipMember& member, std::size_t header_bytes, const NpyHeader& header,
                         std::string_view where) {
  const std::uint64_t data_bytes = member.content_bytes - header_bytes;
  if (header.data_bytes != data_bytes) {
    throw_data_error(where, std::to_string(header.data_bytes) + " bytes for shape " + shape_text(header.shape),
                     std::to_string(data_bytes));
  }
}

void check_header_fits(const ZipMember& member, std::size_t header_bytes, std::string_view where) {
  if (member.content_bytes < header_bytes) {
    throw_data_error(where, "a NumPy array (.npy)", std::to_string(member.content_bytes) + " bytes");
  }
}

/// An array whose elements lie in `array.bytes` in column-major order, copied to row-major order.
Array transposed(Array array, ScratchAllocator& scratch, std::string_view where) {
  const std::vector<std::int64_t> strides = column_major_strides(array.shape);
  const std::shared_ptr<ScratchStorage> storage = scratch.allocate(array.bytes.size(), where);
  gather({array.bytes, item_bytes(array.dtype), array.shape, strides}, storage->writable_bytes(), [&] {
    storage->release_pages();
    array.storage->release_pages();
  });
  array.bytes = storage->bytes();
  array.storage = storage;
  return array;
}

NpyHeader map_stored(const ZipArchive& archive, const ZipMember& member, std::string_view where, Array& array) {
  archive.verify(member);
  const std::span<const std::byte> content = archive.stored_bytes(member);
  check_header_fits(member, kNpyPreambleBytes, where);
  const std::size_t header_bytes = npy_header_bytes(content.first(kNpyPreambleBytes), where);
  check_header_fits(member, header_bytes, where);
  NpyHeader header = parse_npy_header(content.first(header_bytes), where);
  array.storage = archive.file();
  if (!header.unreadable.empty() && !header.text) return header;
  check_content_bytes(member, header_bytes, header, where);
  array.bytes = content.subspan(header_bytes);
  return header;
}

NpyHeader unpack_deflated(const ZipArchive& archive, const ZipMember& member, ScratchAllocator& scratch,
                          std::string_view where, Array& array) {
  ZipInflater reader(archive, member);
  check_header_fits(member, kNpyPreambleBytes, where);
  std::vector<std::byte> header_content(kNpyPreambleBytes);
  reader.read(header_content);
  const std::size_t header_bytes = npy_header_bytes(header_content, where);
  check_header_fits(member, header_bytes, where);
  header_content.resize(header_bytes);
  reader.read(std::span(header_content).subspan(kNpyPreambleBytes));
  NpyHeader header = parse_npy_header(header_content, where);
  if (!header.unreadable.empty() && !header.text) {
    // Damage is found nonetheless.
    std::vector<std::byte> block(kReleaseBytes);
    for (std::uint64_t rest = member.content_bytes - header_bytes; rest > 0;) {
      const std::size_t count = std::min<std::uint64_t>(rest, block.size());
      reader.read(std::span(block).first(count));
      rest -= count;
    }
    reader.finish();
    array.storage = archive.file();
    return header;
  }
  check_content_bytes(member, header_bytes, header, where);

  const std::shared_ptr<ScratchStorage> storage = scratch.allocate(header.data_bytes, where);
  std::span<std::byte> rest = storage->writable_bytes();
  while (!rest.empty()) {
    const std::span<std::byte> block = rest.first(std::min(rest.size(), kReleaseBytes));
    reader.read(block);
    storage->release_pages();
    rest = rest.subspan(block.size());
  }
  reader.finish();
  array.bytes = storage->bytes();
  array.storage = storage;
  return header;
}

}  // namespace

std::vector<Array> read_npz(const ZipArchive& archive) {
  std::vector<Array> arrays;
  ScratchAllocator scratch;
  for (const ZipMember& member : archive.members()) {
    if (!member.name.ends_with(kExtension)) {
      throw_data_error(archive.where(member), "only arrays (.npy) in the archive", "another kind of file");
    }
    Array array;
    array.name = member.name.substr(0, member.name.size() - kExtension.size());
    check_array_name(archive.file()->path().string(), array.name);
    const std::string where = archive.file()->path().string() + ": array " + quoted_text(array.name);
    NpyHeader header = member.compression == ZipCompression::kStored
                           ? map_stored(archive, member, where, array)
                           : unpack_deflated(archive, member, scratch, where, array);
    array.dtype = header.dtype;
    array.shape = std::move(header.shape);
    if (!header.unreadable.empty()) {
      array.unreadable = where + ": " + header.unreadable;
      array.text = header.text;
      arrays.push_back(std::move(array));
      continue;
    }
    const bool needs_transposing = header.order == ElementOrder::kColumnMajor && array.shape.size() > 1;
    arrays.push_back(needs_transposing ? transposed(std::move(array), scratch, where) : std::move(array));
  }
  return arrays;
}

}  // namespace modattr
