#include "modattr/data/raw/manifest.h"

#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/array_tensor.h"
#include "modattr/data/png_writer.h"
#include "modattr/data/raw/broken_file.h"
#include "support/array_writers.h"
#include "support/drawn_picture.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// The id of a word is its length.
class LengthTokenizer final : public Tokenizer {
 public:
  Encoding encode(const TextInput& input, const EncodingOptions& options) const override {
    Encoding encoding;
    std::istringstream words{std::string(input.text)};
    for (std::string word; words >> word;) {
      encoding.ids.push_back(static_cast<std::int64_t>(word.size()));
      encoding.attention_mask.push_back(1);
      encoding.type_ids.push_back(0);
    }
    if (options.length) {
      encoding.ids.resize(*options.length);
      encoding.attention_mask.resize(*options.length);
      encoding.type_ids.resize(*options.length);
    }
    return encoding;
  }
  std::size_t vocabulary_size() const noexcept override { return 100; }
  std::string token(std::int64_t) const override { return "x"; }
  std::optional<std::int64_t> id_of(std::string_view) const override { return std::nullopt; }
  const SpecialTokenIds& special_ids() const noexcept override { return special_ids_; }
  std::string_view model_name() const noexcept override { return "length"; }

 private:
  SpecialTokenIds special_ids_{.pad = 0};
};

class ManifestTest : public testing::Test {
 protected:
  ManifestTest() {
    for (const std::uint32_t number : {0U, 1U, 2U}) {
      write_file(folder_ / ("p" + std::to_string(number) + ".png"), to_png(drawn_picture(4, 3, number)));
    }
  }

  ManifestOptions options(const std::string& content, const std::string& name = "val.csv") {
    write_file(folder_ / name, content);
    return {.path = folder_ / name,
            .inputs = {PictureInput{.input = "image", .column = "picture"},
                       TextPartInput{.input = "ids", .column = "text", .tokenizer = tokenizer_, .length = 3}}};
  }

  Dataset open(const ManifestOptions& manifest, std::vector<std::string> inputs = {"image", "ids"}) {
    return Dataset({.path = manifest.path, .inputs = std::move(inputs), .source = open_manifest(manifest)});
  }

  TemporaryFolder folder_;
  std::shared_ptr<const Tokenizer> tokenizer_ = std::make_shared<LengthTokenizer>();
};

TEST_F(ManifestTest, MakesInputsOfPicturesAndTexts) {
  const Dataset dataset = open(options("picture,text,label\np1.png,how many,1\np0.png,a,0\np1.png,a,1\n"));
  EXPECT_EQ(dataset.example_count(), 3U);
  EXPECT_EQ(dataset.input(0).shape, (std::vector<std::int64_t>{2, 3, 3, 4}));
  EXPECT_EQ(dataset.input_row(0, 0), dataset.input_row(0, 2));
  EXPECT_EQ(dataset.input_row(1, 1), dataset.input_row(1, 2));
  const std::vector<std::uint32_t> second = {1};
  const at::Tensor picture = dataset.gather(0, second);
  const Raster drawn = drawn_picture(4, 3, 0);
  EXPECT_EQ(picture.data_ptr<std::uint8_t>()[0], drawn.pixels[0]);
  EXPECT_EQ(picture.data_ptr<std::uint8_t>()[12], drawn.pixels[1]);
  const std::vector<std::uint32_t> first = {0};
  const at::Tensor ids = dataset.gather(1, first);
  EXPECT_EQ(std::vector<std::int64_t>(ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + 3),
            (std::vector<std::int64_t>{3, 4, 0}));
  EXPECT_EQ(std::get<ClassLabels>(*dataset.labels()).classes, (std::vector<std::int64_t>{1, 0, 1}));
}

TEST_F(ManifestTest, SaysWhereRowsComeFrom) {
  const Dataset dataset = open(options("picture,text\np1.png,how many\np0.png,a\n"));
  EXPECT_EQ(dataset.origin(1, 0), "how many");
  EXPECT_TRUE(dataset.origin(0, 1)->ends_with("/p0.png"));
  EXPECT_EQ(dataset.origin_kind(0), OriginKind::kPicture);
  EXPECT_EQ(dataset.origin_kind(1), OriginKind::kText);
  EXPECT_EQ(dataset.special_ids(1), std::vector<std::int64_t>{0});
  EXPECT_TRUE(dataset.special_ids(0).empty());
}

TEST_F(ManifestTest, ReadsLinesOfJson) {
  const Dataset dataset =
      open(options("{\"picture\": \"p1.png\", \"text\": \"a, b\", \"label\": 3, \"id\": \"x\"}\n"
                   "{\"id\": 7, \"picture\": \"p2.png\", \"text\": null, \"label\": 1}\n",
                   "val.jsonl"));
  EXPECT_EQ(dataset.example_count(), 2U);
  EXPECT_EQ(dataset.origin(1, 1), "");
}

