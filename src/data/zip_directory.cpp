#include "modattr/data/zip_directory.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include <zlib.h>

#include <minizip/unzip.h>

#include "modattr/data/messages.h"

namespace modattr {
namespace {

constexpr std::uint64_t kEncryptedFlag = 1;
constexpr std::uint64_t kIn64Bits = 0xFFFFFFFF;
constexpr std::string_view kDamaged = "a damaged, truncated or empty archive";

/// The mapped bytes as the file that minizip reads.
struct MemoryStream {
  std::span<const std::byte> bytes;
  std::uint64_t position = 0;
};

MemoryStream& as_stream(voidpf stream) {
  return *static_cast<MemoryStream*>(stream);
}

voidpf stream_open(voidpf opaque, const void* /*name*/, int /*mode*/) {
  return opaque;
}

uLong stream_read(voidpf /*opaque*/, voidpf file, void* buffer, uLong size) {
  MemoryStream& stream = as_stream(file);
  const std::uint64_t available = stream.bytes.size() - std::min<std::uint64_t>(stream.position, stream.bytes.size());
  const std::uint64_t byte_count = std::min<std::uint64_t>(size, available);
  if (byte_count > 0) std::memcpy(buffer, stream.bytes.data() + stream.position, byte_count);
  stream.position += byte_count;
  return byte_count;
}

uLong stream_write(voidpf, voidpf, const void*, uLong) {
  return 0;
}

ZPOS64_T stream_tell(voidpf /*opaque*/, voidpf file) {
  return as_stream(file).position;
}

long stream_seek(voidpf /*opaque*/, voidpf file, ZPOS64_T offset, int origin) {
  MemoryStream& stream = as_stream(file);
  const std::uint64_t base = origin == ZLIB_FILEFUNC_SEEK_CUR   ? stream.position
                             : origin == ZLIB_FILEFUNC_SEEK_END ? stream.bytes.size()
                                                                : 0;
  // minizip also seeks backwards: the offset is then negative, converted to unsigned, and the sum wraps around.
  const std::uint64_t position = base + offset;
  if (position > stream.bytes.size()) return -1;
  stream.position = position;
  return 0;
}

int stream_close(voidpf, voidpf) {
  return 0;
}
int stream_error(voidpf, voidpf) {
  return 0;
}

std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t position = bytes.size(); position-- > 0;) {
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[position]);
  }
  return value;
}

/// The content of the zip64 field among a directory entry's extra fields; empty when there is none.
std::span<const std::byte> zip64_field(std::span<const std::byte> extra) {
  constexpr std::size_t kFieldHeaderBytes = 4;
  while (extra.size() >= kFieldHeaderBytes) {
    const std::uint64_t identifier = little_endian(extra.first(2));
    const std::uint64_t field_bytes = little_endian(extra.subspan(2, 2));
    extra = extra.subspan(kFieldHeaderBytes);
    if (field_bytes > extra.size()) break;
    if (identifier == 1) return extra.first(field_bytes);
    extra = extra.subspan(field_bytes);
  }
  return {};
}

/// Takes the next 64-bit number from the front of `field`.
std::optional<std::uint64_t> take_number(std::span<const std::byte>& field) {
  if (field.size() < 8) return std::nullopt;
  const std::uint64_t number = little_endian(field.first(8));
  field = field.subspan(8);
  return number;
}

/// Whether the file ends with an end-of-directory record. minizip does not ask for it in archives that have a zip64
/// one, and so misses that the end of the file is cut off.
bool ends_with_end_record(std::string_view content) {
  constexpr std::size_t kRecordBytes = 22;
  constexpr std::size_t kLongestCommentBytes = 0xFFFF;
  for (std::size_t comment_bytes = 0; comment_bytes <= kLongestCommentBytes; ++comment_bytes) {
    if (content.size() < kRecordBytes + comment_bytes) return false;
    const std::string_view record = content.substr(content.size() - kRecordBytes - comment_bytes, kRecordBytes);
    const std::size_t claimed_bytes =
        static_cast<unsigned char>(record[20]) | static_cast<std::size_t>(static_cast<unsigned char>(record[21])) << 8;
    if (claimed_bytes == comment_bytes && record.starts_with("PK\x05\x06")) return true;
  }
  return false;
}

/// Where a member's bytes begin, and how long the extra fields right before them are.
struct MemberPlace {
  std::uint64_t data_offset = 0;
  std::uint64_t extra_bytes = 0;
};

class DirectoryReader {
 public:
  DirectoryReader(std::span<const std::byte> archive, std::string_view where)
      : archive_(archive), where_(where), stream_{archive} {
    zlib_filefunc64_def functions = {stream_open, stream_read,  stream_write, stream_tell,
                                     stream_seek, stream_close, stream_error, &stream_};
    file_ = unzOpen2_64("", &functions);
  }
  DirectoryReader(const DirectoryReader&) = delete;
  DirectoryReader& operator=(const DirectoryReader&) = delete;
  ~DirectoryReader() {
    if (file_ != nullptr) unzClose(file_);
  }

