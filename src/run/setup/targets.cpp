#include "targets.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "class_names.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/stats/class_reader.h"

namespace modattr {
namespace {

TargetConfig target_config(const Experiment& experiment, const std::optional<std::string>& word) {
  if (!word) return experiment.config().target;
  if (*word == "predicted") return {TargetChoice::kPredicted, 0};
  if (*word == "label") return {TargetChoice::kLabel, 0};
  return {TargetChoice::kFixed, class_of_word(experiment.config(), *word)};
}

/// The most probable class, or label.
std::vector<std::uint32_t> predict(Experiment& experiment, Progress& progress) {
  const OutputKind kind = experiment.config().model.kind;
  const ClassReader reader(kind, experiment.output_width());
  std::vector<std::uint32_t> predicted(experiment.dataset().example_count());
  std::vector<std::uint32_t> own(predicted.size());
  std::iota(own.begin(), own.end(), 0u);
  const Mix untouched{Coalition::full(experiment.layout().modalities.count()), own};
  progress.begin("predict", predicted.size());
  experiment.evaluator().evaluate(
      std::span(&untouched, 1),
      [&](std::size_t, std::size_t example, std::span<const double> output) {
        const std::size_t place = predicts_label_sets(kind) ? first_of_largest(output) : reader.predicted(output);
        predicted[example] = static_cast<std::uint32_t>(place);
      },
      progress);
  progress.finish();
  return predicted;
}

std::vector<std::uint32_t> label_classes(const Experiment& experiment) {
  const auto* labels = std::get_if<ClassLabels>(experiment.dataset().labels().get());
  if (labels == nullptr) {
    throw ConfigError("target 'label': expected class labels, got " +
                      std::string(kind_name(*experiment.dataset().labels())) + "; use predicted or a class index" +
                      (std::holds_alternative<AnswerCounts>(*experiment.dataset().labels())
                           ? ", or model.kind multilabel where several labels of 0 and 1 are true at once"
                           : ""));
  }
  return {labels->classes.begin(), labels->classes.end()};
}

/// The label of the explained column for every example; one column of labels is that of all outputs.
std::vector<double> label_values(const Experiment& experiment, std::size_t column) {
  const auto* labels = std::get_if<ValueLabels>(experiment.dataset().labels().get());
  if (labels == nullptr) return {};
  if (labels->column_count != 1 && labels->column_count != experiment.output_width()) {
    throw DataError(experiment.dataset().path() + ": labels: expected one column for each of the model's outputs, " +
                    std::to_string(experiment.output_width()) + ", got " + std::to_string(labels->column_count));
  }
  // A column that the model does not have is refused by the target.
  const std::size_t own = column < labels->column_count ? column : 0;
  std::vector<double> values;
  for (std::size_t example = 0; example < experiment.dataset().example_count(); ++example) {
    values.push_back(labels->value(example, own));
  }
  return values;
}

/// Targets of a multilabel model: one label, or the mean over those that are true; the loss is that of all labels
/// unless one is named.
Target label_set_target(const Experiment& experiment, const TargetChoices& choices, const TargetConfig& choice,
                        const ExplainedTargets& explained) {
  const Dataset& dataset = experiment.dataset();
  TargetInput input{.kind = experiment.config().model.kind,
                    .output_width = experiment.output_width(),
                    .value = explained.value,
                    .classes = std::vector<std::uint32_t>(dataset.example_count(), choice.fixed)};
  const bool is_loss = explained.value == ValueKind::kLoss;
  if (is_loss && choices.target && choice.choice == TargetChoice::kPredicted) {
    throw ConfigError(option("target") + ": expected label or the index of a label, as value 'loss' is that of the " +
                      "labels, got 'predicted'");
  }
  if (choice.choice == TargetChoice::kPredicted) input.classes = explained.predicted;
  if (choice.choice == TargetChoice::kLabel) input.scope = LabelScope::kTrue;
  if (is_loss && choice.choice != TargetChoice::kFixed) input.scope = LabelScope::kAll;
  const auto* labels = std::get_if<IndicatorLabels>(dataset.labels().get());
  if (labels != nullptr) input.label_flags = labels->flags;
  for (std::size_t example = 0; labels != nullptr && example < dataset.example_count(); ++example) {
    if (input.scope != LabelScope::kTrue || std::ranges::count(labels->row(example), 1) > 0) continue;
    throw ConfigError("target 'label': expected a label that is true of example " + dataset.id(example) +
                      ", got none; use predicted or the index of a label, or leave such examples out");
  }
  return Target(std::move(input));
}

}  // namespace

ExplainedTargets make_targets(Experiment& experiment, const TargetChoices& choices, Progress& progress,
                              const std::vector<std::uint32_t>* known) {
  const OutputKind kind = experiment.config().model.kind;
  const bool is_regression = kind == OutputKind::kRegression;
  const bool has_classes = predicts_classes(kind);
  if (kind == OutputKind::kCausalLm && choices.target && *choices.target != "label") {
    throw ConfigError(option("target") + ": expected label, as a language model is asked for its label tokens, got '" +
                      *choices.target + "'");
  }
  const bool has_label_sets = predicts_label_sets(kind);
  const TargetConfig choice = target_config(experiment, choices.target);
  const std::optional<std::string> word = choices.value ? choices.value : experiment.config().value;
  ExplainedTargets result;
  if (choices.target) result.warning = warning_of_number(experiment.config(), *choices.target);
  result.value = word            ? parse_value_kind(*word)
                 : is_regression ? ValueKind::kOutput
                 // What leaves add up to.
                 : experiment.model().trees() != nullptr ? ValueKind::kLogit
                 : has_classes || has_label_sets         ? ValueKind::kProbability
                                                         : ValueKind::kLogProbability;
  if (is_regression && choice.choice == TargetChoice::kLabel && result.value != ValueKind::kLoss) {
    throw ConfigError((choices.target ? option("target") : experiment.config().file.string() + ": target") +
                      ": expected predicted or a column of the output, as a regression has no class to explain, got "
                      "'label'; use value loss for the error against the label");
  }
  const std::size_t example_count = experiment.dataset().example_count();
  if (has_classes || has_label_sets) result.predicted = known != nullptr ? *known : predict(experiment, progress);
  if (has_label_sets) {
    result.targets.push_back(label_set_target(experiment, choices, choice, result));
    return result;
  }

  std::vector<std::uint32_t> classes(example_count, choice.fixed);
  if (is_regression && choice.choice != TargetChoice::kFixed && experiment.output_width() > 1) {
    if (choices.target) {
      throw ConfigError(option("target") + ": expected the column of the output to explain, from 0 to " +
                        std::to_string(experiment.output_width() - 1) + ", got '" + *choices.target + "'");
    }
    result.is_first_column = true;
    result.warning = "the model has " + std::to_string(experiment.output_width()) +
                     " outputs: that of column 0 is explained; " + option("target") + " chooses another";
  }
  if (has_classes && choice.choice == TargetChoice::kPredicted) classes = result.predicted;
  if (has_classes && choice.choice == TargetChoice::kLabel) classes = label_classes(experiment);
  // The loss is that of the label.
  if (has_classes && result.value == ValueKind::kLoss) {
    if (choices.target && choice.choice != TargetChoice::kLabel) {
      throw ConfigError(option("target") + ": expected label, as value 'loss' is that of the label, got '" +
                        *choices.target + "'");
    }
    classes = label_classes(experiment);
  }
  const bool is_one_output = has_classes && experiment.output_width() == 1 && result.value == ValueKind::kOutput;
  if (is_one_output && choice.choice != TargetChoice::kFixed) {
    throw ConfigError(option("value") + " output: expected " + option("target") +
                      " 0, as the model has one output, got target " +
                      std::string(choice.choice == TargetChoice::kLabel ? "label" : "predicted") +
                      "; or use another value, such as probability");
  }
  std::vector<double> values;
  if (is_regression && result.value == ValueKind::kLoss) values = label_values(experiment, choice.fixed);
  result.targets.emplace_back(TargetInput{.kind = kind,
                                          .output_width = experiment.output_width(),
                                          .value = result.value,
                                          .classes = std::move(classes),
                                          .label_values = std::move(values)});
  if (has_classes && std::holds_alternative<ClassLabels>(*experiment.dataset().labels())) {
    result.targets.emplace_back(TargetInput{.kind = kind,
                                            .output_width = experiment.output_width(),
                                            .value = ValueKind::kCorrect,
                                            .classes = label_classes(experiment),
                                            .label_values = {}});
  }
  return result;
}

}  // namespace modattr
