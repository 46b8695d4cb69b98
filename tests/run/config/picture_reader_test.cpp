#include "run/config/picture_reader.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

PicturePreprocessing steps_of(const std::string& text) {
  const Json steps = Json::parse(text);
  return read_picture_steps(JsonObject(steps, "modattr.json: preprocessing"));
}

std::string steps_problem(const std::string& text) {
  return thrown_message<ConfigError>([&] { return steps_of(text); });
}

class PreprocessorFileTest : public testing::Test {
 protected:
  PicturePreprocessing read(const std::string& text) {
    write_file(folder_ / "preprocessor_config.json", text);
    return read_preprocessor_file(folder_ / "preprocessor_config.json");
  }
  std::string problem(const std::string& text) {
    return thrown_message<ConfigError>([&] { return read(text); });
  }

  TemporaryFolder folder_;
};

TEST(PictureSteps, SpeakTheWordsOfTorchvision) {
  const PicturePreprocessing steps = steps_of(
      R"({"orientation": "stored", "channels": "BGR", "resize": {"size": 256, "interpolation": "bicubic", "max_size": 300},
          "center_crop": [224, 192], "rescale": true, "normalize": {"mean": [0.1, 0.2, 0.3], "std": [1, 2, 3]}})");
  EXPECT_EQ(steps.orientation, PictureOrientation::kStored);
  EXPECT_EQ(steps.channels, PicturePreprocessing::Channels::kBgr);
  EXPECT_EQ(steps.resize->shorter_side, 256U);
  EXPECT_EQ(steps.resize->longer_side_at_most, 300U);
  EXPECT_EQ(steps.resize->interpolation, Interpolation::kBicubic);
  EXPECT_EQ(steps.resize->on, ResizeStep::On::kPillow);
  EXPECT_EQ(steps.crop->size, (std::array<std::size_t, 2>{224, 192}));
  EXPECT_EQ(steps.crop->margin, CropStep::Margin::kHalfToEven);
  EXPECT_EQ(steps.pixels.rescale, PixelStep::Rescale::kDivide);
  EXPECT_EQ(steps.pixels.std, (std::vector<float>{1, 2, 3}));
  EXPECT_EQ(steps_of("{}").dtype(), c10::ScalarType::Byte);
  EXPECT_EQ(*steps_of(R"({"resize": [3, 5]})").resize->size, (std::array<std::size_t, 2>{3, 5}));
  const PicturePreprocessing tensor = steps_of(R"({"resize": {"size": 9, "on": "tensor", "antialias": false}})");
  EXPECT_EQ(tensor.resize->antialias, Antialias::kNo);
  EXPECT_EQ(tensor.resize->on, ResizeStep::On::kTensor);
}

TEST(PictureSteps, NameWhatTheyDoNotKnow) {
  EXPECT_TRUE(mentions(steps_problem(R"({"rezise": 4})"), {"preprocessing: unknown key 'rezise'", "'resize'"}));
  EXPECT_TRUE(mentions(steps_problem(R"({"resize": 0})"), {"preprocessing.resize", "shorter side"}));
  EXPECT_TRUE(mentions(steps_problem(R"({"resize": {"size": 4, "interpolation": "cubic"}})"),
                       {"interpolation", "did you mean 'bicubic'?"}));
  EXPECT_TRUE(mentions(steps_problem(R"({"resize": {"size": 4, "antialias": false}})"), {"\"on\": \"tensor\""}));
  EXPECT_TRUE(
      mentions(steps_problem(R"({"resize": {"size": 4, "on": "tensor", "interpolation": "box"}})"), {"interpolation"}));
  EXPECT_TRUE(mentions(steps_problem(R"({"resize": {"size": [4, 5], "max_size": 9}})"), {"max_size"}));
  EXPECT_TRUE(mentions(steps_problem(R"({"normalize": {"mean": [1], "std": [1]}})"), {"normalize.mean", "3 numbers"}));
  EXPECT_TRUE(mentions(steps_problem(R"({"normalize": {"mean": [1, 1, 1], "std": [1, 0, 1]}})"), {"normalize.std"}));
  EXPECT_TRUE(
      mentions(steps_problem(R"({"channels": "L", "normalize": {"mean": [1, 2, 3], "std": [1]}})"), {"1 number"}));
}

TEST_F(PreprocessorFileTest, OfClipResizesTheShorterSide) {
  const PicturePreprocessing steps = read(
      R"({"crop_size": 224, "do_center_crop": true, "do_normalize": true, "do_resize": true,
          "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
          "image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": 224})");
  EXPECT_EQ(steps.resize->shorter_side, 224U);
  EXPECT_EQ(steps.resize->interpolation, Interpolation::kBicubic);
  EXPECT_EQ(steps.crop->size, (std::array<std::size_t, 2>{224, 224}));
  EXPECT_EQ(steps.crop->margin, CropStep::Margin::kDown);
  EXPECT_EQ(steps.pixels.rescale, PixelStep::Rescale::kMultiply);
  EXPECT_EQ(steps.pixels.factor, 1.0 / 255.0);
  EXPECT_EQ(steps.pixels.mean.front(), 0.48145466F);
}

TEST_F(PreprocessorFileTest, OfVitResizesBothSides) {
  const PicturePreprocessing steps = read(
      R"({"do_normalize": true, "do_rescale": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
          "image_processor_type": "ViTImageProcessor", "resample": 2, "rescale_factor": 0.00392156862745098,
          "size": {"height": 224, "width": 200}})");
  EXPECT_EQ(*steps.resize->size, (std::array<std::size_t, 2>{224, 200}));
  EXPECT_FALSE(steps.crop);
  const PicturePreprocessing old = read(
      R"({"do_normalize": false, "do_resize": true, "feature_extractor_type": "ViTFeatureExtractor", "resample": 2, "size": 96})");
  EXPECT_EQ(*old.resize->size, (std::array<std::size_t, 2>{96, 96}));
  EXPECT_TRUE(old.pixels.mean.empty());
}

TEST_F(PreprocessorFileTest, RefusesWhatIsNotKnown) {
  EXPECT_TRUE(mentions(problem(R"({"image_processor_type": "ConvNextImageProcessor"})"),
                       {"image_processor_type", "ConvNextImageProcessor", "write its steps"}));
  const std::string start =
      R"({"image_processor_type": "CLIPImageProcessor", "do_normalize": false, "resample": 3, "size": 8, "crop_size": 8)";
  EXPECT_EQ(read(start + R"(, "do_pad": false, "pad_size": null})").crop->size[0], 8U);
  EXPECT_TRUE(mentions(problem(start + R"(, "do_pad": true})"), {"do_pad: expected only keys whose effect is known"}));
  EXPECT_TRUE(
      mentions(problem(R"({"image_processor_type": "CLIPImageProcessor", "resample": 9, "size": 8, "crop_size": 8})"),
               {"resample"}));
  EXPECT_TRUE(
      mentions(problem(R"({"image_processor_type": "ViTImageProcessor", "resample": 2, "size": {"longest_edge": 8}})"),
               {"size: expected"}));
  EXPECT_THROW(read_preprocessor_file(folder_ / "none.json"), ConfigError);
}

}  // namespace
}  // namespace modattr
