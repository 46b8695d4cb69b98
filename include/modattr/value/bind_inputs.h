#pragma once

#include <string>

#include "modattr/data/dataset.h"
#include "modattr/model/model.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// Checks that the inputs of the modalities are the arguments of forward(), by name; throws ConfigError that lists both
/// sides. A model that takes a dictionary accepts any names.
void check_arguments(const Model& model, const InputLayout& layout);

/// Checks that the columns that modalities name exist in the data; throws ConfigError.
void check_columns(const Dataset& dataset, const InputLayout& layout);

}  // namespace modattr
