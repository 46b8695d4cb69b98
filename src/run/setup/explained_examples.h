#pragma once

#include <optional>
#include <string>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/data/dataset.h"
#include "modattr/report/score_table.h"
#include "modattr/run/config/config.h"
#include "run/config/json_object.h"
#include "targets.h"

namespace modattr {

/// What is told of each explained example, beside its explanation.
std::vector<ExampleRecord> example_records(const Experiment& experiment, const ExplainedTargets& targets,
                                           std::vector<ExampleAttribution> attributions);

/// The same of each traced example, which has no target.
std::vector<ExampleRecord> plain_records(const Experiment& experiment, std::vector<ExampleAttribution> attributions);

/// The same for the set as a whole, of which there is nothing else to tell.
ExampleRecord whole_set_record(ExampleAttribution attribution);

/// The target that was explained, for the configuration in force: a word, or the index of a class. `requested`: the
/// command line's.
Json target_in_force(const Config& config, const ExplainedTargets& targets,
                     const std::optional<std::string>& requested);

}  // namespace modattr
