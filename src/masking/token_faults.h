#pragma once

#include <memory>
#include <vector>

#include "modattr/masking/fault_maker.h"

namespace modattr {

/// Faults of texts; see make_fault_maker().
std::unique_ptr<FaultMaker> make_token_faults(FaultMakerOptions options, const Dataset& dataset,
                                              std::vector<SegmentedInput> inputs);

}  // namespace modattr
