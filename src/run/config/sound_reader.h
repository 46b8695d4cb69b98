#pragma once

#include <filesystem>

#include "json_object.h"
#include "modattr/data/raw/sound/sound_preprocessing.h"

namespace modattr {

/// Steps of sounds in the words of torchaudio: sample_rate, channels, mel_spectrogram, amplitude_to_db, log, normalize,
/// squeeze, transpose.
SoundPreprocessing read_sound_steps(JsonObject steps);

/// A preprocessor_config.json of transformers, of Wav2Vec2FeatureExtractor, WhisperFeatureExtractor or
/// ASTFeatureExtractor. Throws ConfigError naming the key for anything that it asks for and that is not done here as
/// transformers does it.
SoundPreprocessing read_feature_extractor_file(const std::filesystem::path& file);

}  // namespace modattr
