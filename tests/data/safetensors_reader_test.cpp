#include "modattr/data/safetensors_reader.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

std::string bytes_of(const Array& array) {
  return {reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()};
}

class SafetensorsReaderTest : public testing::Test {
 protected:
  std::vector<Array> read(std::string_view content) {
    write_file(path_, content);
    return read_safetensors(MappedFile::open(path_));
  }

  /// The message without the folder, empty when nothing is thrown.
  std::string message_of(std::string_view content) {
    try {
      for (const Array& array : read(content)) {
        if (!array.unreadable.empty()) return array.unreadable.substr(folder_.path().string().size() + 1);
      }
      return {};
    } catch (const DataError& error) {
      return std::string(error.what()).substr(folder_.path().string().size() + 1);
    }
  }

  std::string message_of(std::string_view header, std::string_view data) {
    return message_of(safetensors_content(header, data));
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "a.safetensors";
};

TEST_F(SafetensorsReaderTest, ReadsEveryDtypeInPlace) {
  const std::vector<TestArray> expected = {TestArray::of<double>("f64", {1}, {1.5}),
                                           TestArray::of<std::int64_t>("i64", {2}, {1, -2}),
                                           TestArray::of<float>("f32", {1, 2}, {1, 2}),
                                           TestArray::of<std::int32_t>("i32", {}, {5}),
                                           TestArray::of<std::int16_t>("i16", {1}, {-6}),
                                           TestArray::of<c10::Half>("f16", {1}, {c10::Half(1.0F)}),
                                           TestArray::of<c10::BFloat16>("bf16", {1}, {c10::BFloat16(1.0F)}),
                                           TestArray::of<std::int8_t>("größe", {1}, {-7}),
                                           TestArray::of<std::uint8_t>("u8", {0}, {}),
                                           TestArray::of<bool>("bool", {2}, {true, false})};
  write_safetensors(path_, expected);
  const std::vector<Array> arrays = read_safetensors(MappedFile::open(path_));
  ASSERT_EQ(arrays.size(), expected.size());
  for (std::size_t number = 0; number < arrays.size(); ++number) {
    EXPECT_EQ(arrays[number].dtype, expected[number].dtype);
    EXPECT_EQ(arrays[number].shape, expected[number].shape);
    EXPECT_EQ(bytes_of(arrays[number]), expected[number].bytes);
    EXPECT_EQ(arrays[number].name, expected[number].name);
  }
}

TEST_F(SafetensorsReaderTest, IgnoresMetadataAndPadding) {
  const std::vector<Array> arrays =
      read(safetensors_content(R"({"__metadata__":{"format":"pt"},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},)"
                               R"("a":{"data_offsets":[0,1],"shape":[1],"dtype":"U8"}}    )",
                               "xy"));
  ASSERT_EQ(arrays.size(), 2U);
  EXPECT_EQ(arrays[0].name, "a");
  EXPECT_EQ(bytes_of(arrays[1]), "y");
  EXPECT_TRUE(read(safetensors_content("{}", "")).empty());
}

TEST_F(SafetensorsReaderTest, NeverReadsOutsideAChangedFile) {
  write_safetensors(path_, {TestArray::of<float>("x", {2, 2}, {1, 2, 3, 4}), TestArray::of<bool>("y", {1}, {true})});
  const std::string content = read_file(path_);
  for (std::size_t size = 0; size < content.size(); ++size) EXPECT_NE(message_of(content.substr(0, size)), "") << size;
  for (std::size_t bit = 0; bit < content.size() * 8; ++bit) {
    std::string flipped = content;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    if (!message_of(flipped).empty()) continue;
    std::size_t byte_count = 0;
    for (const Array& array : read(flipped)) byte_count += bytes_of(array).size();
    EXPECT_EQ(byte_count, 17U);
  }
}

TEST_F(SafetensorsReaderTest, RefusesImpossibleHeaderLengths) {
  EXPECT_NE(message_of(std::string(7, '\0')), "");
  EXPECT_NE(message_of(std::string(8, '\0')), "");
  EXPECT_NE(message_of(std::string(8, '\xff') + "{}").find("at most 2 bytes, got 18446744073709551615"),
            std::string::npos);
  EXPECT_NE(message_of(std::string("\x03\0\0\0\0\0\0\0{}", 10)), "");
}

TEST_F(SafetensorsReaderTest, RefusesOverlapsHolesAndLeftovers) {
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + first +
           R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + second + "}}";
  };
  EXPECT_EQ(message_of(two("[0,2]", "[2,4]"), "1234"), "");
  EXPECT_EQ(message_of(two("[0,2]", "[1,3]"), "123"),
            "a.safetensors: array 'b': expected arrays one after the other, got one that overlaps another");
  EXPECT_NE(message_of(two("[0,2]", "[0,2]"), "12").find("overlaps"), std::string::npos);
  EXPECT_NE(message_of(two("[0,2]", "[3,5]"), "12345").find("a hole before it"), std::string::npos);
  EXPECT_NE(message_of(two("[1,3]", "[3,5]"), "12345").find("a hole before it"), std::string::npos);
  EXPECT_NE(message_of(two("[0,2]", "[2,4]"), "12345").find("bytes after the last"), std::string::npos);
  EXPECT_NE(message_of(two("[0,2]", "[2,4]"), "123").find("may be truncated"), std::string::npos);
  EXPECT_NE(message_of(two("[2,0]", "[2,4]"), "1234"), "");
}

