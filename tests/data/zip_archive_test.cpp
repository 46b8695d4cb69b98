#include "modattr/data/zip_archive.h"

#include <cstdint>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

std::string little_endian_16(std::size_t value) {
  return {static_cast<char>(value & 0xFF), static_cast<char>(value >> 8 & 0xFF)};
}

std::string little_endian_64(std::size_t value) {
  std::string text;
  for (int position = 0; position < 8; ++position) text += static_cast<char>(value >> (8 * position) & 0xFF);
  return text;
}

/// An archive of one member that keeps all numbers of its directory's entry in a zip64 field, as archives of more than
/// 4 GiB do.
std::string as_zip64(std::string content) {
  const std::size_t entry = content.rfind("PK\x01\x02");
  const auto number_at = [&](std::size_t position) {
    std::uint32_t number = 0;
    std::memcpy(&number, content.data() + entry + position, sizeof number);
    return std::size_t{number};
  };
  const std::string field = little_endian_16(1) + little_endian_16(24) + little_endian_64(number_at(24)) +
                            little_endian_64(number_at(20)) + little_endian_64(number_at(42));
  content.replace(entry + 20, 8, std::string(8, '\xff'));
  content.replace(entry + 42, 4, std::string(4, '\xff'));
  const std::size_t name_bytes = number_at(28) & 0xFFFF;
  content.insert(entry + 46 + name_bytes, field);
  content.replace(entry + 30, 2, little_endian_16(field.size()));
  content.replace(content.rfind("PK\x05\x06") + 12, 2, little_endian_16(46 + name_bytes + field.size()));
  // The local header: both sizes are in its own zip64 field, which no one needs.
  content.replace(18, 8, std::string(8, '\xff'));
  return content;
}

class ZipArchiveTest : public testing::Test {
 protected:
  /// The message of verify_zip without the folder, empty when the archive is sound.
  std::string message_of(std::string_view content) {
    write_file(path_, content);
    try {
      verify_zip(path_);
      return {};
    } catch (const DataError& error) {
      return std::string(error.what()).substr(folder_.path().string().size() + 1);
    }
  }

  std::string content_of(const std::vector<TestMember>& members) {
    write_zip(path_, members);
    return read_file(path_);
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "a.zip";
};

TEST_F(ZipArchiveTest, ListsAndReadsItsMembers) {
  const std::string text(300'000, 'z');
  write_zip(path_, {{"a/stored", "abc"}, {"deflated", text, ZipCompression::kDeflated}, {"empty", ""}});
  ZipArchive archive(MappedFile::open(path_));
  ASSERT_EQ(archive.members().size(), 3U);
  const std::span<const std::byte> stored = archive.stored_bytes(*archive.find("a/stored"));
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(stored.data()), stored.size()), "abc");
  EXPECT_EQ(archive.find("a"), nullptr);

  std::string content(text.size(), ' ');
  ZipInflater reader(archive, archive.members()[1]);
  reader.read(std::as_writable_bytes(std::span(content)).first(7));
  EXPECT_EQ(reader.remaining_bytes(), text.size() - 7);
  reader.read(std::as_writable_bytes(std::span(content)).subspan(7));
  reader.finish();
  EXPECT_EQ(content, text);
  EXPECT_NO_THROW(verify_zip(path_));
}

TEST_F(ZipArchiveTest, ReadsZip64) {
  for (const ZipCompression compression : {ZipCompression::kStored, ZipCompression::kDeflated}) {
    const std::string content = as_zip64(content_of({{"member", "abcabcabcabc", compression}}));
    EXPECT_EQ(message_of(content), "");
    EXPECT_EQ(ZipArchive(MappedFile::open(path_)).members()[0].content_bytes, 12U);
    const std::size_t field = content.find(std::string("\x01\x00\x18\x00", 4)) + 4;
    for (std::size_t position = field; position < field + 24; ++position) {
      for (const char change : {'\x01', '\x7f'}) {
        std::string damaged = content;
        damaged[position] = static_cast<char>(damaged[position] ^ change);
        EXPECT_NE(message_of(damaged), "") << position;
      }
    }
  }
}

TEST_F(ZipArchiveTest, RefusesAStreamThatIsLongerThanItsClaim) {
  std::string content = content_of({{"long", "abcdefgh", ZipCompression::kDeflated}});
  content[content.find("PK\x03\x04") + 22] = 7;
  content[content.find("PK\x01\x02") + 24] = 7;
  EXPECT_EQ(message_of(content), "a.zip: member 'long': expected intact compressed bytes, got damaged ones");
}

