#pragma once

#include "modattr/engines/engine.h"

namespace modattr {

/// `modattr lime`: a simple model around each example (see LocalSurrogate).
Engine lime_engine();

}  // namespace modattr
