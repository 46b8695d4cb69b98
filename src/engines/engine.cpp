#include "modattr/engines/engine.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "modattr/stats/metrics.h"
#include "modattr/stats/target.h"

namespace modattr {
namespace {

std::string listing(std::string title, std::span<const std::string> names) {
  for (std::size_t place = 0; place < names.size(); ++place) title += (place == 0 ? " " : ", ") + names[place];
  return title;
}

}  // namespace

EngineDescription Engine::describe_all(const OptionValues& options, const EngineSetting&) {
  EngineDescription description;
  for (const OptionSchema& entry : options.schema()) {
    if (entry.name != "metric") description.in_force.emplace_back(entry.name, options.value(entry.name));
  }
  return description;
}

OptionSchema target_option() {
  return {.name = "target",
          .type = OptionType::kText,
          .help = "Class that is explained; default the configuration's, else predicted",
          .placeholder = "predicted|label|INDEX"};
}

OptionSchema value_option() {
  const std::span<const std::string> names = value_names();
  return {.name = "value",
          .type = OptionType::kWord,
          .help = "Behaviour that is explained; default probability, regressions output",
          .placeholder = "VALUE",
          .words = {names.begin(), names.end()}};
}

OptionSchema background_option() {
  return {.name = "background",
          .type = OptionType::kCount,
          .help = "Remove by N rows of the validation set, whatever the configuration says; 0 = all (default 50)",
          .placeholder = "N"};
}

OptionSchema breakdown_option() {
  return {.name = "by",
          .type = OptionType::kText,
          .help = "Also by label, or by the values of a column",
          .placeholder = "label|COLUMN"};
}

OptionSchema metric_option() {
  return {.name = "metric",
          .type = OptionType::kText,
          .help = "Score of the model; default by the kind of labels",
          .placeholder = "NAME"};
}

OptionSchema skip_invalid_option() {
  return {.name = "skip_invalid", .help = "Leave out examples whose output is not finite, and count them"};
}

std::string value_help() {
  return listing("Values:", value_names());
}

std::string metric_help() {
  return listing("Metrics:", metric_names());
}

}  // namespace modattr
