#include "modattr/data/raw/sound/sound_file.h"

#include <cmath>
#include <span>
#include <string>

#include <gtest/gtest.h>

#include "modattr/data/array_file.h"
#include "modattr/data/array_tensor.h"
#include "modattr/data/raw/broken_file.h"
#include "support/array_writers.h"
#include "support/drawn_sound.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

const std::filesystem::path kSounds = MODATTR_TEST_DIR "/fixtures/sounds";

Sound sound_of(const std::string& content) {
  return decode_sound(std::as_bytes(std::span(content)), "val.csv:3: 'a.wav'");
}

std::string sound_problem(const std::string& content) {
  return thrown_message<BrokenFileError>([&] { return sound_of(content); });
}

TEST(SoundFile, GivesTheSamplesThatWereWritten) {
  std::size_t count = 0;
  for (const Array& array : open_array_file(kSounds / "files.npz")) {
    const Sound sound = read_sound(kSounds / array.name, array.name);
    const std::vector<double> expected = to_doubles(array);
    ASSERT_EQ(static_cast<std::int64_t>(sound.channels.size()), array.shape[0]) << array.name;
    // Another version of a decoder may round in another way.
    const double tolerance = array.name.ends_with(".ogg") ? 1e-4 : 0.0;
    for (std::size_t channel = 0; channel < sound.channels.size(); ++channel) {
      ASSERT_EQ(static_cast<std::int64_t>(sound.channels[channel].size()), array.shape[1]) << array.name;
      for (std::size_t place = 0; place < sound.channels[channel].size(); ++place) {
        ASSERT_NEAR(static_cast<double>(sound.channels[channel][place]),
                    expected[channel * sound.channels[channel].size() + place], tolerance)
            << array.name << " " << place;
      }
    }
    ++count;
  }
  EXPECT_EQ(count, 13U);
  EXPECT_EQ(read_sound(kSounds / "8-bit.wav", "x").sample_rate, 8000U);
  EXPECT_EQ(read_sound(kSounds / "24-bit-stereo.flac", "x").sample_rate, 44100U);
}

TEST(SoundFile, NamesWhatIsTruncated) {
  for (const std::string name :
       {"8-bit.wav", "16-bit.wav", "24-bit-stereo.wav", "float.wav", "16-bit.flac", "vorbis.ogg", "opus.ogg"}) {
    const std::string content = read_file(kSounds / name);
    ASSERT_NO_THROW(sound_of(content)) << name;
    for (const std::size_t size : {std::size_t{10}, std::size_t{30}, content.size() / 4, content.size() / 2,
                                   content.size() * 3 / 4, content.size() - 1}) {
      EXPECT_TRUE(mentions(sound_problem(content.substr(0, size)), {"val.csv:3: 'a.wav': expected a"}))
          << name << " " << size;
    }
  }
}

TEST(SoundFile, NamesAFlacThatEndsBetweenItsFrames) {
  std::string content = read_file(kSounds / "16-bit.flac");
  // The lowest byte of the number of samples in its header: 301 become 351.
  content[25] = static_cast<char>(content[25] + 50);
  EXPECT_TRUE(mentions(sound_problem(content), {"it ends after 301 of 351 samples"})) << sound_problem(content);
}

TEST(SoundFile, NamesWhatIsDamaged) {
  for (const std::string name : {"16-bit.flac", "vorbis.ogg", "opus.ogg"}) {
    std::string content = read_file(kSounds / name);
    for (std::size_t place = content.size() - 100; place < content.size() - 60; ++place) content[place] ^= 0x55;
    EXPECT_TRUE(mentions(sound_problem(content), {"val.csv:3: 'a.wav': expected a"})) << name;
  }
}

TEST(SoundFile, RefusesOtherFiles) {
  EXPECT_TRUE(mentions(sound_problem("ID3, as an MP3 begins"),
                       {"expected a WAV, FLAC or Ogg sound, got a file that begins with 'ID3, as '"}));
  EXPECT_TRUE(mentions(sound_problem(""), {"got an empty file"}));
  EXPECT_TRUE(mentions(sound_problem("RIFF\4\0\0\0AVI "), {"expected a WAV, FLAC or Ogg sound"}));
  EXPECT_TRUE(mentions(sound_problem("fLaC"), {"expected a FLAC sound that can be decoded"}));
  EXPECT_TRUE(mentions(sound_problem("OggS"), {"expected an Ogg sound that can be decoded"}));
  EXPECT_THROW(read_sound(kSounds / "missing.wav", "x"), BrokenFileError);
  EXPECT_THROW(read_sound(kSounds, "x"), BrokenFileError);
}

TEST(SoundFile, RefusesASoundWithoutSamples) {
  EXPECT_TRUE(
      mentions(sound_problem(wav_content(drawn_sound(0, 1), 16000)), {"expected a WAV sound that can be decoded"}));
}

TEST(SoundFile, RefusesAbsurdHeaders) {
  const std::string content = wav_content(drawn_sound(100, 1), 16000);
  const auto with = [&](std::size_t place, const std::string& bytes) {
    std::string changed = content;
    changed.replace(place, bytes.size(), bytes);
    return sound_problem(changed);
  };
  EXPECT_TRUE(mentions(with(22, little_endian(0, 2)), {"expected a WAV sound"})) << "no channels";
  EXPECT_TRUE(mentions(with(22, little_endian(60000, 2)), {"expected a WAV sound"})) << "60000 channels";
  EXPECT_TRUE(mentions(with(24, little_endian(0, 4)), {"expected a WAV sound"})) << "0 samples per second";
  EXPECT_TRUE(mentions(with(24, little_endian(0x7FFFFFFFU, 4)), {"2147483647 samples per second"}));
  EXPECT_TRUE(mentions(with(34, little_endian(0, 2)), {"expected a WAV sound"})) << "no bits";
  EXPECT_TRUE(mentions(with(40, little_endian(1U << 30U, 4)), {"it ends after 200 of 1073741824 bytes"}));
}

TEST(SoundFile, RefusesCodingsThatAreNotSupported) {
  // Microsoft's ADPCM.
  std::string content = wav_content(drawn_sound(256, 1), 16000);
  content.replace(20, 2, little_endian(2, 2));
  EXPECT_TRUE(mentions(sound_problem(content), {"expected a WAV sound that can be decoded"}));
}

TEST(SoundFile, RefusesSamplesThatAreNoFiniteNumbers) {
  std::string content = read_file(kSounds / "float.wav");
  content.replace(content.size() - 4, 4, little_endian(0x7FC00000U, 4));
  EXPECT_TRUE(mentions(sound_problem(content), {"a sample that is no finite number"}));
}

TEST(SoundFile, TakesLengthsThatPipesLeaveOpen) {
  std::string content = wav_content(drawn_sound(100, 1), 16000);
  content.replace(4, 4, little_endian(0xFFFFFFFFU, 4));
  content.replace(40, 4, little_endian(0xFFFFFFFFU, 4));
  EXPECT_EQ(sound_of(content).channels.front(), as_floats(drawn_sound(100, 1)));
}

}  // namespace
}  // namespace modattr
