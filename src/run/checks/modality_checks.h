#pragma once

#include <string>
#include <vector>

#include "modattr/data/dataset.h"
#include "modattr/run/config/config.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// Checks what a configuration says of its modalities against the data, before the model runs: vocabularies, players
/// that are named, ids of removals. Throws ConfigError that names the key.
void check_modalities(const Config& config, const Dataset& dataset, const InputLayout& layout);

/// What a run over one example cannot say. `is_permuted`: modalities take other examples' data, none is removed.
std::string warning_of_one_example(const Config& config, const Dataset& dataset, bool is_permuted);

/// What of the data goes into no modality, though the model would take it, and modalities whose data is the same in all
/// rows; one sentence each. `optional_arguments`: of forward(), by name.
std::vector<std::string> unused_data(const Config& config, const Dataset& dataset, const InputLayout& layout,
                                     const std::vector<std::string>& optional_arguments);

}  // namespace modattr
