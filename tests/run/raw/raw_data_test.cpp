#include "run/raw/raw_data.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/png_writer.h"
#include "support/array_writers.h"
#include "support/drawn_picture.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// A manifest of one picture and one number, and a configuration whose modalities each test writes.
class RawDataTest : public testing::Test {
 protected:
  RawDataTest() {
    write_file(folder_ / "a.png", to_png(drawn_picture(4, 3, 1)));
    write_file(folder_ / "val.csv", "photo,age,label\na.png,3,0\n");
  }

  Config config_of(const std::string& modality, const std::string& data = "val.csv") {
    write_file(folder_ / "modattr.json",
               R"({"model": {"path": "m.pt"}, "data": {"path": ")" + data + R"("}, "modalities": [)" + modality + "]}");
    return read_config(folder_ / "modattr.json");
  }
  DatasetOptions used(const std::string& modality, const std::string& data = "val.csv") {
    DatasetOptions options = {.path = folder_ / data};
    use_manifest(options, config_of(modality, data), {});
    return options;
  }
  std::string problem(const std::string& modality, const std::string& data = "val.csv") {
    return thrown_message<ConfigError>([&] { return used(modality, data); });
  }

  TemporaryFolder folder_;
};

TEST_F(RawDataTest, MakesTheInputsOfAManifest) {
  const DatasetOptions options = used(R"({"name": "a", "kind": "image", "inputs": ["image"], "column": "photo"})");
  ASSERT_NE(options.source, nullptr);
  EXPECT_EQ(options.source->arrays.front().name, "image");
  EXPECT_EQ(options.source->arrays.front().shape, (std::vector<std::int64_t>{1, 3, 3, 4}));
}

TEST_F(RawDataTest, NamesWhatAModalityLacks) {
  EXPECT_TRUE(mentions(problem(R"({"name": "a", "kind": "image", "inputs": ["image"]})"),
                       {"modalities[0].column", "the column of the manifest"}));
  EXPECT_TRUE(mentions(problem(R"({"name": "a", "kind": "audio", "inputs": ["x"]})"), {"modalities[0].column"}));
  EXPECT_TRUE(mentions(problem(R"({"name": "a", "kind": "audio", "inputs": ["x", "y"], "column": "photo"})"),
                       {"modalities[0].inputs", "at most one named like attention_mask, got 'y'"}));
  EXPECT_TRUE(mentions(problem(R"({"name": "a", "kind": "tokens", "inputs": ["x"], "column": "photo"})"),
                       {"modalities[0].tokenizer"}));
  EXPECT_TRUE(mentions(problem(R"({"name": "a", "kind": "tensor", "inputs": ["x"]})"),
                       {"modalities[0].kind", "image, tokens, audio or columns"}));
  EXPECT_TRUE(mentions(problem(R"({"name": "a", "kind": "image", "inputs": ["x[0:2]"], "column": "photo"})"),
                       {"modalities[0].inputs", "whole inputs"}));
}

TEST_F(RawDataTest, RefusesKeysOfManifestsForArrays) {
  write_npz(folder_ / "val.npz", {TestArray::of<float>("x", {1, 2}, {1, 2})});
  EXPECT_TRUE(mentions(problem(R"({"name": "a", "kind": "audio", "inputs": ["x"], "max_length": 3})", "val.npz"),
                       {"modalities[0].max_length", "whose arrays are the inputs already"}));
}

TEST_F(RawDataTest, DigestsTheFilesThatAreRead) {
  const Config with_picture = config_of(R"({"name": "a", "kind": "image", "inputs": ["x"], "column": "photo"})");
  const Config without = config_of(R"({"name": "a", "kind": "columns", "inputs": ["x"], "columns": ["age"]})");
  const std::string before = digest_of_data(folder_ / "val.csv", with_picture);
  const std::string other = digest_of_data(folder_ / "val.csv", without);
  write_file(folder_ / "a.png", to_png(drawn_picture(4, 3, 2)));
  EXPECT_NE(digest_of_data(folder_ / "val.csv", with_picture), before);
  EXPECT_EQ(digest_of_data(folder_ / "val.csv", without), other);
  const Config with_sound = config_of(R"({"name": "a", "kind": "audio", "inputs": ["x"], "column": "photo"})");
  EXPECT_EQ(digest_of_data(folder_ / "val.csv", with_sound), digest_of_data(folder_ / "val.csv", with_picture));
}

}  // namespace
}  // namespace modattr
