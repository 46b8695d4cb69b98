#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/error.h"
#include "preprocessor_json.h"
#include "sound_reader.h"

namespace modattr {
namespace {

/// A file of transformers, of an extractor of sounds.
class ExtractorFile {
 public:
  explicit ExtractorFile(const std::filesystem::path& path)
      : text_(read_preprocessor_json(path)), object_(text_, path.string()) {}

  SoundPreprocessing read() {
    const std::string name = object_.require_string("feature_extractor_type");
    SoundPreprocessing result;
    result.squeezes = true;
    result.sample_rate = whole("sampling_rate", 16000, kMostSampleRate);
    if (name == "Wav2Vec2FeatureExtractor") {
      read_wav2vec2(result);
    } else if (name == "WhisperFeatureExtractor") {
      read_whisper(result);
    } else if (name == "ASTFeatureExtractor") {
      read_ast(result);
    } else {
      throw ConfigError(object_.where("feature_extractor_type") +
                        ": expected Wav2Vec2FeatureExtractor, WhisperFeatureExtractor or ASTFeatureExtractor, got '" +
                        name + "'; write its steps as \"preprocessing\" into modattr.json");
    }
    reject_others();
    return result;
  }

 private:
  void read_wav2vec2(SoundPreprocessing& result) {
    expect("feature_size", Json(1), "1, a number for each sample");
    if (!flag("do_normalize", true)) return;
    result.standardisation = flag("return_attention_mask", false) ? SoundPreprocessing::Standardisation::kSound
                                                                  : SoundPreprocessing::Standardisation::kFilledSound;
  }

  void read_whisper(SoundPreprocessing& result) {
    expect("dither", Json(0.0), "0.0, as nothing is drawn at random here");
    MelStep step;
    step.n_fft = whole("n_fft", 400, kMostWindow);
    step.win_length = step.n_fft;
    step.hop_length = whole("hop_length", 160, kMostWindow);
    step.n_mels = whole("feature_size", 80, kMostWindow);
    step.f_max = 8000.0;
    step.mel_scale = MelStep::MelScale::kSlaney;
    step.is_area_normalised = true;
    step.drops_last_frame = true;
    result.mel = step;
    result.scale.kind = SoundScale::Kind::kWhisper;
    constexpr std::uint64_t kMostSeconds = 3600;
    result.length = whole("chunk_length", 30, kMostSeconds) * *result.sample_rate;
    // What follows from the others, and the weights of the bands, which transformers computes again.
    known_.insert(known_.end(), {"n_samples", "nb_max_frames", "mel_filters"});
  }

  void read_ast(SoundPreprocessing& result) {
    expect("feature_size", Json(1), "1");
    const std::size_t rate = *result.sample_rate;
    MelStep step;
    step.kind = MelStep::Kind::kKaldi;
    // 25 and 10 ms.
    step.win_length = rate / 40;
    step.hop_length = rate / 100;
    if (step.hop_length == 0) object_.fail("sampling_rate", "at least 100");
    step.n_fft = 2;
    while (step.n_fft < step.win_length) step.n_fft *= 2;
    step.n_mels = whole("num_mel_bins", 128, kMostWindow);
    step.f_min = 20.0;
    result.mel = step;
    result.scale = {.kind = SoundScale::Kind::kLogarithm,
                    .least = static_cast<double>(std::numeric_limits<float>::epsilon())};
    result.frame_count = whole("max_length", 1024, 1U << 20U);
    result.transposes = true;
    if (!flag("do_normalize", true)) return;
    result.mean = static_cast<float>(number("mean", -4.2677393));
    result.std = static_cast<float>(2.0 * number("std", 4.5689974));
    if (result.std == 0.0F) object_.fail("std", "a number other than 0");
  }

  /// Anything else that is switched on would change the numbers.
  void reject_others() {
    expect("padding_value", Json(0.0), "0.0");
    expect("padding_side", Json("right"), "\"right\"");
    known_.insert(known_.end(), {"feature_extractor_type", "processor_class", "return_attention_mask", "return_tensors",
                                 "do_normalize", "mean", "std"});
    for (const auto& [key, value] : text_.items()) {
      const bool is_off = value.is_null() || value == Json(false);
      if (is_off || std::ranges::find(known_, key) != known_.end()) continue;
      throw ConfigError(object_.where(key) +
                        ": expected only keys whose effect is known, got this one; write the steps as "
                        "\"preprocessing\" into modattr.json");
    }
  }

  const Json* find(const char* key) {
    known_.emplace_back(key);
    const Json* const value = object_.find(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }

  void expect(const char* key, const Json& wanted, const std::string& words) {
    const Json* const value = find(key);
    if (value != nullptr && *value != wanted) object_.fail(key, words);
  }

  std::size_t whole(const char* key, std::size_t otherwise, std::uint64_t most) {
    const Json* const value = find(key);
    if (value == nullptr) return otherwise;
    const bool is_within =
        value->is_number_unsigned() && value->get<std::uint64_t>() >= 1 && value->get<std::uint64_t>() <= most;
    if (!is_within) object_.fail(key, "a whole number, 1 to " + std::to_string(most));
    return value->get<std::size_t>();
  }

  double number(const char* key, double otherwise) {
    const Json* const value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_number()) object_.fail(key, "a number");
    return value->get<double>();
  }

  bool flag(const char* key, bool otherwise) {
    const Json* const value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) object_.fail(key, "true or false");
    return value->get<bool>();
  }

  static constexpr std::uint64_t kMostWindow = 65536;

  Json text_;
  JsonObject object_;
  std::vector<std::string> known_;
};

}  // namespace

SoundPreprocessing read_feature_extractor_file(const std::filesystem::path& file) {
  return ExtractorFile(file).read();
}

}  // namespace modattr
