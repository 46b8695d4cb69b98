#pragma once

#include <span>

#include "modattr/core/definition_legend.h"

namespace modattr {

/// Every family of definitions that an engine's rows are of. A new engine adds its own.
std::span<const DefinitionLegend> definition_legends();

}  // namespace modattr
