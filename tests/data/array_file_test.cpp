#include "modattr/data/array_file.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

const std::filesystem::path kFixtures = std::filesystem::path(__FILE__).parent_path() / "../fixtures/data";

class ArrayFileTest : public testing::Test {
 protected:
  /// The message without the folder, empty when nothing is thrown.
  std::string message_of(const std::string& name) {
    try {
      open_array_file(folder_ / name);
      return {};
    } catch (const DataError& error) {
      return std::string(error.what()).substr(folder_.path().string().size() + 1);
    }
  }

  std::string message_of(const std::string& name, std::string_view content) {
    write_file(folder_ / name, content);
    return message_of(name);
  }

  TemporaryFolder folder_;
  std::vector<TestArray> arrays_ = {TestArray::of<float>("x", {2}, {1, 2})};
};

TEST_F(ArrayFileTest, GoesByTheContent) {
  for (const char* const name : {"a.npz", "npz-without-extension"}) {
    write_npz(folder_ / name, arrays_);
    EXPECT_EQ(open_array_file(folder_ / name).at(0).name, "x");
  }
  for (const char* const name : {"a.safetensors", "b.SAFE"}) {
    write_safetensors(folder_ / name, arrays_);
    EXPECT_EQ(open_array_file(folder_ / name).at(0).name, "x");
  }
  for (const char* const name : {"a.pt", "a.pth", "a.bin"}) {
    write_pt(folder_ / name, arrays_);
    EXPECT_EQ(open_array_file(folder_ / name).at(0).name, "x");
  }
}

TEST_F(ArrayFileTest, RefusesAnExtensionThatSaysOtherwise) {
  write_pt(folder_ / "a.npz", arrays_);
  EXPECT_EQ(message_of("a.npz"),
            "a.npz: expected a NumPy archive (.npz), as its extension says, got a file of torch.save (.pt); rename the "
            "file");
  write_npz(folder_ / "a.safetensors", arrays_);
  EXPECT_NE(message_of("a.safetensors"), "");
  write_safetensors(folder_ / "a.pt", arrays_);
  EXPECT_NE(message_of("a.pt"), "");
}

TEST_F(ArrayFileTest, NamesTheFormatsItReads) {
  EXPECT_EQ(
      message_of("a.csv", "x,y\n1,2\n"),
      "a.csv: expected a NumPy archive (.npz), a safetensors file or a torch.save dictionary (.pt), got something "
      "else");
  EXPECT_NE(message_of("a.npz", "").find("an empty file"), std::string::npos);
  EXPECT_NE(message_of("a.safetensors", "").find("an empty file"), std::string::npos);
  EXPECT_NE(message_of("a.npz", "not a zip archive").find("something else"), std::string::npos);
}

TEST_F(ArrayFileTest, RecognisesFilesThatNeedToBeSavedAgain) {
  EXPECT_NE(message_of("a.npy", npy_content(arrays_[0])).find("numpy.savez"), std::string::npos);
  EXPECT_NE(message_of("a.pt", read_file(kFixtures / "torch_legacy.pt")).find("save it again with a newer torch"),
            std::string::npos);
  EXPECT_NE(message_of("a.pkl", "\x80\x04.").find("a pickle"), std::string::npos);
  EXPECT_NE(message_of("a.h5", "\x89HDF\r\n").find("HDF5"), std::string::npos);
}

TEST_F(ArrayFileTest, NamesAMissingFileAndAFolder) {
  EXPECT_NE(message_of("missing.npz").find("No such file"), std::string::npos);
  EXPECT_THROW(open_array_file(folder_.path()), DataError);
}

}  // namespace
}  // namespace modattr
