#include "modattr/data/array_text.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/array_file.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using namespace std::string_literals;
using Texts = std::vector<std::string>;

class ArrayTextTest : public testing::Test {
 protected:
  Array array_of(const std::string& descriptor, const std::string& shape, const std::string& bytes,
                 ZipCompression compression = ZipCompression::kStored) const {
    const std::string header = "{'descr': '" + descriptor + "', 'fortran_order': False, 'shape': " + shape + ", }";
    write_zip(folder_ / "a.npz", {{"x.npy", npy_content(header, bytes), compression}});
    return open_array_file(folder_ / "a.npz").at(0);
  }
  static std::string error_of(const Array& array) {
    return thrown_message<DataError>([&] { return texts_of(array, "a.npz: array 'x'"); });
  }

 private:
  TemporaryFolder folder_;
};

/// "ä" is U+00E4, "画" U+753B, "𝛼" U+1D6FC.
const std::string kCodePoints = "\x61\0\0\0\0\0\0\0"s + "\xE4\0\0\0\x3B\x75\0\0"s + "\xFC\xD6\x01\0\0\0\0\0"s;

TEST_F(ArrayTextTest, ReadsCodePoints) {
  for (const ZipCompression compression : {ZipCompression::kStored, ZipCompression::kDeflated}) {
    EXPECT_EQ(texts_of(array_of("<U2", "(3,)", kCodePoints, compression), ""), (Texts{"a", "ä画", "𝛼"}));
  }
}

TEST_F(ArrayTextTest, ReadsBytes) {
  EXPECT_EQ(texts_of(array_of("|S4", "(3,)", "area\xC3\xA4\0\0\0\0\0\0"s), ""), (Texts{"area", "ä", ""}));
}

TEST_F(ArrayTextTest, KeepsWhatStandsBetweenNulls) {
  EXPECT_EQ(texts_of(array_of("|S3", "(1,)", "a\0b"s), ""), Texts{"a\0b"s});
}

TEST_F(ArrayTextTest, RefusesWhatIsNoUnicode) {
  EXPECT_EQ(error_of(array_of("<U1", "(1,)", "\0\xD8\0\0"s)),
            "a.npz: array 'x': expected texts, got a code point that is none");
  EXPECT_EQ(error_of(array_of("<U1", "(1,)", "\0\0\x11\0"s)),
            "a.npz: array 'x': expected texts, got a code point that is none");
  EXPECT_EQ(error_of(array_of("|S2", "(1,)", "\xC3\x28"s)), "a.npz: array 'x': expected texts in UTF-8, got '\\xc3('");
}

TEST_F(ArrayTextTest, RefusesOtherArraysAndShapes) {
  EXPECT_EQ(error_of(array_of("<i8", "(1,)", "\1\0\0\0\0\0\0\0"s)),
            "a.npz: array 'x': expected texts [columns], got int64[1]; save np.array([...]) of texts, in .npz");
  EXPECT_EQ(error_of(array_of("|S1", "(1, 2)", "ab")), "a.npz: array 'x': expected texts [columns], got texts [1, 2]");
  EXPECT_NE(error_of(array_of(">U1", "(1,)", "\0\0\0a"s)).find("not readable"), std::string::npos);
}

TEST_F(ArrayTextTest, FindsDamage) {
  EXPECT_NE(thrown_message<DataError>([&] { return array_of("<U2", "(3,)", "a\0\0\0"s); }).find("expected 24 bytes"),
            std::string::npos);
}

}  // namespace
}  // namespace modattr
