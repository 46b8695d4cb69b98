#include "explained_examples.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <variant>

#include "class_names.h"
#include "modality_inputs.h"
#include "modattr/masking/token_texts.h"

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

/// The words of every modality that has a vocabulary, the texts of a manifest of every other one that is made of them;
/// empty functions for others.
std::vector<std::function<std::string(std::size_t)>> texts_of_modalities(const Experiment& experiment) {
  std::vector<std::function<std::string(std::size_t)>> texts;
  for (const ModalityConfig& modality : experiment.config().modalities) {
    texts.emplace_back();
    if (!modality.vocab) {
      const std::size_t input = segmented_inputs(experiment, modality).front().input;
      if (experiment.dataset().origin_kind(input) != OriginKind::kText) continue;
      texts.back() = [&dataset = experiment.dataset(), input](std::size_t example) {
        return std::string(*dataset.origin(input, example));
      };
      continue;
    }
    const SegmentationOptions options{.special_ids = modality.special_ids,
                                      .vocabulary = read_vocabulary(*modality.vocab)};
    texts.back() = token_texts(options, experiment.dataset(), segmented_inputs(experiment, modality));
  }
  return texts;
}

/// Of an example that may have several labels; nullopt where they have no names.
std::optional<std::vector<std::string>> true_labels(const Experiment& experiment, std::size_t example) {
  const auto* indicators = std::get_if<IndicatorLabels>(experiment.dataset().labels().get());
  if (indicators == nullptr || experiment.config().data.classes.empty()) return std::nullopt;
  std::vector<std::string> names;
  const std::span<const std::uint8_t> flags = indicators->row(example);
  for (std::size_t label = 0; label < flags.size(); ++label) {
    const std::optional<std::string> name = class_name(experiment.config(), label);
    if (flags[label] != 0 && name) names.push_back(*name);
  }
  return names;
}

void name_classes(const Config& config, ExampleRecord& record) {
  const bool is_class = record.label && *record.label >= 0.0 && std::trunc(*record.label) == *record.label;
  if (is_class) record.label_name = class_name(config, static_cast<std::size_t>(*record.label));
  if (record.predicted) record.predicted_name = class_name(config, *record.predicted);
  if (record.target) record.target_name = class_name(config, *record.target);
}

void add_texts(std::span<const std::function<std::string(std::size_t)>> texts, std::size_t example,
               ExampleRecord& record) {
  for (std::size_t modality = 0; modality < texts.size(); ++modality) {
    if (texts[modality]) record.texts.push_back({modality, texts[modality](example)});
  }
}

}  // namespace

std::vector<ExampleRecord> example_records(const Experiment& experiment, const ExplainedTargets& targets,
                                           std::vector<ExampleAttribution> attributions) {
  const Dataset& dataset = experiment.dataset();
  const Target& target = targets.targets.front();
  const bool has_target = experiment.config().model.kind != OutputKind::kCausalLm && target.is_one_class();
  const std::vector<std::function<std::string(std::size_t)>> texts = texts_of_modalities(experiment);
  std::vector<ExampleRecord> records;
  for (ExampleAttribution& attribution : attributions) {
    const std::size_t example = attribution.example;
    records.push_back(
        {.id = dataset.id(example),
         .label = label_of(experiment, example, target.target_class(example)),
         .predicted = targets.predicted.empty() ? std::nullopt : std::optional<std::size_t>(targets.predicted[example]),
         .target = has_target ? std::optional<std::size_t>(target.target_class(example)) : std::nullopt,
         .attribution = std::move(attribution),
         .group = dataset.group(example)});
    name_classes(experiment.config(), records.back());
    records.back().label_names = true_labels(experiment, example);
    add_texts(texts, example, records.back());
  }
  return records;
}

std::vector<ExampleRecord> plain_records(const Experiment& experiment, std::vector<ExampleAttribution> attributions) {
  // In the order of the file.
  std::ranges::sort(attributions, {}, [&](const ExampleAttribution& attribution) {
    return experiment.dataset().row(attribution.example);
  });
  const std::vector<std::function<std::string(std::size_t)>> texts = texts_of_modalities(experiment);
  std::vector<ExampleRecord> records;
  for (ExampleAttribution& attribution : attributions) {
    const std::size_t example = attribution.example;
    const std::optional<std::size_t> predicted = attribution.predicted;
    records.push_back({.id = experiment.dataset().id(example),
                       .label = label_of(experiment, example, 0),
                       .predicted = predicted,
                       .target = std::nullopt,
                       .attribution = std::move(attribution),
                       .group = experiment.dataset().group(example)});
    name_classes(experiment.config(), records.back());
    records.back().label_names = true_labels(experiment, example);
    add_texts(texts, example, records.back());
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
  if (targets.is_first_column) return 0;
  if (config.target.choice == TargetChoice::kFixed) return config.target.fixed;
  return config.target.choice == TargetChoice::kLabel ? "label" : "predicted";
}

}  // namespace modattr
