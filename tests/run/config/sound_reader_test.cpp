#include "run/config/sound_reader.h"

#include <limits>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

SoundPreprocessing sound_steps(const std::string& text) {
  const Json steps = Json::parse(text);
  return read_sound_steps(JsonObject(steps, "modattr.json: preprocessing"));
}

std::string sound_problem(const std::string& text) {
  return thrown_message<ConfigError>([&] { return sound_steps(text); });
}

TEST(SoundSteps, SpeakTheWordsOfTorchaudio) {
  const SoundPreprocessing none = sound_steps("{}");
  EXPECT_EQ(none.channels, SoundPreprocessing::Channels::kMono);
  EXPECT_FALSE(none.sample_rate || none.length || none.mel || none.squeezes || none.transposes);
  const SoundPreprocessing steps = sound_steps(
      R"({"sample_rate": 16000, "squeeze": true, "transpose": true, "normalize": {"mean": -4, "std": 2},
          "mel_spectrogram": {"n_fft": 512, "win_length": 400, "hop_length": 160, "f_min": 20, "f_max": 7600,
                              "n_mels": 64, "power": 1, "center": false, "pad_mode": "constant", "norm": "slaney",
                              "mel_scale": "slaney"},
          "amplitude_to_db": {"stype": "magnitude", "top_db": 80}})");
  EXPECT_EQ(steps.sample_rate, 16000U);
  EXPECT_TRUE(steps.squeezes);
  EXPECT_TRUE(steps.transposes);
  EXPECT_EQ(steps.mean, -4.0F);
  EXPECT_EQ(steps.std, 2.0F);
  EXPECT_EQ(steps.mel->n_fft, 512U);
  EXPECT_EQ(steps.mel->win_length, 400U);
  EXPECT_EQ(steps.mel->hop_length, 160U);
  EXPECT_EQ(steps.mel->f_min, 20.0);
  EXPECT_EQ(steps.mel->f_max, 7600.0);
  EXPECT_EQ(steps.mel->n_mels, 64U);
  EXPECT_EQ(steps.mel->power, 1.0);
  EXPECT_FALSE(steps.mel->center);
  EXPECT_EQ(steps.mel->padding, MelStep::Padding::kZeros);
  EXPECT_TRUE(steps.mel->is_area_normalised);
  EXPECT_EQ(steps.mel->mel_scale, MelStep::MelScale::kSlaney);
  EXPECT_EQ(steps.scale.kind, SoundScale::Kind::kDecibel);
  EXPECT_EQ(steps.scale.decibels, 20.0);
  EXPECT_EQ(steps.scale.top_db, 80.0);
}

TEST(SoundSteps, HaveTheDefaultsOfTorchaudio) {
  const SoundPreprocessing steps =
      sound_steps(R"({"sample_rate": 8000, "mel_spectrogram": {"n_fft": 600}, "amplitude_to_db": true})");
  EXPECT_EQ(steps.mel->win_length, 600U);
  EXPECT_EQ(steps.mel->hop_length, 300U);
  EXPECT_EQ(steps.mel->n_mels, 128U);
  EXPECT_FALSE(steps.mel->f_max.has_value());
  EXPECT_EQ(steps.scale.decibels, 10.0);
  EXPECT_FALSE(steps.scale.top_db.has_value());
  const SoundPreprocessing logarithm =
      sound_steps(R"({"sample_rate": 8000, "mel_spectrogram": {}, "log": {"min": 1e-5, "offset": 1e-6}})");
  EXPECT_EQ(logarithm.scale.kind, SoundScale::Kind::kLogarithm);
  EXPECT_EQ(logarithm.scale.least, 1e-5);
  EXPECT_EQ(logarithm.scale.offset, 1e-6);
  EXPECT_EQ(sound_steps(R"({"normalize": true})").standardisation, SoundPreprocessing::Standardisation::kSound);
}

TEST(SoundSteps, NameWhatTheyDoNotKnow) {
  const auto names = [](const std::string& text, const std::vector<std::string>& words) {
    const std::string problem = sound_problem(text);
    for (const std::string& word : words) EXPECT_NE(problem.find(word), std::string::npos) << problem;
  };
  names(R"({"sampel_rate": 4})", {"unknown key 'sampel_rate'", "'sample_rate'"});
  names(R"({"sample_rate": 0})", {"preprocessing.sample_rate", "1 to 768000"});
  names(R"({"mel_spectrogram": {}})", {"preprocessing.mel_spectrogram", "\"sample_rate\" beside it"});
  names(R"({"log": {"offset": 1}})", {"preprocessing.log", "\"mel_spectrogram\" beside it"});
  names(R"({"transpose": true})", {"preprocessing.transpose"});
  names(R"({"squeeze": true, "channels": "stored"})", {"preprocessing.squeeze", "\"mono\""});
  const auto of_mel = [](const std::string& mel, const std::string& rest = "") {
    return R"({"sample_rate": 8000, "mel_spectrogram": )" + mel + rest + "}";
  };
  names(of_mel(R"({"hop": 3})"), {"unknown key 'hop'", "hop_length"});
  names(of_mel(R"({"n_fft": 10, "win_length": 11})"), {"mel_spectrogram.win_length", "2 to 10"});
  names(of_mel(R"({"f_min": 4000})"), {"mel_spectrogram.f_min", "half of \"sample_rate\""});
  names(of_mel(R"({"f_min": 40, "f_max": 30})"), {"mel_spectrogram.f_max"});
  names(of_mel(R"({"norm": "area"})"), {"mel_spectrogram.norm", "slaney"});
  names(of_mel(R"({"power": 0})"), {"mel_spectrogram.power"});
  names(of_mel("{}", R"(, "log": true)"), {"preprocessing.log", "an object"});
  names(of_mel("{}", R"(, "log": {})"), {"preprocessing.log", "silence"});
  names(of_mel("{}", R"(, "log": {"min": 1}, "amplitude_to_db": true)"), {"preprocessing.log", "amplitude_to_db"});
  names(of_mel("{}", R"(, "normalize": true)"), {"preprocessing.normalize", "spectrograms"});
  names(of_mel("{}", R"(, "normalize": {"std": 0})"), {"normalize.std", "other than 0"});
}

