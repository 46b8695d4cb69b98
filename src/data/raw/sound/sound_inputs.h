#pragma once

#include <cstddef>

#include "modattr/data/data_source.h"
#include "modattr/data/raw/manifest.h"

namespace modattr {

/// A file as the model gets it; BrokenFileError where it cannot be read.
PreparedSound prepared_sound(const NamedFiles& files, std::size_t file, const SoundPreprocessing& preprocessing);

/// Adds the arrays and origins of an input of sounds and of its mask. The first file says the shape of all.
void add_sounds(const SoundInput& input, const NamedFiles& files, DataSource& source);

}  // namespace modattr
