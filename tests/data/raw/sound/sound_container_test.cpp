#include "data/raw/sound/sound_container.h"

#include <span>
#include <string>

#include <gtest/gtest.h>

#include "support/array_writers.h"
#include "support/drawn_sound.h"

namespace modattr {
namespace {

const std::filesystem::path kContainers = MODATTR_TEST_DIR "/fixtures/sounds";

std::string wav_problem_of(const std::string& content) {
  return wav_problem(std::as_bytes(std::span(content)));
}

std::string ogg_problem_of(const std::string& content) {
  return ogg_problem(std::as_bytes(std::span(content)));
}

TEST(SoundContainer, FindsNothingWrongWithWholeFiles) {
  for (const std::string name : {"8-bit.wav", "24-bit-stereo.wav", "float.wav", "extensible.wav", "a-law.wav"}) {
    EXPECT_EQ(wav_problem_of(read_file(kContainers / name)), "") << name;
  }
  for (const std::string name : {"vorbis.ogg", "opus.ogg"}) {
    EXPECT_EQ(ogg_problem_of(read_file(kContainers / name)), "") << name;
  }
}

TEST(SoundContainer, SaysWhereAWavFileEnds) {
  const std::string content = wav_content(drawn_sound(50, 1), 8000);
  EXPECT_EQ(wav_problem_of(content.substr(0, 8)), "it ends after 8 of 12 bytes");
  EXPECT_EQ(wav_problem_of(content.substr(0, content.size() - 3)), "it ends after 97 of 100 bytes");
  EXPECT_EQ(wav_problem_of(content.substr(0, 36)), "no samples");
}

TEST(SoundContainer, SkipsOtherChunksOfAWavFile) {
  std::string content = wav_content(drawn_sound(50, 1), 8000);
  // Odd lengths are filled up by a byte.
  content.insert(36, "LIST" + little_endian(3, 4) + std::string("abc\0", 4));
  EXPECT_EQ(wav_problem_of(content), "");
  EXPECT_EQ(wav_problem_of(content.substr(0, content.size() - 1)), "it ends after 99 of 100 bytes");
}

TEST(SoundContainer, SaysWhereAnOggFileEnds) {
  const std::string content = read_file(kContainers / "vorbis.ogg");
  EXPECT_NE(ogg_problem_of(content.substr(0, content.size() - 1)).find(" of a page"), std::string::npos);
  EXPECT_EQ(ogg_problem_of(content.substr(0, 20)), "it ends after 20 of 27 bytes");
}

TEST(SoundContainer, ChecksTheSumsOfOggPages) {
  for (const std::string name : {"vorbis.ogg", "opus.ogg"}) {
    std::string content = read_file(kContainers / name);
    content[content.size() / 2] ^= 1;
    EXPECT_NE(ogg_problem_of(content), "") << name;
  }
}

}  // namespace
}  // namespace modattr
