#include "modattr/data/raw/picture_preprocessing.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "modattr/data/array_file.h"
#include "modattr/data/array_tensor.h"
#include "support/drawn_picture.h"

namespace modattr {
namespace {

const std::vector<float> kMean = {0.485F, 0.456F, 0.406F};
const std::vector<float> kStd = {0.229F, 0.224F, 0.225F};

std::vector<float> floats_of(const Raster& picture, const PicturePreprocessing& preprocessing) {
  const Raster prepared = prepare_picture(picture, preprocessing);
  std::vector<float> numbers(prepared.pixels.size());
  write_pixels(prepared, preprocessing, std::as_writable_bytes(std::span(numbers)));
  return numbers;
}

/// The case of that number in make.py.
PicturePreprocessing resized_case(std::size_t number) {
  const std::size_t mode = number % 6;
  const bool is_bilinear = mode == 0 || mode == 2 || mode == 4;
  PicturePreprocessing steps;
  steps.resize = ResizeStep{.shorter_side = number % 11 == 5 ? 97 : 9 + number % 7,
                            .interpolation = is_bilinear ? Interpolation::kBilinear
                                             : mode == 5 ? Interpolation::kLanczos
                                                         : Interpolation::kBicubic,
                            .on = mode >= 2 && mode <= 4 ? ResizeStep::On::kTensor : ResizeStep::On::kPillow,
                            .antialias = mode == 4 ? Antialias::kNo : Antialias::kYes};
  steps.crop = CropStep{.size = {8 + number % 5, 8 + number % 5}};
  steps.pixels = {.rescale = PixelStep::Rescale::kDivide, .mean = kMean, .std = kStd};
  return steps;
}

TEST(PicturePreprocessing, EqualsTorchvisionOnFiftyPicturesOfOddSizes) {
  std::size_t case_count = 0;
  std::size_t differing = 0;
  for (const Array& array : open_array_file(MODATTR_TEST_DIR "/fixtures/pictures/resized.npz")) {
    if (!array.name.starts_with("resized")) continue;
    ++case_count;
    const std::size_t number = std::stoul(array.name.substr(7));
    const std::vector<double> expected = to_doubles(array);
    const std::vector<float> numbers =
        floats_of(drawn_picture(17 + number * 37 % 83, 19 + number * 53 % 71, static_cast<std::uint32_t>(number)),
                  resized_case(number));
    ASSERT_EQ(numbers.size(), expected.size()) << array.name;
    for (std::size_t place = 0; place < numbers.size(); ++place) {
      const std::size_t channel = place / (numbers.size() / 3);
      // In units of a pixel's 255 steps.
      const double steps = std::abs(numbers[place] - expected[place]) * kStd[channel] * 255.0;
      differing += steps > 0.01 ? 1 : 0;
      ASSERT_LE(steps, 1.01) << array.name << " at " << place;
    }
    const std::size_t mode = number % 6;
    const bool is_pillow = mode < 2 || mode == 5;
    for (std::size_t place = 0; is_pillow && place < numbers.size(); ++place) {
      ASSERT_EQ(numbers[place], static_cast<float>(expected[place])) << array.name << " at " << place;
    }
  }
  EXPECT_EQ(case_count, 50U);
  // Tensors of another version of libtorch may round otherwise here and there.
  EXPECT_LE(differing, 20U);
}

TEST(PicturePreprocessing, LeavesBytesWhereNothingIsDoneToPixels) {
  const Raster picture = drawn_picture(5, 4, 2);
  PicturePreprocessing steps;
  EXPECT_EQ(steps.dtype(), c10::ScalarType::Byte);
  std::vector<std::uint8_t> bytes(picture.pixels.size());
  write_pixels(prepare_picture(picture, steps), steps, std::as_writable_bytes(std::span(bytes)));
  // Channels first.
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t pixel = 0; pixel < 20; ++pixel) {
      EXPECT_EQ(bytes[channel * 20 + pixel], picture.pixels[pixel * 3 + channel]);
    }
  }
  steps.channels = PicturePreprocessing::Channels::kBgr;
  write_pixels(prepare_picture(picture, steps), steps, std::as_writable_bytes(std::span(bytes)));
  EXPECT_EQ(bytes[0], picture.pixels[2]);
  EXPECT_EQ(bytes[40], picture.pixels[0]);
}

