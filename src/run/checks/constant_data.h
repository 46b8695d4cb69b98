#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "modattr/data/dataset.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// What is wrong with the data of a modality that can change no answer when other rows take its place, as it is empty
/// or the same in every row of the file; a sentence without its subject. nullopt where it differs.
std::optional<std::string> constant_data(const Dataset& dataset, const InputLayout& layout, std::size_t modality);

}  // namespace modattr
