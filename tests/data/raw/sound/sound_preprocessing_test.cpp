#include "modattr/data/raw/sound/sound_preprocessing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "modattr/data/array_file.h"
#include "modattr/data/array_tensor.h"
#include "modattr/data/raw/broken_file.h"
#include "support/drawn_sound.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using Kind = SoundScale::Kind;

Sound drawn(std::size_t count, std::uint32_t seed, std::size_t rate = 16000) {
  return {.sample_rate = rate, .channels = {as_floats(drawn_sound(count, seed))}};
}

PreparedSound prepared(Sound sound, const SoundPreprocessing& steps) {
  return prepare_sound(std::move(sound), steps, "val.csv:2: 'a.wav'");
}

/// Compares with an array of make.py, numbers near `tolerance`.
void expect_golden(const std::string& name, const PreparedSound& sound, double tolerance) {
  for (const Array& array : open_array_file(MODATTR_TEST_DIR "/fixtures/sounds/prepared.npz")) {
    if (array.name != name) continue;
    EXPECT_EQ(sound.shape, array.shape) << name;
    const std::vector<double> expected = to_doubles(array);
    ASSERT_EQ(sound.numbers.size(), expected.size()) << name;
    for (std::size_t place = 0; place < expected.size(); ++place) {
      const double scale = std::max(1.0, std::abs(expected[place]));
      ASSERT_NEAR(static_cast<double>(sound.numbers[place]), expected[place], tolerance * scale)
          << name << " " << place;
    }
    return;
  }
  FAIL() << "no array " << name;
}

SoundPreprocessing of_mel(const MelStep& mel, const SoundScale& scale = {}) {
  SoundPreprocessing steps;
  steps.mel = mel;
  steps.scale = scale;
  steps.squeezes = true;
  return steps;
}

TEST(SoundPreprocessing, EqualsTorchaudiosMelSpectrogram) {
  // Torchaudio makes the weights of bands in single precision.
  MelStep mel;
  mel.n_mels = 40;
  expect_golden("mel0", prepared(drawn(3001, 0), of_mel(mel)), 1e-4);
  mel = {};
  mel.n_fft = 512;
  mel.win_length = 400;
  mel.hop_length = 160;
  mel.n_mels = 32;
  mel.f_min = 50.0;
  mel.f_max = 7000.0;
  mel.power = 1.0;
  mel.is_area_normalised = true;
  mel.mel_scale = MelStep::MelScale::kSlaney;
  expect_golden(
      "mel1", prepared(drawn(3000, 1), of_mel(mel, {.kind = Kind::kDecibel, .decibels = 20.0, .top_db = 40.0})), 1e-4);
  mel = {};
  mel.n_fft = 256;
  mel.win_length = 256;
  mel.hop_length = 128;
  mel.n_mels = 24;
  mel.center = false;
  expect_golden("mel2", prepared(drawn(2000, 2, 8000), of_mel(mel, {.kind = Kind::kLogarithm, .offset = 1e-6})), 1e-4);
  mel = {};
  mel.n_fft = 300;
  mel.win_length = 300;
  mel.hop_length = 111;
  mel.n_mels = 20;
  mel.padding = MelStep::Padding::kZeros;
  expect_golden("mel3", prepared(drawn(1500, 3, 22050), of_mel(mel, {.kind = Kind::kDecibel})), 1e-4);
  // An odd transform, and the third power of amplitudes.
  mel = {};
  mel.n_fft = 401;
  mel.win_length = 401;
  mel.hop_length = 100;
  mel.n_mels = 16;
  mel.power = 3.0;
  expect_golden("mel4", prepared(drawn(1600, 4), of_mel(mel, {.kind = Kind::kLogarithm, .least = 1e-5})), 1e-4);
}

TEST(SoundPreprocessing, EqualsTheExtractorOfAst) {
  MelStep mel;
  mel.kind = MelStep::Kind::kKaldi;
  mel.n_fft = 512;
  mel.win_length = 400;
  mel.hop_length = 160;
  mel.n_mels = 32;
  mel.f_min = 20.0;
  SoundPreprocessing steps =
      of_mel(mel, {.kind = Kind::kLogarithm, .least = static_cast<double>(std::numeric_limits<float>::epsilon())});
  steps.transposes = true;
  steps.frame_count = 20;
  steps.mean = -4.2677393F;
  steps.std = 2.0F * 4.5689974F;
  const PreparedSound sound = prepared(drawn(3000, 6), steps);
  expect_golden("ast", sound, 1e-4);
  EXPECT_EQ(sound.own_step_count, 17U);
  EXPECT_EQ(time_axis(steps), 0U);
  // A longer sound is cut, and its mask with it.
  steps.frame_count = 5;
  const PreparedSound cut = prepared(drawn(3000, 6), steps);
  EXPECT_EQ(cut.shape, (std::vector<std::int64_t>{5, 32}));
  EXPECT_EQ(cut.own_step_count, 5U);
  EXPECT_TRUE(std::equal(cut.numbers.begin(), cut.numbers.end(), sound.numbers.begin()));
}

