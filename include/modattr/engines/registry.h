#pragma once

#include <span>
#include <string_view>

#include "modattr/engines/engine.h"

namespace modattr {

/// Every engine, in the order of the commands. A new engine is its header, its source and one entry here.
std::span<const Engine> engine_registry();

/// The engine of that name; nullptr when there is none.
const Engine* find_engine(std::string_view name);

}  // namespace modattr
