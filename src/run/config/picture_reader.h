#pragma once

#include <filesystem>

#include "json_object.h"
#include "modattr/data/raw/picture_preprocessing.h"

namespace modattr {

/// Steps of pictures in the words of torchvision: orientation, channels, resize, center_crop, rescale, normalize.
PicturePreprocessing read_picture_steps(JsonObject steps);

/// A preprocessor_config.json of transformers. Throws ConfigError naming the key for anything that it asks for and that
/// is not done here as transformers does it.
PicturePreprocessing read_preprocessor_file(const std::filesystem::path& file);

}  // namespace modattr
