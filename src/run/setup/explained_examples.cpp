#include "explained_examples.h"

#include <utility>
#include <variant>

namespace modattr {
namespace {

/// The class, or the value of the explained column; nothing where an example has several labels.
std::optional<double> label_of(const Experiment& experiment, std::size_t example, std::size_t column) {
  const Labels& labels = *experiment.dataset().labels();
  if (const auto* classes = std::get_if<ClassLabels>(&labels)) return static_cast<double>(classes->classes[example]);
  if (const auto* values = std::get_if<ValueLabels>(&labels)) {
    if (values->column_count == 1) return values->value(example, 0);
    const bool is_one_per_output = values->column_count == experiment.output_width();
    return is_one_per_output ? std::optional(values->value(example, column)) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::vector<ExampleRecord> example_records(const Experiment& experiment, const ExplainedTargets& targets,
                                           std::vector<ExampleAttribution> attributions) {
  const Dataset& dataset = experiment.dataset();
  const Target& target = targets.targets.front();
  const bool has_target = experiment.config().model.kind != OutputKind::kCausalLm && target.is_one_class();
  std::vector<ExampleRecord> records;
  for (ExampleAttribution& attribution : attributions) {
    const std::size_t example = attribution.example;
    records.push_back(
        {.id = dataset.id(example),
         .label = label_of(experiment, example, target.target_class(example)),
         .predicted = targets.predicted.empty() ? std::nullopt : std::optional<std::size_t>(targets.predicted[example]),
         .target = has_target ? std::optional<std::size_t>(target.target_class(example)) : std::nullopt,
         .attribution = std::move(attribution)});
  }
  return records;
}

std::vector<ExampleRecord> traced_records(const Experiment& experiment, std::vector<ExampleAttribution> attributions) {
  std::vector<ExampleRecord> records;
  for (ExampleAttribution& attribution : attributions) {
    const std::size_t example = attribution.example;
    records.push_back({.id = experiment.dataset().id(example),
                       .label = label_of(experiment, example, 0),
                       .predicted = attribution.predicted,
                       .target = std::nullopt,
                       .attribution = std::move(attribution)});
  }
  return records;
}

ExampleRecord whole_set_record(ExampleAttribution attribution) {
  return {.id = std::nullopt,
          .label = std::nullopt,
          .predicted = std::nullopt,
          .target = std::nullopt,
          .attribution = std::move(attribution)};
}

Json target_in_force(const Config& config, const ExplainedTargets& targets,
                     const std::optional<std::string>& requested) {
  if (config.model.kind == OutputKind::kCausalLm ||
      (targets.value == ValueKind::kLoss && predicts_classes(config.model.kind)))
    return "label";
  // Of all labels, whatever the default.
  if (predicts_label_sets(config.model.kind) && targets.value == ValueKind::kLoss &&
      !targets.targets.front().is_one_class()) {
    return "label";
  }
  if (requested) return *requested;
  if (config.target.choice == TargetChoice::kFixed) return config.target.fixed;
  return config.target.choice == TargetChoice::kLabel ? "label" : "predicted";
}

}  // namespace modattr
