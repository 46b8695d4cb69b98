#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "modattr/engines/surrogate/local_surrogate.h"
#include "modattr/engines/surrogate/surrogate_example.h"

namespace modattr {

/// Adds a warning for each reason not to trust the surrogates of some examples, with the options that may help.
void warn_about_surrogates(std::span<const SurrogateExample> solved, const LocalSurrogateOptions& options,
                           std::size_t modality_count, std::vector<std::string>& warnings);

}  // namespace modattr