TEST(PicturePreprocessing, TakesLumaForGrey) {
  const Raster picture{.width = 2, .height = 1, .channels = 3, .pixels = {255, 0, 0, 10, 200, 30}};
  const PicturePreprocessing steps{.channels = PicturePreprocessing::Channels::kGrey};
  // Image.new("RGB", ...).convert("L") of Pillow.
  EXPECT_EQ(prepare_picture(picture, steps).pixels, (std::vector<std::uint8_t>{76, 124}));
  EXPECT_EQ(steps.channel_count(), 1U);
}

TEST(PicturePreprocessing, CropsOddMarginsAsTheLibrariesDo) {
  Raster picture{.width = 7, .height = 1, .channels = 1, .pixels = {0, 1, 2, 3, 4, 5, 6}};
  const auto cropped = [&](std::size_t width, CropStep::Margin margin) {
    return prepare_picture(picture, {.crop = CropStep{.size = {1, width}, .margin = margin}}).pixels;
  };
  // (7 - 4) / 2 = 1.5: to 2 in torchvision, to 1 in transformers; (7 - 6) / 2 = 0.5: to 0 in both.
  EXPECT_EQ(cropped(4, CropStep::Margin::kHalfToEven), (std::vector<std::uint8_t>{2, 3, 4, 5}));
  EXPECT_EQ(cropped(4, CropStep::Margin::kDown), (std::vector<std::uint8_t>{1, 2, 3, 4}));
  EXPECT_EQ(cropped(6, CropStep::Margin::kHalfToEven), (std::vector<std::uint8_t>{0, 1, 2, 3, 4, 5}));
  // Filled up by 0: the odd pixel goes behind in torchvision, in front in transformers.
  EXPECT_EQ(cropped(10, CropStep::Margin::kHalfToEven), (std::vector<std::uint8_t>{0, 0, 1, 2, 3, 4, 5, 6, 0, 0}));
  EXPECT_EQ(cropped(10, CropStep::Margin::kDown), (std::vector<std::uint8_t>{0, 0, 0, 1, 2, 3, 4, 5, 6, 0}));
}

TEST(PicturePreprocessing, ResizesByTheShorterSideAndCutsTheLonger) {
  const auto size_of = [](std::size_t width, std::size_t height, const ResizeStep& step) {
    const Raster result = prepare_picture(drawn_picture(width, height, 0), {.resize = step});
    return std::pair(result.width, result.height);
  };
  EXPECT_EQ(size_of(20, 31, {.shorter_side = 7}), std::pair(7UL, 10UL));
  EXPECT_EQ(size_of(31, 20, {.shorter_side = 7}), std::pair(10UL, 7UL));
  EXPECT_EQ(size_of(31, 20, {.size = std::array<std::size_t, 2>{5, 6}}), std::pair(6UL, 5UL));
  EXPECT_EQ(size_of(90, 10, {.shorter_side = 8, .longer_side_at_most = 36}), std::pair(36UL, 4UL));
}

TEST(PicturePreprocessing, RescalesInDoublePrecisionAsTransformersDoes) {
  const Raster picture{.width = 1, .height = 1, .channels = 3, .pixels = {3, 77, 255}};
  const std::vector<float> numbers =
      floats_of(picture, {.pixels = {.rescale = PixelStep::Rescale::kMultiply, .factor = 0.00392156862745098}});
  EXPECT_EQ(numbers, (std::vector<float>{static_cast<float>(3 * 0.00392156862745098),
                                         static_cast<float>(77 * 0.00392156862745098), 1.0F}));
}

}  // namespace
}  // namespace modattr
