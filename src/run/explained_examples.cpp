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

std::vector<ExampleRecord> example_records(const Dataset& dataset, const ExplainedTargets& targets,
                                           std::vector<ExampleAttribution> attributions) {
  std::vector<ExampleRecord> records;
  for (ExampleAttribution& attribution : attributions) {
    const std::size_t example = attribution.example;
    records.push_back(
        {.id = dataset.id(example),
         .label = label_of(*dataset.labels(), example),
         .predicted = targets.predicted.empty() ? std::nullopt : std::optional<std::size_t>(targets.predicted[example]),
         .target = targets.targets.front().target_class(example),
         .attribution = std::move(attribution)});
  }
  return records;
}

Json target_in_force(const Config& config, const ExplainedTargets& targets,
                     const std::optional<std::string>& requested) {
  if (targets.value == ValueKind::kLoss && config.model.kind != OutputKind::kRegression) return "label";
  if (requested) return *requested;
  if (config.target.choice == TargetChoice::kFixed) return config.target.fixed;
  return config.target.choice == TargetChoice::kLabel ? "label" : "predicted";
}

}  // namespace modattr
