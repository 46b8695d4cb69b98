#include "modattr/data/npz_reader.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr::npz_reader_test {
namespace {

const std::filesystem::path kFixtures = std::filesystem::path(__FILE__).parent_path() / "../fixtures/data";

std::vector<Array> read(const std::filesystem::path& path) {
  ZipArchive archive(MappedFile::open(path));
  return read_npz(archive);
}

std::string bytes_of(const Array& array) {
  return {reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()};
}

void expect_equal(const std::vector<Array>& arrays, const std::vector<TestArray>& expected) {
  ASSERT_EQ(arrays.size(), expected.size());
  for (std::size_t number = 0; number < arrays.size(); ++number) {
    EXPECT_EQ(arrays[number].name, expected[number].name);
    EXPECT_EQ(arrays[number].dtype, expected[number].dtype);
    EXPECT_EQ(arrays[number].shape, expected[number].shape);
    EXPECT_EQ(bytes_of(arrays[number]), expected[number].bytes);
    ASSERT_NE(arrays[number].storage, nullptr);
    arrays[number].storage->release_pages();
    EXPECT_EQ(bytes_of(arrays[number]), expected[number].bytes);
  }
}

std::vector<TestArray> examples() {
  return {TestArray::of<float>("image", {2, 1, 2}, {1.5F, -2, 3, 4}),
          TestArray::of<std::int64_t>("label", {2}, {7, -1}),
          TestArray::of<bool>("mask/größe", {3}, {true, false, true}),
          TestArray::of<std::uint8_t>("empty", {0, 3}, {}),
          TestArray::of<double>("scalar", {}, {0.25}),
          TestArray::of<std::int8_t>("i1", {1}, {-3}),
          TestArray::of<std::int16_t>("i2", {1}, {-300}),
          TestArray::of<std::int32_t>("i4", {1}, {-70'000}),
          TestArray::of<c10::Half>("f2", {2}, {c10::Half(0.5F), c10::Half(2.0F)}),
          TestArray::of<c10::complex<float>>("c8", {1}, {{1, 2}}),
          TestArray::of<c10::complex<double>>("c16", {1}, {{1, 2}})};
}

/// Every array of an archive in one text.
std::string summary_of(const std::vector<Array>& arrays) {
  std::string text;
  for (const Array& array : arrays) {
    text += array.name + ":" + std::to_string(static_cast<int>(array.dtype));
    for (const std::int64_t dimension : array.shape) text += "," + std::to_string(dimension);
    text += ":" + bytes_of(array) + ";";
  }
  return text;
}

class NpzReaderTest : public testing::Test {
 protected:
  /// The message of reading one member without the folder, empty when nothing is thrown.
  std::string message_of(const std::string& content, const std::string& name = "x.npy",
                         ZipCompression compression = ZipCompression::kStored) {
    write_zip(path_, {{name, content, compression}});
    return message();
  }

  std::string message() {
    try {
      const std::vector<Array> arrays = read(path_);
      const auto bad = std::ranges::find_if(arrays, [](const Array& array) { return !array.unreadable.empty(); });
      return bad == arrays.end() ? "" : bad->unreadable.substr(folder_.path().string().size() + 1);
    } catch (const DataError& error) {
      return std::string(error.what()).substr(folder_.path().string().size() + 1);
    }
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "a.npz";
};

TEST_F(NpzReaderTest, ReadsEveryDtypeStoredAndDeflated) {
  for (const ZipCompression compression : {ZipCompression::kStored, ZipCompression::kDeflated}) {
    write_npz(path_, examples(), compression);
    expect_equal(read(path_), examples());
  }
}

TEST_F(NpzReaderTest, ReadsWhatNumpyWrites) {
  const std::vector<TestArray> expected = {
      TestArray::of<float>("x", {2, 3}, {0, 1, 2, 3, 4, 5}), TestArray::of<float>("y", {3, 2}, {0, 3, 1, 4, 2, 5}),
      TestArray::of<bool>("b", {2}, {true, false}), TestArray::of<std::int64_t>("scalar", {}, {7})};
  expect_equal(read(kFixtures / "numpy_stored.npz"), expected);
  expect_equal(read(kFixtures / "numpy_deflated.npz"), expected);
}

TEST_F(NpzReaderTest, NeverReadsObjects) {
  const std::vector<Array> arrays = read(kFixtures / "numpy_objects.npz");
  ASSERT_FALSE(arrays.empty());
  EXPECT_TRUE(arrays.front().bytes.empty());
  EXPECT_NE(arrays.front().unreadable.find("never read"), std::string::npos);
}

TEST_F(NpzReaderTest, MapsStoredArraysAndUnpacksLargeOnesToAFile) {
  const std::vector<float> values(20'000'000, 1.0F);
  write_npz(path_, {TestArray::of<float>("big", {20'000'000}, values)}, ZipCompression::kDeflated);
  const std::vector<Array> arrays = read(path_);
  EXPECT_EQ(arrays[0].bytes.size(), 80'000'000U);
  EXPECT_EQ(bytes_of(arrays[0]).substr(79'999'996), TestArray::of<float>("", {1}, {1.0F}).bytes);

  write_npz(path_, {TestArray::of<float>("small", {1}, {1.0F})});
  EXPECT_NE(dynamic_cast<const MappedFile*>(read(path_)[0].storage.get()), nullptr);
}

TEST_F(NpzReaderTest, FindsEveryTruncationAndEveryFlippedBit) {
  for (const ZipCompression compression : {ZipCompression::kStored, ZipCompression::kDeflated}) {
    write_npz(path_, {TestArray::of<float>("x", {2, 2}, {1, 2, 3, 4}), TestArray::of<std::uint8_t>("y", {1}, {9})},
              compression);
    const std::string content = read_file(path_);
    const std::string summary = summary_of(read(path_));
    for (std::size_t size = 0; size < content.size(); ++size) {
      write_file(path_, content.substr(0, size));
      EXPECT_NE(message(), "") << size;
    }
    for (std::size_t bit = 0; bit < content.size() * 8; ++bit) {
      std::string flipped = content;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      write_file(path_, flipped);
      if (message().empty()) {
        EXPECT_EQ(summary_of(read(path_)), summary) << "bit " << bit;
      }
    }
  }
}

TEST_F(NpzReaderTest, NamesTheArrayAndItsDtype) {
  const std::string content = npy_content("{'descr': '<u4', 'fortran_order': False, 'shape': (1,), }", "abcd");
  EXPECT_EQ(message_of(content),
            "a.npz: array 'x': expected a dtype that libtorch has, got dtype '<u4'; save array.astype(np.int64)");
}

TEST_F(NpzReaderTest, ReadsTheArraysBesideOneThatItCannotRead) {
  const std::string text =
      npy_content("{'descr': '<U1', 'fortran_order': False, 'shape': (2,), }", std::string("a\0\0\0b\0\0\0", 8));
  const TestArray array = TestArray::of<float>("x", {1}, {1});
  for (const ZipCompression compression : {ZipCompression::kStored, ZipCompression::kDeflated}) {
    write_zip(path_, {{"name.npy", text, compression}, {"x.npy", npy_content(array), compression}});
    const std::vector<Array> arrays = read(path_);
    ASSERT_EQ(arrays.size(), 2U);
    EXPECT_NE(arrays[0].unreadable.find("a.npz: array 'name': expected a dtype"), std::string::npos);
    EXPECT_EQ(bytes_of(arrays[1]), array.bytes);
    EXPECT_EQ(arrays[1].unreadable, "");
  }
}

TEST_F(NpzReaderTest, RefusesArraysThatAreShorterOrLongerThanTheirShape) {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  for (const ZipCompression compression : {ZipCompression::kStored, ZipCompression::kDeflated}) {
    EXPECT_EQ(message_of(npy_content(header, "1234567"), "x.npy", compression),
              "a.npz: array 'x': expected 8 bytes for shape [2], got 7");
    EXPECT_EQ(message_of(npy_content(header, "123456789"), "x.npy", compression),
              "a.npz: array 'x': expected 8 bytes for shape [2], got 9");
    EXPECT_NE(message_of("\x93NUMPY", "x.npy", compression), "");
    EXPECT_NE(message_of("", "x.npy", compression), "");
    EXPECT_NE(message_of(npy_content(header, "").substr(0, 60), "x.npy", compression), "");
  }
}

TEST_F(NpzReaderTest, DoesNotUnpackABombBeforeItHasReadTheHeader) {
  const std::string small = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  const std::string large = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }";
  const std::string zeros(50'000'000, '\0');
  EXPECT_NE(message_of(npy_content(small, zeros), "x.npy", ZipCompression::kDeflated), "");
  EXPECT_NE(message_of(npy_content(large, zeros), "x.npy", ZipCompression::kDeflated), "");
}

TEST_F(NpzReaderTest, RefusesMembersThatAreNoArrays) {
  EXPECT_EQ(message_of("hello", "readme.txt"),
            "a.npz: member 'readme.txt': expected only arrays (.npy) in the archive, got another kind of file");
  EXPECT_EQ(message_of("hello"), "a.npz: array 'x': expected a NumPy array (.npy), got 5 bytes");
  EXPECT_NE(message_of(npy_content(TestArray::of<float>("", {1}, {1})), ".npy"), "");
  EXPECT_NE(message_of(npy_content(TestArray::of<float>("", {1}, {1})), "\xff.npy"), "");
  EXPECT_NE(message_of(npy_content(TestArray::of<float>("", {1}, {1})), "a\nb.npy"), "");
}

TEST_F(NpzReaderTest, RefusesDuplicateArrays) {
  const TestArray array = TestArray::of<float>("x", {1}, {1});
  write_npz(path_, {array, array});
  EXPECT_EQ(message(), "a.npz: expected every member of the archive once, got 'x.npy' twice");
}

}  // namespace
}  // namespace modattr::npz_reader_test
