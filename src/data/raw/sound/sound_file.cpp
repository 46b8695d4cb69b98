#include "modattr/data/raw/sound/sound_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>

#include <sndfile.h>

#include "modattr/data/mapped_file.h"
#include "modattr/data/messages.h"
#include "modattr/data/raw/broken_file.h"
#include "sound_container.h"

namespace modattr {
namespace {

constexpr sf_count_t kFramesAtATime = 1 << 14;
constexpr std::size_t kMostChannels = 64;

/// Bytes that libsndfile reads like a file.
struct SoundBytes {
  std::span<const std::byte> bytes;
  sf_count_t place = 0;
};

sf_count_t size_of_bytes(void* data) {
  return static_cast<sf_count_t>(static_cast<const SoundBytes*>(data)->bytes.size());
}

sf_count_t seek_in_bytes(sf_count_t offset, int whence, void* data) {
  auto& source = *static_cast<SoundBytes*>(data);
  const sf_count_t size = size_of_bytes(data);
  const sf_count_t start = whence == SEEK_CUR ? source.place : whence == SEEK_END ? size : 0;
  if (offset < -start || offset > size - start) return -1;
  source.place = start + offset;
  return source.place;
}

sf_count_t read_bytes(void* target, sf_count_t count, void* data) {
  auto& source = *static_cast<SoundBytes*>(data);
  const sf_count_t read = std::clamp<sf_count_t>(size_of_bytes(data) - source.place, 0, std::max<sf_count_t>(count, 0));
  if (read > 0) std::memcpy(target, source.bytes.data() + source.place, static_cast<std::size_t>(read));
  source.place += read;
  return read;
}

sf_count_t write_nothing(const void*, sf_count_t, void*) {
  return 0;
}

sf_count_t place_in_bytes(void* data) {
  return static_cast<const SoundBytes*>(data)->place;
}

struct SoundCloser {
  void operator()(SNDFILE* file) const noexcept { sf_close(file); }
};

using SoundHandle = std::unique_ptr<SNDFILE, SoundCloser>;

/// libsndfile's name of a format or subformat.
std::string format_name(int format) {
  SF_FORMAT_INFO info = {};
  info.format = format;
  const bool is_known = sf_command(nullptr, SFC_GET_FORMAT_INFO, &info, sizeof info) == 0 && info.name != nullptr;
  return is_known ? info.name : "an unknown one";
}

/// What libsndfile says is wrong.
std::string problem_of(SNDFILE* file) {
  std::string text = sf_strerror(file);
  if (text.starts_with("Internal error")) return "a damaged header";
  constexpr std::string_view kPrefix = "Error : ";
  if (text.starts_with(kPrefix)) text.erase(0, kPrefix.size());
  if (text.ends_with('.')) text.pop_back();
  return text;
}

bool is_known_coding(int format) {
  switch (format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_U8:
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_PCM_32:
    case SF_FORMAT_FLOAT:
    case SF_FORMAT_DOUBLE:
    case SF_FORMAT_ULAW:
    case SF_FORMAT_ALAW:
    case SF_FORMAT_VORBIS:
    case SF_FORMAT_OPUS:
      return true;
    default:
      return false;
  }
}

/// What is wrong with the file, empty if nothing is.
std::string decode_with_libsndfile(std::span<const std::byte> bytes, Sound& sound) {
  SoundBytes source{.bytes = bytes};
  SF_VIRTUAL_IO io = {.get_filelen = size_of_bytes,
                      .seek = seek_in_bytes,
                      .read = read_bytes,
                      .write = write_nothing,
                      .tell = place_in_bytes};
  SF_INFO info = {};
  const SoundHandle file(sf_open_virtual(&io, SFM_READ, &info, &source));
  if (!file) return problem_of(nullptr);
  if (!is_known_coding(info.format)) {
    return "samples coded as " + format_name(info.format & SF_FORMAT_SUBMASK) + ", which are not supported";
  }
  if (info.channels < 1 || info.channels > static_cast<int>(kMostChannels)) {
    return std::to_string(info.channels) + " channels, more than " + std::to_string(kMostChannels);
  }
  if (info.samplerate < 1 || info.samplerate > static_cast<int>(kMostSampleRate)) {
    return std::to_string(info.samplerate) + " samples per second";
  }
  const auto channel_count = static_cast<std::size_t>(info.channels);
  sound.sample_rate = static_cast<std::size_t>(info.samplerate);
  sound.channels.assign(channel_count, {});
  // What a header says of the length is not relied on.
  std::vector<float> block(static_cast<std::size_t>(kFramesAtATime) * channel_count);
  std::uint64_t number_count = 0;
  while (const sf_count_t count = sf_readf_float(file.get(), block.data(), kFramesAtATime)) {
    number_count += static_cast<std::uint64_t>(count) * channel_count;
    if (number_count > kMostSoundNumbers) return "more than " + std::to_string(kMostSoundNumbers) + " numbers";
    for (std::size_t channel = 0; channel < channel_count; ++channel) {
      std::vector<float>& samples = sound.channels[channel];
      for (std::size_t frame = 0; frame < static_cast<std::size_t>(count); ++frame) {
        const float number = block[frame * channel_count + channel];
        if (!std::isfinite(number)) return "a sample that is no finite number";
        samples.push_back(number);
      }
    }
  }
  if (sf_error(file.get()) != SF_ERR_NO_ERROR) return problem_of(file.get());
  const auto read = static_cast<sf_count_t>(sound.channels.front().size());
  if (read == 0) return "no samples";
  const bool knows_length = (info.format & SF_FORMAT_TYPEMASK) == SF_FORMAT_FLAC && info.frames < SF_COUNT_MAX;
  if (knows_length && read < info.frames) {
    return "it ends after " + std::to_string(read) + " of " + std::to_string(info.frames) + " samples";
  }
  return {};
}

}  // namespace

Sound decode_sound(std::span<const std::byte> bytes, std::string_view where) {
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()), std::min<std::size_t>(bytes.size(), 16));
  const auto fail = [where](const std::string& expected, const std::string& got) {
    throw BrokenFileError(std::string(where) + ": expected " + expected + ", got " + got);
  };
  std::string format;
  std::string problem;
  if ((start.starts_with("RIFF") || start.starts_with("RIFX") || start.starts_with("RF64")) &&
      start.find("WAVE") == 8) {
    format = "a WAV sound";
    problem = wav_problem(bytes);
  } else if (start.starts_with("fLaC")) {
    format = "a FLAC sound";
  } else if (start.starts_with("OggS")) {
    format = "an Ogg sound";
    problem = ogg_problem(bytes);
  } else {
    fail("a WAV, FLAC or Ogg sound",
         bytes.empty() ? "an empty file" : "a file that begins with " + quoted_text(start.substr(0, 8)));
  }
  Sound sound;
  if (problem.empty()) problem = decode_with_libsndfile(bytes, sound);
  if (!problem.empty()) fail(format + " that can be decoded", quoted_text(problem));
  return sound;
}

Sound read_sound(const std::filesystem::path& path, std::string_view where) {
  std::shared_ptr<const MappedFile> file;
  try {
    file = MappedFile::open(path);
  } catch (const DataError& error) {
    throw BrokenFileError(error.what());
  }
  return decode_sound(file->bytes(), where);
}

}  // namespace modattr
