#include "modattr/data/zip_archive.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include <zlib.h>

#include <minizip/unzip.h>

#include "modattr/data/messages.h"

namespace modattr {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::uint64_t kReleaseBytes = std::uint64_t{16} << 20;
constexpr std::uint64_t kLargestExpansion = 1100;
constexpr std::uint64_t kEncryptedFlag = 1;
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
  if (offset > stream.bytes.size() - base) return -1;
  stream.position = base + offset;
  return 0;
}

int stream_close(voidpf, voidpf) {
  return 0;
}
int stream_error(voidpf, voidpf) {
  return 0;
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

}  // namespace

struct ZipArchive::Handle {
  MemoryStream stream;
  unzFile file = nullptr;

  explicit Handle(std::span<const std::byte> bytes) : stream{bytes} {
    zlib_filefunc64_def functions = {stream_open, stream_read,  stream_write, stream_tell,
                                     stream_seek, stream_close, stream_error, &stream};
    file = unzOpen2_64("", &functions);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (file != nullptr) unzClose(file);
  }
};

ZipArchive::ZipArchive(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {
  const std::span<const std::byte> bytes = file_->bytes();
  handle_ = std::make_unique<Handle>(bytes);
  const bool complete = ends_with_end_record({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (handle_->file == nullptr || !complete) throw_data_error(file_->path().string(), "a zip archive", kDamaged);
  read_directory();
  check_overlaps();
}

ZipArchive::~ZipArchive() = default;

void ZipArchive::read_directory() {
  int status = unzGoToFirstFile(handle_->file);
  for (; status == UNZ_OK; status = unzGoToNextFile(handle_->file)) {
    ZipMember member = read_directory_entry();
    if (!numbers_.try_emplace(member.name, members_.size()).second) {
      throw_data_error(file_->path().string(), "every member of the archive once", quoted_text(member.name) + " twice");
    }
    members_.push_back(std::move(member));
  }
  unz_global_info64 info = {};
  const bool complete = unzGetGlobalInfo64(handle_->file, &info) == UNZ_OK && info.number_entry == members_.size();
  // minizip reports the first member of an empty archive as damaged.
  if ((status != UNZ_END_OF_LIST_OF_FILE && !members_.empty()) || !complete) {
    throw_data_error(file_->path().string(), "a zip archive", kDamaged);
  }
}

ZipMember ZipArchive::read_directory_entry() {
  const unzFile file = handle_->file;
  const std::string path = file_->path().string();
  unz_file_info64 info = {};
  ZipMember member;
  bool readable = unzGetCurrentFileInfo64(file, &info, nullptr, 0, nullptr, 0, nullptr, 0) == UNZ_OK;
  if (readable) {
    member.name.resize(info.size_filename);
    readable =
        unzGetCurrentFileInfo64(file, &info, member.name.data(), info.size_filename, nullptr, 0, nullptr, 0) == UNZ_OK;
  }
  if (!readable) throw_data_error(path, "a zip archive", kDamaged);
  if ((info.flag & kEncryptedFlag) != 0)
    throw_data_error(where(member), "a member without password", "an encrypted one");
  if (info.compression_method != 0 && info.compression_method != Z_DEFLATED) {
    throw_data_error(where(member), "a stored or deflated member",
                     "compression method " + std::to_string(info.compression_method));
  }
  member.compression = info.compression_method == 0 ? ZipCompression::kStored : ZipCompression::kDeflated;
  member.compressed_bytes = info.compressed_size;
  member.content_bytes = info.uncompressed_size;
  member.crc32 = static_cast<std::uint32_t>(info.crc);
  unz64_file_pos position = {};
  unzGetFilePos64(file, &position);
  member.directory_offset = position.pos_in_zip_directory;
  member.number = position.num_of_file;

  // Opening the member makes minizip compare its local header with the directory; the name it leaves to its caller.
  if (unzOpenCurrentFile2(file, nullptr, nullptr, 1) != UNZ_OK)
    throw_data_error(where(member), "a zip member", kDamaged);
  member.data_offset = unzGetCurrentFileZStreamPos64(file);
  const int extra_bytes = unzGetLocalExtrafield(file, nullptr, 0);
  unzCloseCurrentFile(file);
  const std::span<const std::byte> bytes = file_->bytes();
  const std::uint64_t name_and_extra_bytes = member.name.size() + static_cast<std::uint64_t>(std::max(extra_bytes, 0));
  const bool inside = extra_bytes >= 0 && member.data_offset <= bytes.size() &&
                      member.compressed_bytes <= bytes.size() - member.data_offset &&
                      name_and_extra_bytes <= member.data_offset;
  if (!inside || std::memcmp(bytes.data() + (member.data_offset - name_and_extra_bytes), member.name.data(),
                             member.name.size()) != 0) {
    throw_data_error(where(member), "a zip member", kDamaged);
  }
  const bool size_possible = member.compression == ZipCompression::kStored
                                 ? member.content_bytes == member.compressed_bytes
                                 : member.content_bytes / kLargestExpansion <= member.compressed_bytes;
  if (!size_possible) {
    throw_data_error(where(member), "a size that " + std::to_string(member.compressed_bytes) + " packed bytes can hold",
                     std::to_string(member.content_bytes) + " bytes");
  }
  return member;
}

void ZipArchive::check_overlaps() const {
  std::vector<std::size_t> order(members_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
    return members_[left].data_offset < members_[right].data_offset;
  });
  for (std::size_t position = 1; position < order.size(); ++position) {
    const ZipMember& previous = members_[order[position - 1]];
    const ZipMember& member = members_[order[position]];
    // Between two members lies at least the later one's name.
    if (previous.data_offset + previous.compressed_bytes + member.name.size() > member.data_offset) {
      throw_data_error(where(member), "members that do not overlap", "one that overlaps " + quoted_text(previous.name));
    }
  }
}

const ZipMember* ZipArchive::find(std::string_view name) const {
  const auto found = numbers_.find(std::string(name));
  return found == numbers_.end() ? nullptr : &members_[found->second];
}

std::span<const std::byte> ZipArchive::stored_bytes(const ZipMember& member) const noexcept {
  return file_->bytes().subspan(member.data_offset, member.compressed_bytes);
}

void ZipArchive::verify(const ZipMember& member) {
  if (member.compression == ZipCompression::kStored) {
    std::span<const std::byte> rest = stored_bytes(member);
    uLong checksum = crc32(0, nullptr, 0);
    while (!rest.empty()) {
      const std::span<const std::byte> block = rest.first(std::min<std::size_t>(rest.size(), kReleaseBytes));
      checksum = crc32_z(checksum, reinterpret_cast<const Bytef*>(block.data()), block.size());
      file_->release_pages(block);
      rest = rest.subspan(block.size());
    }
    if (checksum != member.crc32) throw_data_error(where(member), "intact bytes", "a CRC-32 that does not match");
    return;
  }
  ZipMemberReader reader(*this, member);
  std::vector<std::byte> block(std::min<std::uint64_t>(kBlockBytes, member.content_bytes));
  while (reader.remaining_bytes() > 0) {
    reader.read(std::span(block).first(std::min<std::uint64_t>(block.size(), reader.remaining_bytes())));
  }
  reader.finish();
}

std::string ZipArchive::where(const ZipMember& member) const {
  return file_->path().string() + ": member " + quoted_text(member.name);
}

ZipMemberReader::ZipMemberReader(ZipArchive& archive, const ZipMember& member)
    : archive_(archive), member_(member), remaining_bytes_(member.content_bytes) {
  const unz64_file_pos position = {member.directory_offset, member.number};
  const unzFile file = archive_.handle_->file;
  if (unzGoToFilePos64(file, &position) != UNZ_OK || unzOpenCurrentFile(file) != UNZ_OK) {
    throw_data_error(archive_.where(member_), "a zip member", kDamaged);
  }
}

ZipMemberReader::~ZipMemberReader() {
  unzCloseCurrentFile(archive_.handle_->file);
  archive_.file_->release_pages();
}

void ZipMemberReader::read(std::span<std::byte> destination) {
  while (!destination.empty()) {
    const std::span<std::byte> block = destination.first(std::min(destination.size(), kBlockBytes));
    const int byte_count =
        unzReadCurrentFile(archive_.handle_->file, block.data(), static_cast<unsigned int>(block.size()));
    if (byte_count <= 0) throw_data_error(archive_.where(member_), "intact compressed bytes", "damaged ones");
    destination = destination.subspan(static_cast<std::size_t>(byte_count));
    remaining_bytes_ -= static_cast<std::uint64_t>(byte_count);
  }
}

void ZipMemberReader::finish() {
  if (unzCloseCurrentFile(archive_.handle_->file) != UNZ_OK) {
    throw_data_error(archive_.where(member_), "intact bytes", "a CRC-32 that does not match");
  }
}

void verify_zip(const std::filesystem::path& path) {
  ZipArchive archive(MappedFile::open(path));
  for (const ZipMember& member : archive.members()) archive.verify(member);
}

}  // namespace modattr
