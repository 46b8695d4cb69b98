#include "modattr/data/zip_archive.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <zlib.h>

#include "modattr/data/messages.h"
#include "modattr/data/zip_directory.h"

namespace modattr {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::uint64_t kReleaseBytes = std::uint64_t{16} << 20;
constexpr std::uint64_t kLargestExpansion = 1100;

}  // namespace

ZipArchive::ZipArchive(std::shared_ptr<const MappedFile> file)
    : file_(std::move(file)), members_(read_zip_directory(file_->bytes(), file_->path().string())) {
  for (std::size_t number = 0; number < members_.size(); ++number) {
    const ZipMember& member = members_[number];
    if (!numbers_.try_emplace(member.name, number).second) {
      throw_data_error(file_->path().string(), "every member of the archive once", quoted_text(member.name) + " twice");
    }
    check_size(member);
  }
  check_overlaps();
}

void ZipArchive::check_size(const ZipMember& member) const {
  const bool possible = member.compression == ZipCompression::kStored
                            ? member.content_bytes == member.compressed_bytes
                            : member.content_bytes / kLargestExpansion <= member.compressed_bytes;
  if (!possible) {
    throw_data_error(where(member), "a size that " + std::to_string(member.compressed_bytes) + " packed bytes can hold",
                     std::to_string(member.content_bytes) + " bytes");
  }
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

void ZipArchive::verify(const ZipMember& member) const {
  if (member.compression == ZipCompression::kStored) {
    std::span<const std::byte> rest = stored_bytes(member);
    uLong checksum = crc32_z(0, nullptr, 0);
    while (!rest.empty()) {
      const std::span<const std::byte> block = rest.first(std::min<std::size_t>(rest.size(), kReleaseBytes));
      checksum = crc32_z(checksum, reinterpret_cast<const Bytef*>(block.data()), block.size());
      file_->release_pages(block);
      rest = rest.subspan(block.size());
    }
    if (checksum != member.crc32) throw_data_error(where(member), "intact bytes", "a CRC-32 that does not match");
    return;
  }
  ZipInflater inflater(*this, member);
  std::vector<std::byte> block(std::min<std::uint64_t>(kBlockBytes, member.content_bytes));
  while (inflater.remaining_bytes() > 0) {
    inflater.read(std::span(block).first(std::min<std::uint64_t>(block.size(), inflater.remaining_bytes())));
  }
  inflater.finish();
}

std::string ZipArchive::where(const ZipMember& member) const {
  return file_->path().string() + ": member " + quoted_text(member.name);
}

struct ZipInflater::Stream {
  z_stream state = {};
  bool ended = false;
  uLong checksum = crc32_z(0, nullptr, 0);
};

ZipInflater::ZipInflater(const ZipArchive& archive, const ZipMember& member)
    : archive_(archive),
      member_(member),
      compressed_(archive.stored_bytes(member)),
      remaining_bytes_(member.content_bytes),
      stream_(std::make_unique<Stream>()) {
  constexpr int kNoZlibHeader = -MAX_WBITS;
  if (inflateInit2(&stream_->state, kNoZlibHeader) != Z_OK) fail();
}

ZipInflater::~ZipInflater() {
  inflateEnd(&stream_->state);
  archive_.file()->release_pages();
}

void ZipInflater::fail() const {
  throw_data_error(archive_.where(member_), "intact compressed bytes", "damaged ones");
}

std::size_t ZipInflater::inflate_some(std::span<std::byte> destination) {
  z_stream& state = stream_->state;
  state.next_out = reinterpret_cast<Bytef*>(destination.data());
  state.avail_out = static_cast<uInt>(destination.size());
  while (state.avail_out > 0 && !stream_->ended) {
    if (state.avail_in == 0) {
      const std::span<const std::byte> block = compressed_.first(std::min(compressed_.size(), kBlockBytes));
      state.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(block.data()));
      state.avail_in = static_cast<uInt>(block.size());
      compressed_ = compressed_.subspan(block.size());
    }
    const int status = inflate(&state, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) fail();
    stream_->ended = status == Z_STREAM_END;
  }
  return destination.size() - state.avail_out;
}

void ZipInflater::read(std::span<std::byte> destination) {
  while (!destination.empty()) {
    const std::span<std::byte> block = destination.first(std::min(destination.size(), kBlockBytes));
    if (block.size() > remaining_bytes_ || inflate_some(block) != block.size()) fail();
    stream_->checksum = crc32_z(stream_->checksum, reinterpret_cast<const Bytef*>(block.data()), block.size());
    destination = destination.subspan(block.size());
    remaining_bytes_ -= block.size();
    read_since_release_ += block.size();
    if (read_since_release_ >= kReleaseBytes) {
      archive_.file()->release_pages();
      read_since_release_ = 0;
    }
  }
}

void ZipInflater::finish() {
  std::byte beyond{};
  if (inflate_some(std::span(&beyond, 1)) != 0) fail();
  if (stream_->checksum != member_.crc32) {
    throw_data_error(archive_.where(member_), "intact bytes", "a CRC-32 that does not match");
  }
}

void verify_zip(const std::filesystem::path& path) {
  const ZipArchive archive(MappedFile::open(path));
  for (const ZipMember& member : archive.members()) archive.verify(member);
}

}  // namespace modattr
