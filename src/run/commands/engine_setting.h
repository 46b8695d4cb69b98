#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "modattr/core/options.h"
#include "modattr/engines/engine.h"
#include "modattr/run/setup/experiment.h"

namespace modattr {

/// The text of an option that the engine may not have.
std::optional<std::string> text_of(const OptionValues& options, std::string_view name);

/// What an engine may know of an experiment.
EngineSetting setting_of(const Experiment& experiment, const OptionValues& options);

}  // namespace modattr
