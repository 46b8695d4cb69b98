#include "run/pages/data_pictures.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/timed_source.h"

namespace modattr {
namespace {

/// A data file with these arrays, opened for one modality.
struct PictureSet {
  PictureSet(const std::vector<TestArray>& arrays, ShownModality shown) : modality(std::move(shown)) {
    write_npz(folder / "val.npz", arrays);
    inputs = shown_inputs({modality});
    dataset = std::make_unique<Dataset>(DatasetOptions{.path = folder / "val.npz", .inputs = inputs});
  }

  TemporaryFolder folder;
  ShownModality modality;
  std::vector<std::string> inputs;
  std::unique_ptr<Dataset> dataset;
};

TEST(DataPictures, TakeNumbersFromZeroToOneAsTheyAre) {
  // [1, 3, 1, 2]: red, green and blue of two pixels.
  const PictureSet set({TestArray::of<float>("x", {1, 3, 1, 2}, {0.0F, 1.0F, 0.5F, 0.0F, 1.0F, 0.2F})},
                       {.name = "image", .kind = "image", .inputs = {{.input = "x", .columns = {}}}});
  const DataPictures pictures(*set.dataset, set.inputs, set.modality);
  ASSERT_TRUE(pictures.has_pictures());
  EXPECT_EQ(pictures.width(), 2U);
  EXPECT_EQ(pictures.height(), 1U);
  EXPECT_EQ(pictures.raster(0).pixels, (std::vector<std::uint8_t>{0, 128, 255, 255, 0, 51}));
}

TEST(DataPictures, StretchOtherNumbersByChannel) {
  const PictureSet set({TestArray::of<float>("x", {2, 3, 1, 1}, {-1.0F, 0.0F, 4.0F, 1.0F, 2.0F, 8.0F})},
                       {.name = "image", .kind = "image", .inputs = {{.input = "x", .columns = {}}}});
  const DataPictures pictures(*set.dataset, set.inputs, set.modality);
  EXPECT_EQ(pictures.raster(0).pixels, (std::vector<std::uint8_t>{0, 0, 0}));
  EXPECT_EQ(pictures.raster(1).pixels, (std::vector<std::uint8_t>{255, 255, 255}));
}

TEST(DataPictures, AreGreyWithOneChannelAndOfBytes) {
  const PictureSet set({TestArray::of<std::uint8_t>("x", {1, 2, 2}, {0, 100, 200, 255})},
                       {.name = "image", .kind = "image", .inputs = {{.input = "x", .columns = {}}}});
  const Raster raster = DataPictures(*set.dataset, set.inputs, set.modality).raster(0);
  EXPECT_EQ(raster.channels, 1U);
  EXPECT_EQ(raster.pixels, (std::vector<std::uint8_t>{0, 100, 200, 255}));
}

TEST(DataPictures, LeaveOutWhatIsNoPicture) {
  for (const char* const kind : {"tensor", "columns", "tokens"}) {
    const PictureSet set({TestArray::of<float>("x", {1, 2}, {0.0F, 1.0F})},
                         {.name = "x", .kind = kind, .inputs = {{.input = "x", .columns = {}}}});
    EXPECT_FALSE(DataPictures(*set.dataset, set.inputs, set.modality).has_pictures()) << kind;
  }
}

TEST(DataPictures, DrawNumbersThatAreNoneBlack) {
  const PictureSet set({TestArray::of<float>("x", {1, 1, 1, 2}, {std::nanf(""), 1.0F})},
                       {.name = "image", .kind = "image", .inputs = {{.input = "x", .columns = {}}}});
  EXPECT_EQ(DataPictures(*set.dataset, set.inputs, set.modality).raster(0).pixels, (std::vector<std::uint8_t>{0, 255}));
}

TEST(Spectrogram, ShowsATuneWhereItsFrequencyIs) {
  // A quarter of the sampling rate is in the middle of the bands.
  std::vector<double> samples;
  for (int place = 0; place < 4096; ++place) samples.push_back(std::sin(std::numbers::pi / 2.0 * (place + 0.3)));
  constexpr std::size_t kTestBands = 64;
  const std::vector<double> powers = spectrogram(samples, 8, kTestBands);
  ASSERT_EQ(powers.size(), 8 * kTestBands);
  std::size_t loudest = 0;
  for (std::size_t band = 0; band < kTestBands; ++band) {
    if (powers[band * 8 + 4] > powers[loudest * 8 + 4]) loudest = band;
  }
  EXPECT_NEAR(static_cast<double>(loudest), kTestBands / 2.0, 1.0);
}

TEST(DataPictures, ShowSoundsAsSpectrograms) {
  std::vector<float> samples;
  for (int place = 0; place < 2048; ++place) samples.push_back(std::sin(0.1F * static_cast<float>(place)));
  const PictureSet set({TestArray::of<float>("x", {1, 2048}, samples)},
                       {.name = "sound", .kind = "audio", .inputs = {{.input = "x", .columns = {}}}});
  const DataPictures pictures(*set.dataset, set.inputs, set.modality);
  ASSERT_TRUE(pictures.has_pictures());
  EXPECT_TRUE(pictures.is_sound());
  EXPECT_EQ(pictures.width(), 2048U);
  const Raster raster = pictures.raster(0);
  EXPECT_EQ(raster.width, 256U);
  // A low tune: loud at the bottom, silent at the top.
  EXPECT_GT(raster.pixels[(raster.height - 3) * raster.width + 100], 200);
  EXPECT_LT(raster.pixels[100], 100);
}

TEST(DataPictures, DrawSpectrogramsOfTheDataUpwards) {
  const PictureSet set({TestArray::of<float>("x", {1, 3, 1}, {0.0F, 1.0F, 2.0F})},
                       {.name = "sound", .kind = "audio", .inputs = {{.input = "x", .columns = {}}}});
  EXPECT_EQ(DataPictures(*set.dataset, set.inputs, set.modality).raster(0).pixels,
            (std::vector<std::uint8_t>{255, 128, 0}));
}

TEST(DataPictures, DrawTimeFromLeftToRight) {
  // Two frames of three bands.
  const PictureSet set({TestArray::of<float>("x", {1, 2, 3}, {0.0F, 1.0F, 2.0F, 2.0F, 2.0F, 2.0F})},
                       {.name = "sound", .kind = "audio", .inputs = {{.input = "x", .columns = {}}}});
  const Dataset dataset({.path = set.folder / "val.npz",
                         .inputs = set.inputs,
                         .source = timed_source(set.folder / "val.npz", {{"x", {0, 0.1}}})});
  const Raster raster = DataPictures(dataset, set.inputs, set.modality).raster(0);
  EXPECT_EQ(raster.width, 2U);
  EXPECT_EQ(raster.pixels, (std::vector<std::uint8_t>{255, 255, 128, 255, 0, 255}));
}

TEST(ColumnValues, AreInTheOrderOfThePlayers) {
  const PictureSet set(
      {TestArray::of<float>("x", {2, 4}, {0, 1, 2, 3, 4, 5, 6, 7})},
      {.name = "x", .kind = "columns", .inputs = {{.input = "x", .columns = {{.first = 1, .end = 3}}}}});
  EXPECT_EQ(column_values(*set.dataset, set.inputs, set.modality, 1), (std::vector<double>{5.0, 6.0}));
}

}  // namespace
}  // namespace modattr