TEST_F(ZipArchiveTest, RefusesAnEmptyArchive) {
  EXPECT_NE(message_of(content_of({})), "");
}

TEST_F(ZipArchiveTest, FindsEveryTruncation) {
  const std::string content = content_of({{"a", "abcdef"}, {"b", "bcdefg", ZipCompression::kDeflated}});
  for (std::size_t size = 0; size < content.size(); ++size) {
    EXPECT_NE(message_of(content.substr(0, size)), "") << size;
  }
}

TEST_F(ZipArchiveTest, NamesTheMemberWhoseBytesChanged) {
  for (const ZipCompression compression : {ZipCompression::kStored, ZipCompression::kDeflated}) {
    std::string content = content_of({{"fine", "abc"}, {"broken", "abcdefghijkl", compression}});
    content[content.find("broken") + 7] ^= 1;
    EXPECT_EQ(message_of(content).find("a.zip: member 'broken': expected intact"), 0U) << message_of(content);
  }
}

TEST_F(ZipArchiveTest, RefusesDuplicateNames) {
  EXPECT_EQ(message_of(content_of({{"a", "1"}, {"a", "2"}})),
            "a.zip: expected every member of the archive once, got 'a' twice");
}

TEST_F(ZipArchiveTest, RefusesNamesThatDifferFromTheDirectory) {
  std::string content = content_of({{"name", "1"}});
  content[content.find("name")] = 'N';
  EXPECT_NE(message_of(content), "");
}

TEST_F(ZipArchiveTest, RefusesOverlappingMembers) {
  // The second entry of the directory becomes a copy of the first, under the name that both local headers have.
  const std::string inner = content_of({{"in", "1234"}});
  std::string content = content_of({{"xx", inner}});
  const std::size_t inner_start = content.find("PK\x03\x04", 4);
  const std::size_t inner_directory = content.find("PK\x01\x02");
  const std::size_t directory = content.rfind("PK\x01\x02");
  const std::size_t end = content.rfind("PK\x05\x06");
  std::string entry = content.substr(inner_directory, 46 + 2);
  entry.replace(42, 2, little_endian_16(inner_start));
  content.insert(end, entry);
  const std::size_t new_end = end + entry.size();
  content.replace(new_end + 8, 4, little_endian_16(2) + little_endian_16(2));
  content.replace(new_end + 12, 2, little_endian_16(new_end - directory));
  EXPECT_EQ(message_of(content),
            "a.zip: member 'in': expected members that do not overlap, got one that overlaps 'xx'");
}

TEST_F(ZipArchiveTest, RefusesASizeThatNoDeflationReaches) {
  std::string content = content_of({{"bomb", std::string(1000, 'a'), ZipCompression::kDeflated}});
  // Says 0x7F0003E8 bytes in the local header and in the directory.
  content[content.find("PK\x03\x04") + 25] = 0x7F;
  content[content.find("PK\x01\x02") + 27] = 0x7F;
  EXPECT_NE(message_of(content).find("packed bytes can hold"), std::string::npos) << message_of(content);
}

TEST_F(ZipArchiveTest, RefusesEncryptedMembersAndUnknownMethods) {
  const std::string content = content_of({{"m", "1"}});
  std::string encrypted = content;
  encrypted[content.find("PK\x01\x02") + 8] |= 1;
  EXPECT_NE(message_of(encrypted).find("an encrypted one"), std::string::npos);
  std::string other_method = content;
  other_method[content.find("PK\x01\x02") + 10] = 93;
  EXPECT_NE(message_of(other_method).find("compression method 93"), std::string::npos);
}

TEST_F(ZipArchiveTest, RefusesADirectoryThatHidesOrInventsMembers) {
  const std::string content = content_of({{"a", "1"}, {"b", "2"}});
  for (const std::size_t count : {std::size_t{0}, std::size_t{3}, std::size_t{65535}}) {
    std::string other = content;
    other.replace(content.rfind("PK\x05\x06") + 8, 4, little_endian_16(count) + little_endian_16(count));
    EXPECT_NE(message_of(other), "") << count;
  }
}

}  // namespace
}  // namespace modattr
