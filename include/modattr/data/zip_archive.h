#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "modattr/data/mapped_file.h"

namespace modattr {

/// How a member's bytes lie in the archive.
enum class ZipCompression { kStored, kDeflated };

/// One file inside a zip archive; its bytes lie inside the archive's file and overlap no other member's.
struct ZipMember {
  std::string name;
  ZipCompression compression = ZipCompression::kStored;
  std::uint64_t compressed_bytes = 0;
  /// As the directory claims; at most 1,100 times compressed_bytes, the most that deflate can do.
  std::uint64_t content_bytes = 0;
  std::uint32_t crc32 = 0;
  /// Where the member's bytes begin in the archive's file.
  std::uint64_t data_offset = 0;
};

/// A zip archive on a mapped file, zip64 included; minizip reads its directory. Encrypted members, methods other than
/// deflate, overlapping members and duplicate names are refused with a DataError.
class ZipArchive {
 public:
  explicit ZipArchive(std::shared_ptr<const MappedFile> file);

  /// In the order of the archive's directory.
  const std::vector<ZipMember>& members() const noexcept { return members_; }
  /// The member called `name`, nullptr when there is none.
  const ZipMember* find(std::string_view name) const;
  const std::shared_ptr<const MappedFile>& file() const noexcept { return file_; }
  /// The content of a stored member, inside the mapped file; its checksum is verify's business.
  std::span<const std::byte> stored_bytes(const ZipMember& member) const noexcept;
  /// Reads the member once, block by block; DataError when its size or its CRC-32 is not what the directory says.
  void verify(const ZipMember& member) const;
  /// `<path>: member '<name>'`, for messages.
  std::string where(const ZipMember& member) const;

 private:
  void check_size(const ZipMember& member) const;
  void check_overlaps() const;

  std::shared_ptr<const MappedFile> file_;
  std::vector<ZipMember> members_;
  std::unordered_map<std::string, std::size_t> numbers_;
};

/// Reads the content of one deflated member from its beginning to its end, with zlib.
class ZipInflater {
 public:
  /// `archive` and `member` must outlive the reader.
  ZipInflater(const ZipArchive& archive, const ZipMember& member);
  ZipInflater(const ZipInflater&) = delete;
  ZipInflater& operator=(const ZipInflater&) = delete;
  ~ZipInflater();

  /// Fills `destination`; DataError when the member ends before.
  void read(std::span<std::byte> destination);
  /// Bytes that the directory claims and read has not returned yet.
  std::uint64_t remaining_bytes() const noexcept { return remaining_bytes_; }
  /// Call when remaining_bytes() is 0; DataError when there is more, or the CRC-32 differs.
  void finish();

 private:
  struct Stream;

  [[noreturn]] void fail() const;
  /// Inflates up to `destination.size()` bytes and returns how many.
  std::size_t inflate_some(std::span<std::byte> destination);

  const ZipArchive& archive_;
  const ZipMember& member_;
  std::span<const std::byte> compressed_;
  std::uint64_t remaining_bytes_;
  std::uint64_t read_since_release_ = 0;
  std::unique_ptr<Stream> stream_;
};

/// Checks every member of the archive: size, expansion, CRC-32; DataError naming the file and the member.
void verify_zip(const std::filesystem::path& path);

}  // namespace modattr
