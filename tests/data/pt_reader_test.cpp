#include "modattr/data/pt_reader.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr::pt_reader_test {
namespace {

using std::string_literals::operator""s;

const std::filesystem::path kFixtures = std::filesystem::path(__FILE__).parent_path() / "../fixtures/data";
constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

std::vector<Array> read(const std::filesystem::path& path) {
  ZipArchive archive(MappedFile::open(path));
  return read_pt(archive);
}

std::string bytes_of(const Array& array) {
  return {reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()};
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

std::string error_of(const std::filesystem::path& path) {
  const std::size_t folder_size = path.string().size() - path.filename().string().size();
  try {
    for (const Array& array : read(path)) {
      if (!array.unreadable.empty()) return array.unreadable.substr(folder_size);
    }
    return {};
  } catch (const DataError& error) {
    return std::string(error.what()).substr(folder_size);
  }
}

class PtReaderTest : public testing::Test {
 protected:
  /// The message of reading a view on the storage 0 1 2 3 4 5 of floats, empty when nothing is thrown.
  std::string message_of(const TestTensor& tensor) {
    write_pt(path_, pickle_content({tensor}), {storage_});
    return error_of(path_);
  }

  std::vector<Array> read_view(const TestTensor& tensor) {
    write_pt(path_, pickle_content({tensor}), {storage_});
    return read(path_);
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "a.pt";
  std::string storage_ = TestArray::of<float>("", {6}, {0, 1, 2, 3, 4, 5}).bytes;
};

TEST_F(PtReaderTest, ReadsWhatTorchWrites) {
  const std::vector<Array> arrays = read(kFixtures / "torch_dictionary.pt");
  ASSERT_EQ(arrays.size(), 5U);
  EXPECT_EQ(arrays[0].name, "x");
  EXPECT_EQ(arrays[0].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(bytes_of(arrays[0]), storage_);
  EXPECT_EQ(arrays[1].shape, (std::vector<std::int64_t>{3, 2}));
  EXPECT_EQ(bytes_of(arrays[1]), TestArray::of<float>("", {6}, {0, 3, 1, 4, 2, 5}).bytes);
  EXPECT_EQ(arrays[2].dtype, c10::ScalarType::Bool);
  EXPECT_TRUE(arrays[3].shape.empty());
  EXPECT_EQ(arrays[3].dtype, c10::ScalarType::Long);
  EXPECT_EQ(bytes_of(arrays[4]), TestArray::of<float>("", {2}, {1, 1}).bytes);

  EXPECT_EQ(bytes_of(read(kFixtures / "torch_protocol4.pt").at(0)), storage_);
  EXPECT_EQ(read(kFixtures / "torch_state_dictionary.pt").at(1).name, "bias");
}

TEST_F(PtReaderTest, ReadsEveryDtype) {
  const std::vector<TestArray> expected = {TestArray::of<bool>("b", {2}, {true, false}),
                                           TestArray::of<std::uint8_t>("u1", {1}, {1}),
                                           TestArray::of<std::int8_t>("i1", {1}, {-1}),
                                           TestArray::of<std::int16_t>("i2", {1}, {2}),
                                           TestArray::of<std::int32_t>("i4", {1}, {3}),
                                           TestArray::of<std::int64_t>("i8", {1, 1}, {4}),
                                           TestArray::of<c10::Half>("f2", {1}, {c10::Half(1.0F)}),
                                           TestArray::of<c10::BFloat16>("bf", {1}, {c10::BFloat16(1.0F)}),
                                           TestArray::of<float>("f4", {0}, {}),
                                           TestArray::of<double>("f8", {}, {5}),
                                           TestArray::of<c10::complex<float>>("c8", {1}, {{1, 2}}),
                                           TestArray::of<c10::complex<double>>("c16", {1}, {{1, 2}})};
  write_pt(path_, expected);
  const std::vector<Array> arrays = read(path_);
  ASSERT_EQ(arrays.size(), expected.size());
  for (std::size_t number = 0; number < arrays.size(); ++number) {
    EXPECT_EQ(arrays[number].dtype, expected[number].dtype);
    EXPECT_EQ(arrays[number].shape, expected[number].shape);
    EXPECT_EQ(bytes_of(arrays[number]), expected[number].bytes);
  }
}

TEST_F(PtReaderTest, SaysWhatElseItFinds) {
  EXPECT_EQ(error_of(kFixtures / "torch_number.pt")
                .find("torch_number.pt: key 'rate': expected a dense tensor, got a "
                      "floating-point number; save a dictionary of dense tensors"),
            0U);
  EXPECT_NE(error_of(kFixtures / "torch_sparse.pt").find("'torch._utils._rebuild_sparse_tensor'"), std::string::npos);
  EXPECT_NE(error_of(kFixtures / "torch_numpy.pt").find("'numpy.core.multiarray._reconstruct'"), std::string::npos)
      << error_of(kFixtures / "torch_numpy.pt");
  EXPECT_NE(error_of(kFixtures / "torch_tensor.pt").find("expected a dictionary of tensors, got an object made by"),
            std::string::npos);
}

TEST_F(PtReaderTest, ReadsTheTensorsBesideAValueThatIsNone) {
  std::string pickle = pickle_content({{.name = "x", .storage_items = 6, .shape = {6}, .strides = {1}}});
  // A further entry of the dictionary: 'n': 3.
  pickle.insert(pickle.rfind("u."), "X\x01\x00\x00\x00nK\x03"s);
  write_pt(path_, pickle, {storage_});
  const std::vector<Array> arrays = read(path_);
  ASSERT_EQ(arrays.size(), 2U);
  EXPECT_EQ(bytes_of(arrays[0]), storage_);
  EXPECT_NE(arrays[1].unreadable.find("a.pt: key 'n': expected a dense tensor, got "), std::string::npos);
}

TEST_F(PtReaderTest, RefusesATensorWhoseConjugationIsPending) {
  std::string pickle = pickle_content({{.name = "x", .storage_items = 6, .shape = {6}, .strides = {1}}});
  const std::size_t end_of_arguments = pickle.rfind("tRu.");
  for (const bool pending : {false, true}) {
    const std::string metadata =
        "}X\x04\x00\x00\x00"
        "conj"s +
        (pending ? "\x88" : "\x89") + "s";
    write_pt(path_, std::string(pickle).insert(end_of_arguments, metadata), {storage_});
    EXPECT_EQ(error_of(path_).find("resolve_conj") != std::string::npos, pending) << error_of(path_);
  }
}

TEST_F(PtReaderTest, RefusesATorchScriptModel) {
  write_zip(path_, {{"m/data.pkl", "\x80\x02}."}, {"m/code/m.py", "x"}, {"m/constants.pkl", "\x80\x02)."}});
  EXPECT_EQ(error_of(path_).find("a.pt: expected a dictionary of tensors, got a TorchScript model"), 0U);
}

TEST_F(PtReaderTest, ToleratesTheMembersOfNewerVersions) {
  const std::string pickle = pickle_content({{.name = "x", .storage_items = 6, .shape = {6}, .strides = {1}}});
  write_zip(path_, {{"m/data.pkl", pickle},
                    {"m/.format_version", "1"},
                    {"m/.storage_alignment", "64"},
                    {"m/byteorder", "little"},
                    {"m/data/0", storage_},
                    {"m/version", "3\n"},
                    {"m/.data/serialization_id", "1"}});
  EXPECT_EQ(bytes_of(read(path_).at(0)), storage_);
  write_zip(path_, {{"m/data.pkl", pickle}, {"m/byteorder", "big"}, {"m/data/0", storage_}});
  EXPECT_EQ(error_of(path_), "a.pt: expected byte order 'little', got 'big'");
}

TEST_F(PtReaderTest, MapsContiguousViewsAndCopiesOthers) {
  const auto mapped =
      read_view({.name = "x", .storage_items = 6, .offset = 2, .shape = {1, 2, 2}, .strides = {77, 2, 1}});
  EXPECT_EQ(bytes_of(mapped[0]), TestArray::of<float>("", {4}, {2, 3, 4, 5}).bytes);
  EXPECT_NE(dynamic_cast<const MappedFile*>(mapped[0].storage.get()), nullptr);
  const auto copied = read_view({.name = "x", .storage_items = 6, .offset = 1, .shape = {3}, .strides = {2}});
  EXPECT_EQ(bytes_of(copied[0]), TestArray::of<float>("", {3}, {1, 3, 5}).bytes);
  EXPECT_EQ(dynamic_cast<const MappedFile*>(copied[0].storage.get()), nullptr);
  EXPECT_TRUE(
      read_view({.name = "x", .storage_items = 6, .offset = 6, .shape = {0, 3}, .strides = {3, 1}})[0].bytes.empty());
  EXPECT_EQ(read_view({.name = "x", .storage_items = 6, .shape = {1, 6}, .strides = {kHuge, 1}})[0].bytes.size(), 24U);
}

TEST_F(PtReaderTest, RefusesViewsThatLeaveTheirStorage) {
  for (const TestTensor& tensor : std::vector<TestTensor>{
           {.name = "x", .storage_items = 6, .offset = 1, .shape = {6}, .strides = {1}},
           {.name = "x", .storage_items = 6, .shape = {2}, .strides = {6}},
           {.name = "x", .storage_items = 6, .shape = {7}, .strides = {0}},
           {.name = "x", .storage_items = 6, .shape = {3}, .strides = {kHuge}},
           {.name = "x", .storage_items = 6, .offset = kHuge, .shape = {2}, .strides = {1}},
           {.name = "x", .storage_items = 6, .shape = {-1}, .strides = {1}},
           {.name = "x", .storage_items = 6, .offset = -1, .shape = {1}, .strides = {1}},
           {.name = "x", .storage_items = 6, .shape = {2}, .strides = {-1}},
           {.name = "x", .storage_items = 6, .shape = {kHuge, kHuge}, .strides = {0, 0}},
           {.name = "x", .storage_items = 6, .shape = {2}, .strides = {1, 1}},
           {.name = "x", .storage_items = 7, .shape = {2}, .strides = {1}},
           {.name = "x", .storage_items = -6, .shape = {2}, .strides = {1}},
           {.name = "x", .storage_type = "UntypedStorage", .storage_items = 6, .shape = {2}, .strides = {1}},
           {.name = "x", .storage_key = "5", .storage_items = 6, .shape = {2}, .strides = {1}},
           {.name = "", .storage_items = 6, .shape = {2}, .strides = {1}},
           {.name = "\xff", .storage_items = 6, .shape = {2}, .strides = {1}},
           {.name = "x",
           .storage_items = 6,
           .shape = std::vector<std::int64_t>(65, 1),
           .strides = std::vector<std::int64_t>(65, 1)}}) {
    EXPECT_NE(message_of(tensor), "") << tensor.storage_type;
  }
}

TEST_F(PtReaderTest, RefusesManyCopiesOfOneStorage) {
  const TestTensor strided = {.name = "x", .storage_items = 6, .shape = {3, 2}, .strides = {1, 3}};
  std::vector<TestTensor> tensors(200, strided);
  for (std::size_t number = 0; number < tensors.size(); ++number) tensors[number].name += std::to_string(number);
  const std::string storage = TestArray::of<float>("", {6000}, std::vector<float>(6000)).bytes;
  for (TestTensor& tensor : tensors) {
    tensor.storage_items = 6000;
    tensor.shape = {3000, 2};
    tensor.strides = {1, 3000};
  }
  write_pt(path_, pickle_content(tensors), {storage});
  EXPECT_NE(error_of(path_).find("strided tensors no larger than the file"), std::string::npos);
}

TEST_F(PtReaderTest, RefusesOddPickles) {
  for (const std::string& pickle : {"N."s, "}K\x01Ns."s, "}(X\x01\x00\x00\x00xNX\x01\x00\x00\x00xNu."s,
                                    "}X\x01\x00\x00\x00xctorch._utils\n_rebuild_tensor_v2\nNRs."s,
                                    "}X\x01\x00\x00\x00xctorch._utils\n_rebuild_tensor_v2\n(NNNNNNtRs."s,
                                    "}X\x01\x00\x00\x00xctorch._utils\n_rebuild_tensor_v2\n(NQNNNNNtRs."s,
                                    "}X\x01\x00\x00\x00xctorch._utils\n_rebuild_parameter\n)Rs."s,
                                    "}X\x01\x00\x00\x00xcos\nsystem\n)Rs."s, "garbage"s}) {
    write_pt(path_, pickle, {storage_});
    EXPECT_NE(error_of(path_), "") << pickle;
  }
}

TEST_F(PtReaderTest, RefusesCompressedMembersAndDuplicateKeys) {
  const TestTensor tensor = {.name = "x", .storage_items = 6, .shape = {6}, .strides = {1}};
  write_zip(path_, {{"m/data.pkl", pickle_content({tensor})}, {"m/data/0", storage_, ZipCompression::kDeflated}});
  EXPECT_NE(error_of(path_).find("a compressed one"), std::string::npos);
  write_pt(path_, pickle_content({tensor, tensor}), {storage_});
  EXPECT_EQ(error_of(path_), "a.pt: expected every key once, got 'x' twice");
}

TEST_F(PtReaderTest, FindsEveryTruncationAndEveryFlippedBit) {
  const std::string content = read_file(kFixtures / "torch_dictionary.pt");
  const std::string summary = summary_of(read(kFixtures / "torch_dictionary.pt"));
  for (std::size_t size = 0; size < content.size(); ++size) {
    write_file(path_, content.substr(0, size));
    EXPECT_NE(error_of(path_), "") << size;
  }
  for (std::size_t bit = 0; bit < content.size() * 8; ++bit) {
    std::string flipped = content;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    write_file(path_, flipped);
    if (error_of(path_).empty()) {
      EXPECT_EQ(summary_of(read(path_)), summary) << "bit " << bit;
    }
  }
}

}  // namespace
}  // namespace modattr::pt_reader_test
