#include "explained_examples.h"

#include <utility>
#include <variant>

namespace modattr {
namespace {

std::optional<double> label_of(const Labels& labels, std::size_t example) {
  if (const auto* classes = std::get_if<ClassLabels>(&labels)) return static_cast<double>(classes->classes[example]);
  if (const auto* values = std::get_if<ValueLabels>(&labels)) return values->values[example];
  return std::nullopt;
}

}  // namespace

std::vector<ExampleRecord> example_records(const Experiment& experiment, const ExplainedTargets& targets,
                                           std::vector<ExampleAttribution> attributions) {
  const Dataset& dataset = experiment.dataset();
  const bool has_target = experiment.config().model.kind != OutputKind::kCausalLm;
  std::vector<ExampleRecord> records;
  for (ExampleAttribution& attribution : attributions) {
    const std::size_t example = attribution.example;
    records.push_back(
        {.id = dataset.id(example),
         .label = label_of(*dataset.labels(), example),
         .predicted = targets.predicted.empty() ? std::nullopt : std::optional<std::size_t>(targets.predicted[example]),
         .target =
             has_target ? std::optional<std::size_t>(targets.targets.front().target_class(example)) : std::nullopt,
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
  if (requested) return *requested;
  if (config.target.choice == TargetChoice::kFixed) return config.target.fixed;
  return config.target.choice == TargetChoice::kLabel ? "label" : "predicted";
}

}  // namespace modattr
