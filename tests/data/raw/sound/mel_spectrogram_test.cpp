#include "data/raw/sound/mel_spectrogram.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(MelSpectrogram, HasBandsThatOverlapByHalf) {
  MelStep step;
  step.n_fft = 1024;
  step.n_mels = 20;
  const std::vector<MelBand> bands = mel_bands(step, 16000);
  ASSERT_EQ(bands.size(), 20U);
  // Between the first band's middle and the last one's, the weights of a frequency add up to 1.
  std::vector<double> sums(513);
  for (const MelBand& band : bands) {
    for (std::size_t place = 0; place < band.weights.size(); ++place) {
      sums[band.first + place] += static_cast<double>(band.weights[place]);
    }
  }
  for (std::size_t place = 10; place < 440; ++place) EXPECT_NEAR(sums[place], 1.0, 1e-6) << place;
  EXPECT_LT(sums[512], 1e-6);
}

TEST(MelSpectrogram, PutsAToneIntoItsBand) {
  MelStep step;
  step.n_mels = 16;
  std::vector<float> samples;
  for (int place = 0; place < 4000; ++place) {
    samples.push_back(static_cast<float>(std::sin(2.0 * M_PI * 1000.0 * place / 16000.0)));
  }
  const std::size_t frames = frame_count(step, samples.size());
  ASSERT_EQ(frames, 21U);
  const std::vector<float> numbers = mel_spectrogram(samples, step, 16000);
  ASSERT_EQ(numbers.size(), 16 * frames);
  // 1000 Hz are 1000 mel, of 2840 mel at 8000 Hz: between the middles of the bands 4 and 5.
  std::size_t loudest = 0;
  for (std::size_t band = 0; band < 16; ++band) {
    if (numbers[band * frames + 10] > numbers[loudest * frames + 10]) loudest = band;
  }
  EXPECT_EQ(loudest, 5U);
}

TEST(MelSpectrogram, KnowsTheSamplesOfAFrame) {
  MelStep step;
  EXPECT_EQ(least_samples(step), 201U);
  EXPECT_EQ(frame_count(step, 201), 2U);
  step.padding = MelStep::Padding::kZeros;
  EXPECT_EQ(least_samples(step), 1U);
  EXPECT_EQ(frame_count(step, 1), 1U);
  step.center = false;
  EXPECT_EQ(least_samples(step), 400U);
  EXPECT_EQ(frame_count(step, 599), 1U);
  EXPECT_EQ(frame_count(step, 600), 2U);
  step.kind = MelStep::Kind::kKaldi;
  step.win_length = 300;
  EXPECT_EQ(least_samples(step), 300U);
  EXPECT_EQ(frame_count(step, 499), 1U);
}

}  // namespace
}  // namespace modattr
