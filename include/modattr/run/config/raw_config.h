#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "modattr/data/raw/column_encoding.h"
#include "modattr/data/raw/picture_preprocessing.h"
#include "modattr/data/raw/sound/sound_preprocessing.h"

namespace modattr {

/// How a modality's inputs are made of a manifest.
struct RawConfig {
  /// Column of texts or paths.
  std::optional<std::string> column;
  std::optional<std::filesystem::path> tokenizer;
  /// Tokens of every text, samples of every sound.
  std::optional<std::size_t> max_length;
  PicturePreprocessing picture;
  /// Its length is the configuration's max_length or max_seconds.
  SoundPreprocessing sound;
  /// Where the preprocessing of pictures or sounds comes from, if not from the configuration itself.
  std::optional<std::filesystem::path> preprocessing_file;
  /// Of columns; those without an entry are numbers as they are.
  std::vector<ColumnEncoding> encodings;
  /// The first of these keys that a configuration holds, which only make sense for a manifest.
  std::optional<std::string> first_key;
};

}  // namespace modattr
