#include "data/raw/sound/sound_resampling.h"

#include <array>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "modattr/data/array_file.h"
#include "modattr/data/array_tensor.h"
#include "support/drawn_sound.h"

namespace modattr {
namespace {

TEST(SoundResampling, EqualsTorchaudio) {
  // RATES of make.py.
  constexpr std::array<std::array<std::size_t, 2>, 6> kRates = {
      {{44100, 16000}, {8000, 16000}, {22050, 16000}, {48000, 16000}, {16000, 11025}, {16000, 16001}}};
  std::size_t case_count = 0;
  for (const Array& array : open_array_file(MODATTR_TEST_DIR "/fixtures/sounds/prepared.npz")) {
    if (!array.name.starts_with("resampled")) continue;
    const std::size_t number = std::stoul(array.name.substr(9));
    const auto [from, to] = kRates[number];
    const std::vector<float> samples = as_floats(drawn_sound(500 + 31 * number, static_cast<std::uint32_t>(number)));
    const std::vector<float> resampled = resampled_sound(samples, from, to);
    const std::vector<double> expected = to_doubles(array);
    ASSERT_EQ(resampled.size(), expected.size()) << from << " to " << to;
    EXPECT_EQ(resampled_count(samples.size(), from, to), expected.size());
    for (std::size_t place = 0; place < expected.size(); ++place) {
      // torchaudio's rounding: its sums are of hundreds of numbers in single precision.
      ASSERT_NEAR(static_cast<double>(resampled[place]), expected[place], 2e-5) << from << " to " << to << " " << place;
    }
    ++case_count;
  }
  EXPECT_EQ(case_count, 6U);
}

TEST(SoundResampling, LeavesASoundOfThatRateAsItIs) {
  const std::vector<float> samples = as_floats(drawn_sound(40, 1));
  EXPECT_EQ(resampled_sound(samples, 16000, 16000), samples);
}

TEST(SoundResampling, GivesAtLeastOneSample) {
  EXPECT_EQ(resampled_sound(std::vector<float>{0.5F}, 48000, 8000).size(), 1U);
  EXPECT_EQ(resampled_count(1, 768000, 1), 1U);
}

}  // namespace
}  // namespace modattr
