#include "modattr/data/npy_header.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"

namespace modattr {
namespace {

std::span<const std::byte> as_bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}

NpyHeader parse(const std::string& dictionary) {
  const std::string content = npy_content(dictionary, "");
  const std::size_t size = npy_header_bytes(as_bytes(content), "w");
  EXPECT_EQ(size, content.size());
  return parse_npy_header(as_bytes(content), "w");
}

std::string message_of(const std::string& dictionary) {
  try {
    const NpyHeader header = parse(dictionary);
    return header.unreadable.empty() ? "" : "w: " + header.unreadable;
  } catch (const DataError& error) {
    return error.what();
  }
}

TEST(NpyHeader, IsReadInAnyOrderOfKeys) {
  const NpyHeader header = parse("{\"shape\":(3,), 'fortran_order' : True, 'descr':'<c16'}");
  EXPECT_EQ(header.dtype, c10::ScalarType::ComplexDouble);
  EXPECT_EQ(header.order, ElementOrder::kColumnMajor);
  EXPECT_EQ(header.shape, (std::vector<std::int64_t>{3}));
  EXPECT_EQ(header.data_bytes, 48U);
}

TEST(NpyHeader, OfAScalarHasNoDimensions) {
  const NpyHeader header = parse("{'descr': '|b1', 'fortran_order': False, 'shape': (), }");
  EXPECT_TRUE(header.shape.empty());
  EXPECT_EQ(header.data_bytes, 1U);
}

TEST(NpyHeader, OfVersions2And3IsRead) {
  for (const char version : {'\x02', '\x03'}) {
    const std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n";
    const std::string content =
        std::string("\x93NUMPY") + version + '\0' + static_cast<char>(text.size()) + std::string(3, '\0') + text;
    EXPECT_EQ(npy_header_bytes(as_bytes(content), "w"), content.size());
    EXPECT_EQ(parse_npy_header(as_bytes(content), "w").data_bytes, 8U);
  }
}

TEST(NpyHeader, OfAnotherVersionOrLengthIsRefused) {
  const auto size_of = [](std::string_view start) {
    const std::string text = std::string(start) + std::string(4, '\0');
    return npy_header_bytes(as_bytes(text), "w");
  };
  EXPECT_THROW(size_of(std::string_view("\x93NUMPY\x04\x00\x20\x00", 10)), DataError);
  EXPECT_THROW(size_of(std::string_view("\x93NUMPZ\x01\x00\x20\x00", 10)), DataError);
  EXPECT_THROW(size_of(std::string_view("\x93NUMPY\x01\x00\x00\x00", 10)), DataError);
  EXPECT_THROW(size_of(std::string_view("\x93NUMPY\x02\x00\x00\x00\xff\xff", 12)), DataError);
  EXPECT_THROW(npy_header_bytes({}, "w"), DataError);
}

TEST(NpyHeader, SaysWhatToDoAboutADtypeThatLibtorchLacks) {
  const auto with = [](const std::string& descriptor) {
    return message_of("{'descr': " + descriptor + ", 'fortran_order': False, 'shape': (3,), }");
  };
  EXPECT_EQ(with("'<u2'"), "w: expected a dtype that libtorch has, got dtype '<u2'; save array.astype(np.int64)");
  EXPECT_NE(with("'>f4'").find("array.astype(array.dtype.newbyteorder('<'))"), std::string::npos);
  EXPECT_NE(with("'|O'").find("never read"), std::string::npos);
  EXPECT_NE(with("'|O'").find("array.astype(np.int64)"), std::string::npos);
  EXPECT_NE(with("'<U7'").find("texts are read as ids, groups and names only"), std::string::npos);
  EXPECT_NE(with("[('a', '<f4'), ('b]', [('c', '|S1', (2, 3))])]").find("one array per field"), std::string::npos);
  EXPECT_NE(with("'<f16'").find("float64"), std::string::npos);
  EXPECT_NE(with("'<M8[ns]'").find("int64"), std::string::npos);
  EXPECT_NE(with("'f4'"), "");
  EXPECT_NE(with("''"), "");
  EXPECT_EQ(parse("{'descr': '<u2', 'fortran_order': False, 'shape': (3,), }").shape, std::vector<std::int64_t>{3});
}

TEST(NpyHeader, WithAnImpossibleShapeIsRefused) {
  for (const char* const shape : {"(-1,)", "(9223372036854775807, 2)", "(0, 9223372036854775807, 9)",
                                  "(99999999999999999999,)", "(4611686018427387904,)"}) {
    const std::string message =
        message_of(std::string("{'descr': '<f4', 'fortran_order': False, 'shape': ") + shape + ", }");
    EXPECT_EQ(message.find("w: expected a possible shape"), 0U) << message;
  }
  std::string many = "(";
  for (int axis = 0; axis < 65; ++axis) many += "1,";
  EXPECT_NE(message_of("{'descr': '<f4', 'fortran_order': False, 'shape': " + many + ")}").find("64 dimensions"),
            std::string::npos);
}

TEST(NpyHeader, ThatIsDamagedIsRefused) {
  for (const char* const dictionary :
       {"", "{", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} x",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': 3}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'more': 1}", "{'descr: '<f4'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (a,)}", "{'descr': [('a', '<f4'",
        "{'descr': [('a', '<f4'), 'fortran_order': False, 'shape': (3,)}"}) {
    EXPECT_EQ(message_of(dictionary).find("w: expected "), 0U) << dictionary;
  }
}

}  // namespace
}  // namespace modattr
