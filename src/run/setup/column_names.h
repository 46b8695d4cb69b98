#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "modattr/data/dataset.h"
#include "modattr/model/model.h"
#include "modattr/run/config/config.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// Names of the columns of each input of a modality, [inputs] of [columns of its array]; empty where they have none.
/// They come from the configuration, else from texts INPUT__columns of the data. `modality`: its place in the
/// configuration. Throws ConfigError or DataError where there are not as many names as columns, or they cannot be told
/// apart.
std::vector<std::vector<std::string>> column_names(const Config& config, std::size_t modality, const Dataset& dataset);

/// Throws the same errors for all modalities whose players are columns.
void check_column_names(const Config& config, const Dataset& dataset);

/// Where the columns of each input of a model of trees begin among all of its columns, [inputs].
std::vector<std::size_t> first_columns(const Dataset& dataset, const InputLayout& layout);

/// Throws ConfigError where a column has one name in the configuration or the data, and another one in a model of
/// trees. Does nothing for other models.
void check_tree_columns(const Config& config, const Model& model, const Dataset& dataset, const InputLayout& layout);

/// Gives the columns of a modality's inputs [inputs] of [columns] the names that a model of trees has for them, where
/// they have none.
void name_tree_columns(const ModalityConfig& modality, const Model& model, const Dataset& dataset,
                       const InputLayout& layout, std::vector<std::vector<std::string>>& names);

}  // namespace modattr