class FeatureExtractorFileTest : public testing::Test {
 protected:
  SoundPreprocessing read(const std::string& text) {
    write_file(folder_ / "preprocessor_config.json", text);
    return read_feature_extractor_file(folder_ / "preprocessor_config.json");
  }
  std::string problem(const std::string& text) {
    return thrown_message<ConfigError>([&] { return read(text); });
  }

  TemporaryFolder folder_;
};

TEST_F(FeatureExtractorFileTest, OfWav2Vec2StandardisesWaveforms) {
  const std::string with_mask =
      R"({"do_normalize": true, "feature_extractor_type": "Wav2Vec2FeatureExtractor", "feature_size": 1,
          "padding_side": "right", "padding_value": 0.0, "return_attention_mask": true, "sampling_rate": 16000})";
  const SoundPreprocessing steps = read(with_mask);
  EXPECT_EQ(steps.sample_rate, 16000U);
  EXPECT_TRUE(steps.squeezes);
  EXPECT_FALSE(steps.mel || steps.length);
  EXPECT_EQ(steps.standardisation, SoundPreprocessing::Standardisation::kSound);
  EXPECT_EQ(read(R"({"feature_extractor_type": "Wav2Vec2FeatureExtractor"})").standardisation,
            SoundPreprocessing::Standardisation::kFilledSound);
  EXPECT_EQ(read(R"({"feature_extractor_type": "Wav2Vec2FeatureExtractor", "do_normalize": false})").standardisation,
            SoundPreprocessing::Standardisation::kNone);
}

TEST_F(FeatureExtractorFileTest, OfWhisperMakesThirtySeconds) {
  const SoundPreprocessing steps =
      read(R"({"chunk_length": 30, "feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 80,
               "hop_length": 160, "n_fft": 400, "n_samples": 480000, "nb_max_frames": 3000, "padding_side": "right",
               "padding_value": 0.0, "processor_class": "WhisperProcessor", "return_attention_mask": false,
               "sampling_rate": 16000, "mel_filters": [[0.5]], "dither": 0.0})");
  EXPECT_EQ(steps.length, 480000U);
  EXPECT_EQ(steps.mel->n_mels, 80U);
  EXPECT_EQ(steps.mel->hop_length, 160U);
  EXPECT_EQ(steps.mel->f_max, 8000.0);
  EXPECT_EQ(steps.mel->mel_scale, MelStep::MelScale::kSlaney);
  EXPECT_TRUE(steps.mel->is_area_normalised);
  EXPECT_TRUE(steps.mel->drops_last_frame);
  EXPECT_EQ(steps.scale.kind, SoundScale::Kind::kWhisper);
  EXPECT_TRUE(steps.squeezes);
  EXPECT_FALSE(steps.transposes);
}

TEST_F(FeatureExtractorFileTest, OfAstMakesFiltersOfKaldi) {
  const SoundPreprocessing steps =
      read(R"({"do_normalize": true, "feature_extractor_type": "ASTFeatureExtractor", "feature_size": 1,
               "max_length": 1024, "mean": -4.2677393, "num_mel_bins": 128, "padding_side": "right",
               "padding_value": 0.0, "return_attention_mask": false, "sampling_rate": 16000, "std": 4.5689974})");
  EXPECT_EQ(steps.mel->kind, MelStep::Kind::kKaldi);
  EXPECT_EQ(steps.mel->win_length, 400U);
  EXPECT_EQ(steps.mel->hop_length, 160U);
  EXPECT_EQ(steps.mel->n_fft, 512U);
  EXPECT_EQ(steps.mel->f_min, 20.0);
  EXPECT_EQ(steps.frame_count, 1024U);
  EXPECT_EQ(steps.scale.least, static_cast<double>(std::numeric_limits<float>::epsilon()));
  EXPECT_TRUE(steps.transposes);
  EXPECT_FLOAT_EQ(steps.std, 9.1379948F);
}

TEST_F(FeatureExtractorFileTest, NamesWhatIsNotDone) {
  EXPECT_TRUE(mentions(problem(R"({"feature_extractor_type": "ClapFeatureExtractor"})"),
                       {"feature_extractor_type", "got 'ClapFeatureExtractor'", "\"preprocessing\""}));
  EXPECT_TRUE(mentions(problem(R"({"feature_extractor_type": "WhisperFeatureExtractor", "dither": 0.1})"),
                       {": dither: expected", "0.0"}));
  EXPECT_TRUE(mentions(problem(R"({"feature_extractor_type": "Wav2Vec2FeatureExtractor", "padding_side": "left"})"),
                       {": padding_side: expected", "\"right\""}));
  EXPECT_TRUE(mentions(problem(R"({"feature_extractor_type": "Wav2Vec2FeatureExtractor", "padding_value": 1.0})"),
                       {": padding_value: expected"}));
  EXPECT_TRUE(mentions(problem(R"({"feature_extractor_type": "ASTFeatureExtractor", "fmax": 3})"),
                       {": fmax: expected", "only keys whose effect is known"}));
  EXPECT_TRUE(mentions(problem("{}"), {"feature_extractor_type"}));
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return read_feature_extractor_file(folder_ / "none.json"); }),
                       {"none.json", "expected a preprocessor_config.json"}));
}

}  // namespace
}  // namespace modattr