  std::vector<ZipMember> read() {
    if (file_ == nullptr || !ends_with_end_record({reinterpret_cast<const char*>(archive_.data()), archive_.size()})) {
      fail();
    }
    std::vector<ZipMember> members;
    int status = unzGoToFirstFile(file_);
    for (; status == UNZ_OK; status = unzGoToNextFile(file_)) members.push_back(read_entry());
    unz_global_info64 info = {};
    unzGetGlobalInfo64(file_, &info);
    if (status != UNZ_END_OF_LIST_OF_FILE || info.number_entry != members.size()) fail();
    return members;
  }

 private:
  [[noreturn]] void fail() const { throw_data_error(where_, "a zip archive", kDamaged); }
  [[noreturn]] void fail(const ZipMember& member, std::string_view expected, std::string_view got) const {
    throw_data_error(std::string(where_) + ": member " + quoted_text(member.name), expected, got);
  }

  ZipMember read_entry() {
    unz_file_info64 info = {};
    if (unzGetCurrentFileInfo64(file_, &info, nullptr, 0, nullptr, 0, nullptr, 0) != UNZ_OK) fail();
    ZipMember member;
    member.name.resize(info.size_filename);
    std::vector<std::byte> extra(info.size_file_extra);
    if (unzGetCurrentFileInfo64(file_, &info, member.name.data(), member.name.size(), extra.data(), extra.size(),
                                nullptr, 0) != UNZ_OK) {
      fail();
    }
    if ((info.flag & kEncryptedFlag) != 0) fail(member, "a member without password", "an encrypted one");
    if (info.compression_method != 0 && info.compression_method != Z_DEFLATED) {
      fail(member, "a stored or deflated member", "compression method " + std::to_string(info.compression_method));
    }
    member.compression = info.compression_method == 0 ? ZipCompression::kStored : ZipCompression::kDeflated;
    member.crc32 = static_cast<std::uint32_t>(info.crc);

    // minizip before 1.3 leaves the numbers of a zip64 field unread where a long has 64 bits.
    std::span<const std::byte> numbers = zip64_field(extra);
    member.content_bytes = info.uncompressed_size;
    if (member.content_bytes == kIn64Bits) member.content_bytes = take_number(numbers).value_or(kIn64Bits);
    member.compressed_bytes = info.compressed_size;
    if (member.compressed_bytes == kIn64Bits) member.compressed_bytes = take_number(numbers).value_or(kIn64Bits);
    place(member, find_place(member, take_number(numbers)));
    return member;
  }

  MemberPlace find_place(const ZipMember& member, std::optional<std::uint64_t> zip64_offset) {
    // Opening the member makes minizip compare its local header with the directory.
    if (unzOpenCurrentFile2(file_, nullptr, nullptr, 1) == UNZ_OK) {
      const MemberPlace place = {unzGetCurrentFileZStreamPos64(file_),
                                 static_cast<std::uint64_t>(std::max(unzGetLocalExtrafield(file_, nullptr, 0), 0))};
      unzCloseCurrentFile(file_);
      return place;
    }
    constexpr std::size_t kHeaderBytes = 30;
    if (!zip64_offset || *zip64_offset > archive_.size() || archive_.size() - *zip64_offset < kHeaderBytes) {
      fail(member, "a zip member", kDamaged);
    }
    const std::span<const std::byte> header = archive_.subspan(*zip64_offset, kHeaderBytes);
    const std::uint64_t method = member.compression == ZipCompression::kStored ? 0 : Z_DEFLATED;
    if (little_endian(header.first(4)) != 0x04034b50 || little_endian(header.subspan(8, 2)) != method ||
        little_endian(header.subspan(26, 2)) != member.name.size()) {
      fail(member, "a zip member", kDamaged);
    }
    const std::uint64_t extra_bytes = little_endian(header.subspan(28, 2));
    return {*zip64_offset + kHeaderBytes + member.name.size() + extra_bytes, extra_bytes};
  }

  void place(ZipMember& member, const MemberPlace& place) const {
    const std::uint64_t name_and_extra_bytes = member.name.size() + place.extra_bytes;
    const bool inside = place.data_offset <= archive_.size() && name_and_extra_bytes <= place.data_offset &&
                        member.compressed_bytes <= archive_.size() - place.data_offset;
    // minizip leaves the comparison of the names to its caller.
    if (!inside || std::memcmp(archive_.data() + (place.data_offset - name_and_extra_bytes), member.name.data(),
                               member.name.size()) != 0) {
      fail(member, "a zip member", kDamaged);
    }
    member.data_offset = place.data_offset;
  }

  std::span<const std::byte> archive_;
  std::string_view where_;
  MemoryStream stream_;
  unzFile file_ = nullptr;
};

}  // namespace

std::vector<ZipMember> read_zip_directory(std::span<const std::byte> archive, std::string_view where) {
  return DirectoryReader(archive, where).read();
}

}  // namespace modattr
