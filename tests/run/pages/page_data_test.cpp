#include "run/pages/page_data.h"

#include <gtest/gtest.h>

#include "modattr/data/raw/picture_file.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"

namespace modattr {
namespace {

const std::vector<ShownModality> kPictures = {
    {.name = "image", .kind = "image", .inputs = {{.input = "x", .columns = {}}}}};

std::vector<ExampleRecord> records_of(const std::vector<std::string>& ids) {
  std::vector<ExampleRecord> records;
  for (const std::string& id : ids) {
    ExampleRecord record{.id = id, .label = {}, .predicted = {}, .target = {}, .attribution = {}};
    records.push_back(record);
  }
  return records;
}

/// `count` noisy pictures of 64 x 64, each used by two examples.
std::unique_ptr<Dataset> noisy_set(const TemporaryFolder& folder, std::int64_t count) {
  std::vector<std::uint8_t> pixels;
  std::uint32_t state = 1;
  for (std::int64_t pixel = 0; pixel < count * 64 * 64; ++pixel) {
    state = state * 1664525U + 1013904223U;
    pixels.push_back(static_cast<std::uint8_t>(state >> 24U));
  }
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> groups;
  for (std::int64_t example = 0; example < 2 * count; ++example) {
    rows.push_back(example / 2);
    groups.push_back(example % 2);
  }
  write_npz(folder / "val.npz", {TestArray::of<std::uint8_t>("x", {count, 1, 64, 64}, pixels),
                                 TestArray::of<std::int64_t>("x__rows", {2 * count}, rows),
                                 TestArray::of<std::int64_t>("kind", {2 * count}, groups)});
  return std::make_unique<Dataset>(DatasetOptions{.path = folder / "val.npz", .inputs = {"x"}, .group = "kind"});
}

PageData data_of(const Dataset& dataset, const std::vector<ExampleRecord>& records, std::size_t most_bytes,
                 std::vector<std::string>& missing) {
  const std::array<const std::vector<ExampleRecord>*, 1> lists = {&records};
  Progress silent;
  return page_data(dataset, {"x"}, kPictures, lists, most_bytes, missing, silent);
}

TEST(PageDataOfASet, HoldsEqualPicturesOnceAndOnlyThoseThatAreShown) {
  const TemporaryFolder folder;
  const auto dataset = noisy_set(folder, 3);
  std::vector<std::string> missing;
  const PageData data = data_of(*dataset, records_of({"0", "1", "4"}), kMostPictureBytes, missing);
  ASSERT_EQ(data.pictures.size(), 2U);
  EXPECT_EQ(data.examples.size(), 3U);
  EXPECT_EQ(data.examples.at("0").pictures.at(0).picture, data.examples.at("1").pictures.at(0).picture);
  EXPECT_EQ(data.examples.at("4").pictures.at(0).picture, 1U);
  EXPECT_EQ(data.examples.at("1").group, "1");
  EXPECT_EQ(data.group_column, "kind");
  EXPECT_EQ(data.pictures[0].width, 64U);
  EXPECT_TRUE(missing.empty());
}

TEST(PageDataOfASet, MakesPicturesSmallerUntilAllFit) {
  const TemporaryFolder folder;
  const auto dataset = noisy_set(folder, 8);
  std::vector<std::string> missing;
  std::vector<std::string> ids;
  for (int id = 0; id < 16; ++id) ids.push_back(std::to_string(id));
  const auto bytes_of = [](const PageData& data) {
    std::size_t bytes = 0;
    for (const PagePicture& picture : data.pictures) bytes += picture.file.size();
    return bytes;
  };
  const std::size_t whole = bytes_of(data_of(*dataset, records_of(ids), kMostPictureBytes, missing));
  EXPECT_GT(whole, 8U * 64 * 64 * 9 / 10);
  const PageData small = data_of(*dataset, records_of(ids), whole / 2, missing);
  EXPECT_EQ(small.pictures.size(), 8U);
  EXPECT_LE(bytes_of(small), whole / 2);
  // Places of patches stay places in the data.
  EXPECT_EQ(small.pictures[0].width, 64U);
  EXPECT_TRUE(missing.empty());
  const PageData few = data_of(*dataset, records_of(ids), 2000, missing);
  EXPECT_LT(few.pictures.size(), 8U);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_NE(missing[0].find("of 8 are in this page"), std::string::npos);
  for (const auto& [id, example] : few.examples) {
    for (const PageExample::Shown& shown : example.pictures) EXPECT_LT(shown.picture, few.pictures.size());
  }
}

TEST(PageDataOfASet, GivesPicturesTheRoomThatIsLeft) {
  EXPECT_EQ(room_for_pictures(100'000, 100), kMostPictureBytes);
  EXPECT_EQ(room_for_pictures(6'000'000, 1000), (10'000'000U - 6'064'000U) * 2 / 3);
  EXPECT_EQ(room_for_pictures(20'000'000, 1000), 500'000U);
}

TEST(PageDataOfASet, KeepsSmallPicturesWithLossesThatBrowsersRead) {
  const TemporaryFolder folder;
  const auto dataset = noisy_set(folder, 8);
  std::vector<std::string> missing;
  const PageData data = data_of(*dataset, records_of({"0", "2", "4", "6", "8", "10", "12", "14"}), 8 * 700, missing);
  ASSERT_EQ(data.pictures.size(), 8U);
  for (const PagePicture& picture : data.pictures) EXPECT_TRUE(picture.file.starts_with("RIFF"));
  const std::string& file = data.pictures[0].file;
  const Raster raster =
      decode_picture(std::as_bytes(std::span(file.data(), file.size())), PictureOrientation::kStored, "picture");
  EXPECT_LT(raster.width, 64U);
  EXPECT_GE(raster.width, 28U);
}

TEST(PageDataOfASet, SaysHowManyExamplesItDoesNotHold) {
  const TemporaryFolder folder;
  const auto dataset = noisy_set(folder, 1);
  std::vector<std::string> missing;
  const PageData data = data_of(*dataset, records_of({"0", "99"}), kMostPictureBytes, missing);
  EXPECT_EQ(data.examples.size(), 1U);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing[0], "The data holds 1 of the 2 examples of the results.");
}

}  // namespace
}  // namespace modattr
