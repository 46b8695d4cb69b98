#pragma once

#include "modattr/engines/engine.h"

namespace modattr {

/// `modattr permute`: permutation importance of modalities (see PermutationImportance).
Engine permute_engine();

}  // namespace modattr