TEST_F(ManifestTest, NamesClassesByTheirWords) {
  ManifestOptions manifest = options("picture,text,label\np1.png,a,yes\np0.png,a,no\n");
  manifest.class_names = {"no", "yes"};
  EXPECT_EQ(std::get<ClassLabels>(*open(manifest).labels()).classes, (std::vector<std::int64_t>{1, 0}));
  manifest.class_names = {"no", "yess"};
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return open(manifest).example_count(); }),
                       {"val.csv:2: label 'label': expected a name of data.classes or a number, got 'yes'", "'yess'"}));
  manifest.class_names = {};
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return open(manifest).example_count(); }),
                       {"expected a number, got 'yes'; name the classes in data.classes"}));
}

TEST_F(ManifestTest, ReadsPicturesWhenTheyAreNeeded) {
  const ManifestOptions manifest = options("picture,text\np0.png,a\nbroken.png,b\n");
  write_file(folder_ / "broken.png", read_file(folder_ / "p1.png").substr(0, 60));
  const Dataset dataset = open(manifest);
  const std::vector<std::uint32_t> good = {0};
  const std::vector<std::uint32_t> bad = {1};
  EXPECT_NO_THROW(dataset.gather(0, good));
  EXPECT_TRUE(mentions(thrown_message<BrokenFileError>([&] { return dataset.gather(0, bad); }),
                       {"val.csv:3: 'broken.png': expected a PNG picture that can be decoded"}));
}

TEST_F(ManifestTest, LeavesOutBrokenFilesAndKeepsTheIdsOfTheOthers) {
  ManifestOptions manifest = options("picture,text,label\nbroken.png,a,1\np0.png,b,0\nmissing.png,c,1\np2.png,d,2\n");
  write_file(folder_ / "broken.png", "no picture");
  manifest.broken = BrokenFiles::kLeftOut;
  manifest.thread_count = 2;
  const Dataset dataset = open(manifest);
  EXPECT_EQ(dataset.left_out_count(), 2U);
  ASSERT_EQ(dataset.example_count(), 2U);
  EXPECT_EQ(dataset.id(0), "1");
  EXPECT_EQ(dataset.id(1), "3");
  EXPECT_EQ(dataset.origin(1, 1), "d");
  EXPECT_EQ(std::get<ClassLabels>(*dataset.labels()).classes, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(dataset.whole_inputs()->example_count(), 2U);
}

TEST_F(ManifestTest, WantsPicturesOfOneSize) {
  write_file(folder_ / "wide.png", to_png(drawn_picture(5, 3, 1)));
  const Dataset dataset = open(options("picture,text\np0.png,a\nwide.png,b\n"));
  const std::vector<std::uint32_t> other = {1};
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return dataset.gather(0, other); }),
                       {"val.csv:3: 'wide.png': expected 3 x 4 pixels like p0.png", "got 3 x 5", "resize or crop"}));
}

TEST_F(ManifestTest, WantsTextsOfOneLength) {
  ManifestOptions manifest = options("picture,text\np0.png,a b\np0.png,c\n");
  std::get<TextPartInput>(manifest.inputs[1]).length.reset();
  const Dataset dataset = open(manifest);
  const std::vector<std::uint32_t> other = {1};
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return dataset.gather(1, other); }),
                       {"val.csv:3: column 'text': expected 2 tokens like the first text, got 1", "max_length"}));
}

TEST_F(ManifestTest, GroupsByItsColumns) {
  ManifestOptions manifest = options("picture,text,kind,id\np0.png,a,x,one\np1.png,a,y,two\np1.png,b,x,three\n");
  manifest.columns = {"kind"};
  const Dataset dataset({.path = manifest.path,
                         .inputs = {"image", "ids"},
                         .id = "id",
                         .group = "kind",
                         .source = open_manifest(manifest)});
  EXPECT_EQ(dataset.strata("kind").front().examples, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_EQ(dataset.id(2), "three");
}

TEST_F(ManifestTest, IsToldByItsName) {
  EXPECT_TRUE(is_manifest("a/val.CSV"));
  EXPECT_TRUE(is_manifest("val.jsonl"));
  EXPECT_FALSE(is_manifest("val.npz"));
  options("picture,text\n");
  EXPECT_EQ(manifest_columns(folder_ / "val.csv"), (std::vector<std::string>{"picture", "text"}));
  EXPECT_THROW(open_manifest({.path = folder_ / "val.csv"}), DataError);
}

}  // namespace
}  // namespace modattr
