#include "engine_setting.h"

#include <algorithm>
#include <variant>

#include "modattr/model/tree_model.h"

namespace modattr {
namespace {

/// What trees can say of the value and target that are asked for.
TreeUse tree_use(const Experiment& experiment, const OptionValues& options) {
  const TreeEnsemble* const trees = experiment.model().trees();
  if (trees == nullptr) return TreeUse::kNone;
  const Config& config = experiment.config();
  const std::optional<std::string> asked = text_of(options, "value");
  const std::optional<std::string> value = asked ? asked : config.value;
  if (config.model.kind == OutputKind::kRegression) {
    const auto* const output = std::get_if<std::string>(&config.model.output);
    const bool is_margin = gives_margins(*trees, output == nullptr ? std::nullopt : std::optional(*output));
    return is_margin && (!value || *value == "output") ? TreeUse::kMargin : TreeUse::kOtherValue;
  }
  const std::optional<std::string> target = text_of(options, "target");
  const bool is_label = target ? *target == "label" : config.target.choice == TargetChoice::kLabel;
  // The mean over the labels that are true of an example.
  if (config.model.kind == OutputKind::kMultilabel && is_label) return TreeUse::kOtherValue;
  return !value || *value == "logit" || *value == "output" ? TreeUse::kMargin : TreeUse::kOtherValue;
}

}  // namespace

/// The text of an option that the engine may not have.
std::optional<std::string> text_of(const OptionValues& options, std::string_view name) {
  const bool is_known = std::ranges::find(options.schema(), name, &OptionSchema::name) != options.schema().end();
  return is_known ? options.text(name) : std::nullopt;
}

EngineSetting setting_of(const Experiment& experiment, const OptionValues& options) {
  EngineSetting setting{.kinds = {}, .modalities = experiment.modalities(), .trees = tree_use(experiment, options)};
  for (const ModalityConfig& modality : experiment.config().modalities) {
    setting.kinds.push_back(modality.kind);
    setting.names.push_back(modality.name);
  }
  setting.asked_examples = experiment.asked_examples();
  return setting;
}

}  // namespace modattr
