#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "modattr/core/contributions/contributions.h"

namespace modattr {

/// Words of the option "method" that look inside of the model: deep, ig, gradient, input-x-gradient.
std::span<const std::string> contribution_method_names();
/// nullopt for any other word.
std::optional<ContributionMethod> find_contribution_method(std::string_view name);

}  // namespace modattr
