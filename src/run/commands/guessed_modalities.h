#pragma once

#include <optional>
#include <string>
#include <vector>

#include "guessed_task.h"
#include "modattr/data/array.h"
#include "run/config/json_object.h"

namespace modattr {

/// The modalities that arrays look like, as `modalities` of a configuration: one per array, and masks and the like with
/// the tokens that they describe, or the sounds where they are as long as these. `vocab`: the words of the tokens. What
/// was taken for what goes to `guesses`, what may be meant otherwise to `warnings`. Throws ConfigError for words where
/// nothing is tokens.
Json guess_modalities(const std::vector<const Array*>& inputs, const std::optional<std::string>& vocab,
                      std::vector<Guess>& guesses, std::vector<std::string>& warnings);

}  // namespace modattr
