#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "modattr/data/dataset.h"
#include "modattr/run/config/config.h"

namespace modattr {

/// Names of the columns of each input of a modality, [inputs] of [columns of its array]; empty where they have none.
/// They come from the configuration, else from texts INPUT__columns of the data. `modality`: its place in the
/// configuration. Throws ConfigError or DataError where there are not as many names as columns, or they cannot be told
/// apart.
std::vector<std::vector<std::string>> column_names(const Config& config, std::size_t modality, const Dataset& dataset);

/// Throws the same errors for all modalities whose players are columns.
void check_column_names(const Config& config, const Dataset& dataset);

}  // namespace modattr