TEST(SoundPreprocessing, EqualsTheExtractorOfWhisper) {
  MelStep mel;
  mel.hop_length = 160;
  mel.n_mels = 24;
  mel.f_max = 8000.0;
  mel.mel_scale = MelStep::MelScale::kSlaney;
  mel.is_area_normalised = true;
  mel.drops_last_frame = true;
  SoundPreprocessing steps = of_mel(mel, {.kind = Kind::kWhisper});
  steps.length = 16000;
  const PreparedSound sound = prepared(drawn(9000, 7), steps);
  expect_golden("whisper", sound, 1e-4);
  EXPECT_EQ(sound.step_count, 100U);
  EXPECT_DOUBLE_EQ(sound.seconds_per_step, 0.01);
  EXPECT_EQ(time_axis(steps), 1U);
}

TEST(SoundPreprocessing, EqualsTheExtractorOfWav2Vec2) {
  SoundPreprocessing steps;
  steps.length = 500;
  steps.squeezes = true;
  steps.standardisation = SoundPreprocessing::Standardisation::kSound;
  const PreparedSound own = prepared(drawn(400, 8), steps);
  expect_golden("standardised_own", own, 1e-5);
  EXPECT_EQ(own.own_step_count, 400U);
  steps.standardisation = SoundPreprocessing::Standardisation::kFilledSound;
  expect_golden("standardised_filled", prepared(drawn(400, 8), steps), 1e-5);
}

TEST(SoundPreprocessing, CutsAndFillsSounds) {
  SoundPreprocessing steps;
  steps.length = 5;
  const PreparedSound filled = prepared({.sample_rate = 10, .channels = {{1.0F, 2.0F, 3.0F}}}, steps);
  EXPECT_EQ(filled.numbers, (std::vector<float>{1.0F, 2.0F, 3.0F, 0.0F, 0.0F}));
  EXPECT_EQ(filled.shape, (std::vector<std::int64_t>{1, 5}));
  EXPECT_EQ(filled.own_step_count, 3U);
  EXPECT_DOUBLE_EQ(filled.seconds_per_step, 0.1);
  steps.length = 2;
  const PreparedSound cut = prepared({.sample_rate = 10, .channels = {{1.0F, 2.0F, 3.0F}}}, steps);
  EXPECT_EQ(cut.numbers, (std::vector<float>{1.0F, 2.0F}));
  EXPECT_EQ(cut.own_step_count, 2U);
}

TEST(SoundPreprocessing, TakesTheMeanOfChannelsOrAllOfThem) {
  const Sound stereo = {.sample_rate = 10, .channels = {{1.0F, 0.5F}, {0.0F, -0.5F}}};
  EXPECT_EQ(prepared(stereo, {}).numbers, (std::vector<float>{0.5F, 0.0F}));
  SoundPreprocessing steps;
  steps.channels = SoundPreprocessing::Channels::kStored;
  const PreparedSound both = prepared(stereo, steps);
  EXPECT_EQ(both.numbers, (std::vector<float>{1.0F, 0.5F, 0.0F, -0.5F}));
  EXPECT_EQ(both.shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(time_axis(steps), 1U);
}

TEST(SoundPreprocessing, ResamplesBeforeItCuts) {
  SoundPreprocessing steps;
  steps.sample_rate = 8000;
  steps.length = 60;
  const PreparedSound sound = prepared(drawn(100, 1, 16000), steps);
  EXPECT_EQ(sound.sample_rate, 8000U);
  EXPECT_EQ(sound.own_step_count, 50U);
  EXPECT_EQ(sound.numbers[55], 0.0F);
}

TEST(SoundPreprocessing, NamesASoundThatIsTooShort) {
  EXPECT_TRUE(mentions(thrown_message<BrokenFileError>([] { return prepared(drawn(200, 1), of_mel({})); }),
                       {"val.csv:2: 'a.wav': expected at least 201 samples for a window of its spectrogram, got 200"}));
  EXPECT_NO_THROW(prepared(drawn(201, 1), of_mel({})));
}

TEST(SoundPreprocessing, NamesASoundThatWouldBeTooLong) {
  SoundPreprocessing steps;
  steps.sample_rate = kMostSampleRate;
  EXPECT_TRUE(mentions(thrown_message<BrokenFileError>([&] { return prepared(drawn(1000, 1, 1), steps); }),
                       {"expected at most 134217728 numbers at the new sample rate, got 768000000"}));
}

}  // namespace
}  // namespace modattr
