#include "targets.h"

#include <charconv>
#include <numeric>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/stats/class_reader.h"

namespace modattr {
namespace {

TargetConfig target_config(const Experiment& experiment, const std::optional<std::string>& word) {
  if (!word) return experiment.config().target;
  if (*word == "predicted") return {TargetChoice::kPredicted, 0};
  if (*word == "label") return {TargetChoice::kLabel, 0};
  TargetConfig target{TargetChoice::kFixed, 0};
  const auto [end, error] = std::from_chars(word->data(), word->data() + word->size(), target.fixed);
  if (error != std::errc{} || end != word->data() + word->size()) {
    const std::vector<std::string> words = {"predicted", "label"};
    const std::string nearest = nearest_word(*word, words);
    throw ConfigError(option("target") + ": expected predicted, label or a class index from 0 on, got '" + *word + "'" +
                      (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
  }
  return target;
}

std::vector<std::uint32_t> predict(Experiment& experiment, Progress& progress) {
  const ClassReader reader(experiment.config().model.kind, experiment.output_width());
  std::vector<std::uint32_t> predicted(experiment.dataset().example_count());
  std::vector<std::uint32_t> own(predicted.size());
  std::iota(own.begin(), own.end(), 0u);
  const Mix untouched{Coalition::full(experiment.layout().modalities.count()), own};
  progress.begin("predict", predicted.size());
  experiment.evaluator().evaluate(
      std::span(&untouched, 1),
      [&](std::size_t, std::size_t example, std::span<const double> output) {
        predicted[example] = static_cast<std::uint32_t>(reader.predicted(output));
      },
      progress);
  progress.finish();
  return predicted;
}

std::vector<std::uint32_t> label_classes(const Experiment& experiment) {
  const auto* labels = std::get_if<ClassLabels>(experiment.dataset().labels().get());
  if (labels == nullptr) {
    throw ConfigError("target 'label': expected class labels, got " +
                      std::string(kind_name(*experiment.dataset().labels())) + "; use predicted or a class index");
  }
  return {labels->classes.begin(), labels->classes.end()};
}

}  // namespace

ExplainedTargets make_targets(Experiment& experiment, const TargetChoices& choices, Progress& progress) {
  const OutputKind kind = experiment.config().model.kind;
  const bool is_regression = kind == OutputKind::kRegression;
  const bool has_classes = predicts_classes(kind);
  if (kind == OutputKind::kCausalLm && choices.target && *choices.target != "label") {
    throw ConfigError(option("target") + ": expected label, as a language model is asked for its label tokens, got '" +
                      *choices.target + "'");
  }
  const TargetConfig choice = target_config(experiment, choices.target);
  const std::optional<std::string> word = choices.value ? choices.value : experiment.config().value;
  ExplainedTargets result;
  result.value = word            ? parse_value_kind(*word)
                 : has_classes   ? ValueKind::kProbability
                 : is_regression ? ValueKind::kOutput
                                 : ValueKind::kLogProbability;
  if (is_regression && choice.choice == TargetChoice::kLabel && result.value != ValueKind::kLoss) {
    throw ConfigError((choices.target ? option("target") : experiment.config().file.string() + ": target") +
                      ": expected predicted or a column of the output, as a regression has no class to explain, got "
                      "'label'; use value loss for the error against the label");
  }
  const std::size_t example_count = experiment.dataset().example_count();
  if (has_classes) result.predicted = predict(experiment, progress);

  std::vector<std::uint32_t> classes(example_count, choice.fixed);
  if (is_regression && choice.choice != TargetChoice::kFixed && experiment.output_width() > 1) {
    throw ConfigError("target: expected the column of the output to explain, from 0 to " +
                      std::to_string(experiment.output_width() - 1) + ", got none; name it with " + option("target"));
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
  if (const auto* labels = std::get_if<ValueLabels>(experiment.dataset().labels().get())) values = labels->values;
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
