#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "modattr/data/dataset.h"
#include "modattr/model/model.h"
#include "modattr/run/config/config.h"

namespace modattr {

/// Takes the names that the data hold, where the configuration gives none; DataError where they cannot be told apart.
void take_class_names(const Dataset& dataset, Config& config);

/// Throws ConfigError where data.classes does not name each of the model's classes or labels, or there are none to
/// name. `output_width`: numbers that the model gives per example.
void check_class_names(const Config& config, const Model& model, std::size_t output_width);

/// The name of a class or label; nullopt where it has none.
std::optional<std::string> class_name(const Config& config, std::size_t index);

/// The class or label as a word of the command line says it, an index or a name; ConfigError, with the nearest name,
/// for any other word.
std::uint32_t class_of_word(const Config& config, std::string_view word);

/// A sentence where a number is the index of one class and the name of another; nullopt elsewhere.
std::optional<std::string> warning_of_number(const Config& config, std::string_view word);

}  // namespace modattr
