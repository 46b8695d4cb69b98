#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "modattr/engines/shapley/estimators/shapley_estimator.h"

namespace modattr {

/// The estimator of a value of the option "method". Throws ConfigError for an unknown one.
std::unique_ptr<ShapleyEstimator> make_shapley_estimator(std::string_view name);

/// The values of the option, the default first.
std::span<const std::string> shapley_estimator_names();

}  // namespace modattr
