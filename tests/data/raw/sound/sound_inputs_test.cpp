#include "data/raw/sound/sound_inputs.h"

#include <string>

#include <gtest/gtest.h>

#include "modattr/data/dataset.h"
#include "modattr/data/raw/broken_file.h"
#include "modattr/data/raw/manifest.h"
#include "support/array_writers.h"
#include "support/drawn_sound.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

class SoundInputsTest : public testing::Test {
 protected:
  SoundInputsTest() {
    for (const std::uint32_t number : {0U, 1U, 2U}) write(number, 20 + 10 * number);
    write_file(folder_ / "val.csv", "sound,label\ns1.wav,1\ns0.wav,0\ns2.wav,1\ns1.wav,0\n");
    options_.path = folder_ / "val.csv";
    input_.preprocessing.length = 30;
  }

  void write(std::uint32_t number, std::size_t count, std::uint32_t rate = 8000, std::uint32_t channels = 1) {
    write_file(folder_ / ("s" + std::to_string(number) + ".wav"),
               wav_content(drawn_sound(count, number), rate, channels));
  }

  Dataset open(BrokenFiles broken = BrokenFiles::kError) {
    options_.inputs = {input_};
    options_.broken = broken;
    std::vector<std::string> inputs = {"audio"};
    if (input_.mask_input) inputs.push_back(*input_.mask_input);
    return Dataset({.path = options_.path, .inputs = std::move(inputs), .source = open_manifest(options_)});
  }

  std::string problem() {
    return thrown_message<DataError>([&] {
      const Dataset dataset = open();
      const std::vector<std::uint32_t> all = {0, 1, 2, 3};
      return dataset.gather(0, all);
    });
  }

  TemporaryFolder folder_;
  ManifestOptions options_;
  SoundInput input_ = {.input = "audio", .column = "sound"};
};

TEST_F(SoundInputsTest, MakeARowOfEachFile) {
  const Dataset dataset = open();
  EXPECT_EQ(dataset.input(0).shape, (std::vector<std::int64_t>{3, 1, 30}));
  EXPECT_EQ(dataset.input_row(0, 0), dataset.input_row(0, 3));
  const std::vector<std::uint32_t> second = {1};
  const at::Tensor sound = dataset.gather(0, second);
  std::vector<float> expected = as_floats(drawn_sound(20, 0));
  expected.resize(30);
  EXPECT_EQ(std::vector<float>(sound.data_ptr<float>(), sound.data_ptr<float>() + 30), expected);
  EXPECT_EQ(dataset.origin_kind(0), OriginKind::kSound);
  EXPECT_TRUE(dataset.origin(0, 1)->ends_with("s0.wav"));
  ASSERT_TRUE(dataset.time_axis(0));
  EXPECT_EQ(dataset.time_axis(0)->axis, 1U);
  EXPECT_DOUBLE_EQ(dataset.time_axis(0)->seconds_per_step, 1.0 / 8000.0);
}

TEST_F(SoundInputsTest, MakeAMaskOfWhatIsFilledUp) {
  input_.mask_input = "attention_mask";
  const Dataset dataset = open();
  EXPECT_EQ(dataset.input(1).shape, (std::vector<std::int64_t>{3, 30}));
  const std::vector<std::uint32_t> examples = {1, 2};
  // Also before the sounds are read.
  const at::Tensor mask = dataset.gather(1, examples);
  std::vector<std::int64_t> expected(60, 1);
  std::fill(expected.begin() + 20, expected.begin() + 30, 0);
  EXPECT_EQ(std::vector<std::int64_t>(mask.data_ptr<std::int64_t>(), mask.data_ptr<std::int64_t>() + 60), expected);
  EXPECT_EQ(dataset.time_axis(1)->axis, 0U);
}

TEST_F(SoundInputsTest, KnowTheLengthOfEachSoundThatWasRead) {
  input_.mask_input = "attention_mask";
  const Dataset dataset = open();
  const std::vector<std::uint32_t> shorter = {1};
  const std::vector<std::uint32_t> both = {0, 1};
  dataset.gather(0, shorter);
  const at::Tensor mask = dataset.gather(1, both);
  EXPECT_EQ(mask[0].sum().item<std::int64_t>(), 30);
  EXPECT_EQ(mask[1].sum().item<std::int64_t>(), 20);
}

TEST_F(SoundInputsTest, NameTheLineOfASoundThatIsNoneLikeTheFirst) {
  EXPECT_EQ(problem(), "nothing was thrown");
  input_.preprocessing.length.reset();
  EXPECT_TRUE(mentions(problem(), {"val.csv:3: 's0.wav': expected 30 samples like s1.wav, got 20", "\"max_length\""}));
  input_.preprocessing.length = 30;
  write(0, 20, 16000);
  EXPECT_TRUE(mentions(problem(), {"'s0.wav': expected 8000 samples per second like s1.wav, got 16000"}));
  write(0, 40, 8000, 2);
  EXPECT_EQ(problem(), "nothing was thrown");
  input_.preprocessing.channels = SoundPreprocessing::Channels::kStored;
  EXPECT_TRUE(mentions(problem(), {"'s0.wav': expected 1 channels like s1.wav, got 2"}));
}

TEST_F(SoundInputsTest, LeaveOutExamplesOfBrokenFiles) {
  write_file(folder_ / "s1.wav", read_file(folder_ / "s1.wav").substr(0, 60));
  EXPECT_TRUE(mentions(problem(), {"val.csv:2: 's1.wav': expected a WAV sound that can be decoded"}));
  const Dataset dataset = open(BrokenFiles::kLeftOut);
  EXPECT_EQ(dataset.example_count(), 2U);
  EXPECT_EQ(dataset.left_out_count(), 2U);
}

}  // namespace
}  // namespace modattr
