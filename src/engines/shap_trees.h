#pragma once

#include <optional>

#include "modattr/core/contributions/contributions.h"
#include "modattr/core/options.h"
#include "modattr/engines/engine.h"

namespace modattr {

/// Throws ConfigError where options of shap do not go with values of trees that are asked for.
void check_tree_options(const OptionValues& options);

/// Values of trees of the features' or modalities' game, where they were asked for, or are the exact answer to what was
/// asked for; nullopt where an estimator or enumeration gives the values. Throws ConfigError where they were asked for
/// and the value is none that trees add up to; a model that is none of trees is refused when it is asked.
std::optional<ContributionRequest> tree_request(const OptionValues& options, const EngineSetting& setting);

}  // namespace modattr