TEST_F(SafetensorsReaderTest, RefusesShapesThatDoNotFit) {
  const auto with = [&](const std::string& shape) {
    return message_of(R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,8]}})", "12345678");
  };
  EXPECT_EQ(with("[2]"), "");
  EXPECT_EQ(with("[3]"), "a.safetensors: array 'a': expected 12 bytes for shape [3], got 8");
  for (const char* const shape : {"[-2]", "[2.0]", "[4611686018427387906]", "[18446744073709551615]",
                                  "[0,9223372036854775807]", "[\"2\"]", "2", "[[2]]", "null", "{}", "[2,true]"}) {
    EXPECT_NE(with(shape), "") << shape;
  }
  std::string many = "[1";
  for (int axis = 0; axis < 64; ++axis) many += ",1";
  EXPECT_NE(with(many + "]").find("64 dimensions"), std::string::npos);
}

TEST_F(SafetensorsReaderTest, RefusesOtherDtypes) {
  EXPECT_NE(message_of(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", "1").find("dtype 'F8_E4M3'"),
            std::string::npos);
  const std::vector<Array> arrays = read(safetensors_content(
      R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
      "12"));
  EXPECT_NE(arrays.at(0).unreadable, "");
  EXPECT_EQ(bytes_of(arrays.at(1)), "2") << "what stands beside it is read";
}

TEST_F(SafetensorsReaderTest, RefusesJsonOfAnotherForm) {
  const std::string entry = R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  for (const std::string& header :
       {std::string("{"), std::string("{}x"), std::string(R"({"a":1})"), std::string(R"({"a":{}})"),
        std::string(R"({"a":null})"), std::string(R"({"a":"b"})"), std::string(R"({"a":[1]})"),
        std::string(R"({"__metadata__":{"a":1}})"), std::string(R"({"__metadata__":{"a":{}}})"),
        std::string(R"({"__metadata__":[]})"), "{\"a\":" + entry + ",\"a\":" + entry + "}", "{\"\":" + entry + "}",
        "{\"\xff\":" + entry + "}", "{\"a\\n\":" + entry + "}",
        std::string(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})"),
        std::string(R"({"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}})"),
        std::string(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}})"),
        std::string(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}})"),
        std::string(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":"x"}})")}) {
    EXPECT_NE(message_of(header, "1"), "") << header;
  }
}

TEST_F(SafetensorsReaderTest, RefusesAbsurdNesting) {
  EXPECT_NE(message_of("{\"a\":" + std::string(2'000'000, '['), ""), "");
  std::string objects;
  for (int depth = 0; depth < 100'000; ++depth) objects += "{\"a\":";
  EXPECT_NE(message_of(objects, ""), "");
}

}  // namespace
}  // namespace modattr
