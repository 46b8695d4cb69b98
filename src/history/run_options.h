#pragma once

#include <string>
#include <string_view>

#include "modattr/history/stored_result.h"

namespace modattr {

/// What was in force when the rows of `run` were computed, or the model's own score where `run` is empty: two results
/// with equal texts belong to one trend. A JSON object, without what may differ between releases or changes no number:
/// where files lie, the model's rows per call, the device, --per-example.
std::string options_of_run(const StoredHead& head, std::string_view run);

/// What differs between two texts of options_of_run(), e.g. "budget from 512 to 1024, seed from 0 to 1".
std::string describe_change(const std::string& before, const std::string& after);

}  // namespace modattr
