#pragma once

#include "modattr/engines/engine.h"

namespace modattr {

/// `modattr trace`.
Engine trace_engine();

}  // namespace modattr
