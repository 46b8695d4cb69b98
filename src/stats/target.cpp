#include "modattr/stats/target.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/stats/masked_logit.h"
#include "modattr/stats/multilabel_reader.h"

namespace modattr {
namespace {

const std::array<std::string, 7> kValueNames = {"logit",   "probability", "log_probability", "margin",
                                                "correct", "loss",        "output"};

const std::string& name_of(ValueKind value) {
  return kValueNames[static_cast<std::size_t>(value)];
}

bool reads_logarithm(ValueKind value) {
  return value == ValueKind::kLogProbability || value == ValueKind::kLoss;
}

/// Whether outputs are logits, whose probabilities may be too small for a double.
bool has_logarithms(const TargetInput& input) {
  const bool reads_logits = input.kind == OutputKind::kLogits || input.kind == OutputKind::kMultilabel;
  return input.kind == OutputKind::kCausalLm || (reads_logits && reads_logarithm(input.value));
}

/// One number per example is enough, unless a value compares classes.
std::size_t prediction_width(const TargetInput& input) {
  if (input.kind == OutputKind::kCausalLm) return input.output_width;
  if (predicts_label_sets(input.kind)) return input.scope == LabelScope::kOne ? 1 : input.output_width;
  const bool compares = input.value == ValueKind::kMargin || input.value == ValueKind::kCorrect;
  return compares && input.kind != OutputKind::kRegression ? input.output_width : 1;
}

void check_value(const TargetInput& input) {
  const auto fail = [&](const std::string& expected) {
    throw ConfigError("value '" + name_of(input.value) + "': expected " + expected);
  };
  if (input.kind == OutputKind::kRegression) {
    if (input.value != ValueKind::kOutput && input.value != ValueKind::kLoss) {
      fail("a classifier, got a regression; use output or loss");
    }
    if (input.value == ValueKind::kLoss && input.label_values.size() != input.classes.size()) {
      fail("labels, got none");
    }
  }
  if (input.kind == OutputKind::kCausalLm) {
    if (input.value == ValueKind::kLogProbability || input.value == ValueKind::kLoss) return;
    fail("log_probability or loss of a language model's label tokens");
  }
  const bool reads_logits = input.value == ValueKind::kLogit || input.value == ValueKind::kMargin;
  if (reads_logits && input.kind == OutputKind::kProbabilities) {
    fail("a model of kind logits, got probabilities; use probability or log_probability");
  }
  if (!predicts_label_sets(input.kind)) return;
  if (input.value == ValueKind::kMargin) {
    fail("a model of classes, got labels that do not exclude each other; use logit or probability");
  }
  if (input.value == ValueKind::kLogit && input.kind == OutputKind::kMultilabelProbabilities) {
    fail("a model of kind multilabel, got multilabel_probabilities; use probability or log_probability");
  }
  const bool reads_labels = input.value == ValueKind::kCorrect || input.value == ValueKind::kLoss;
  if ((reads_labels || input.scope == LabelScope::kTrue) &&
      input.label_flags.size() != input.classes.size() * input.output_width) {
    fail("labels, got none");
  }
}

/// Stands for -inf in means of logits: far below every logit that a model gives, also after a mean with such.
constexpr double kMaskedLogit = -1e300;

bool was_masked(double mean_logit) {
  return mean_logit < -1e290;
}

[[noreturn]] void throw_masked_value(ValueKind value, std::size_t label) {
  throw_masked(label, "value '" + name_of(value) + "'", "value probability");
}

void check_classes(const TargetInput& input, std::size_t class_count) {
  const auto largest = std::ranges::max_element(input.classes);
  if (largest != input.classes.end() && *largest >= class_count) {
    const std::string what = input.kind == OutputKind::kRegression ? "an output"
                             : predicts_label_sets(input.kind)     ? "a label"
                                                                   : "a class";
    throw ConfigError("target: expected " + what + " below " + std::to_string(class_count) + ", as the model has " +
                      std::to_string(class_count) + ", got " + std::to_string(*largest));
  }
}

}  // namespace

std::span<const std::string> value_names() noexcept {
  return kValueNames;
}

ValueKind parse_value_kind(std::string_view name) {
  const auto found = std::ranges::find(kValueNames, name);
  if (found == kValueNames.end()) {
    throw ConfigError("value: unknown '" + std::string(name) + "'" + suggestion(name, kValueNames));
  }
  return static_cast<ValueKind>(found - kValueNames.begin());
}

bool Target::is_true(std::size_t example, std::size_t label) const {
  return !input_.label_flags.empty() && input_.label_flags[example * input_.output_width + label] != 0;
}

bool Target::is_explained(std::size_t example, std::size_t label) const {
  if (input_.scope == LabelScope::kOne) return label == input_.classes[example];
  return input_.scope == LabelScope::kAll || is_true(example, label);
}

void Target::label_predictions(std::span<const double> output, std::size_t example,
                               std::span<double> prediction) const {
  const MultilabelReader reader(input_.kind);
  const bool reads_output = input_.value == ValueKind::kLogit || input_.value == ValueKind::kOutput;
  for (std::size_t label = 0; label < output.size(); ++label) {
    const bool is_own = is_explained(example, label);
    const std::size_t place = input_.scope == LabelScope::kOne ? 0 : label;
    if (!is_own && input_.scope == LabelScope::kOne) continue;
    const bool reads_logarithm =
        input_.value == ValueKind::kLogProbability || (input_.value == ValueKind::kLoss && is_true(example, label));
    if (is_own && is_masked(output[label]) && (reads_output || reads_logarithm)) {
      throw_masked_value(input_.value, label);
    }
    // The loss is that of the label as it is.
    const bool is_as_asked = input_.value != ValueKind::kLoss || is_true(example, label);
    const double probability =
        is_as_asked ? reader.probability(output[label]) : reader.negative_probability(output[label]);
    // Means cannot hold infinite numbers, nor do they read those of other labels.
    prediction[place] = !is_own ? 0.0 : reads_output ? output[label] : probability;
    if (carries_logarithms_) {
      prediction[width_ / 2 + place] = is_own ? reader.log_probability(output[label], is_as_asked) : 0.0;
    }
  }
}

double Target::label_value(std::span<const double> prediction, std::size_t place, bool is_true) const {
  switch (input_.value) {
    case ValueKind::kLogProbability:
    case ValueKind::kLoss:
      return logarithm(prediction, place);
    case ValueKind::kCorrect:
      return (prediction[place] > 0.5) == is_true ? 1.0 : 0.0;
    default:
      return prediction[place];
  }
}

double Target::logarithm(std::span<const double> prediction, std::size_t place) const {
  const double probability = prediction[place];
  // A probability of exactly 0 would make the loss infinite; the metrics clip at the same value.
  if (!carries_logarithms_) return std::log(std::max(probability, std::numeric_limits<double>::epsilon()));
  constexpr double kSmallest = std::numeric_limits<double>::min();
  return probability >= kSmallest ? std::log(probability) : prediction[width_ / 2 + place];
}

double Target::mean_token_value(std::span<const double> prediction) const {
  double sum = 0.0;
  std::size_t count = 0;
  for (std::size_t token = 0; token < width_ / 2; ++token) {
    if (is_ignored_token(prediction[width_ / 2 + token])) continue;
    sum += logarithm(prediction, token);
    ++count;
  }
  return sum / static_cast<double>(count);
}

double Target::mean_label_value(std::span<const double> prediction, std::size_t example) const {
  double sum = 0.0;
  std::size_t count = 0;
  for (std::size_t label = 0; label < input_.output_width; ++label) {
    if (!is_explained(example, label)) continue;
    sum += label_value(prediction, input_.scope == LabelScope::kOne ? 0 : label, is_true(example, label));
    ++count;
  }
  return sum / static_cast<double>(count);
}

Target::Target(TargetInput input)
    : input_(std::move(input)), reader_(input_.kind, input_.output_width), width_(prediction_width(input_)) {
  check_value(input_);
  carries_logarithms_ = has_logarithms(input_);
  if (carries_logarithms_) width_ *= 2;
  if (input_.kind == OutputKind::kCausalLm) return;
  const bool reads_columns = !predicts_classes(input_.kind) || input_.value == ValueKind::kOutput;
  check_classes(input_, reads_columns ? input_.output_width : reader_.class_count());
}

void Target::prediction(std::span<const double> output, std::size_t example, std::span<double> prediction) const {
  const std::uint32_t target = input_.classes[example];
  if (input_.kind == OutputKind::kCausalLm) {
    for (std::size_t token = 0; token < output.size(); ++token) {
      prediction[token] = is_ignored_token(output[token]) ? 0.0 : std::exp(output[token]);
      prediction[width_ / 2 + token] = output[token];
    }
    return;
  }
  if (predicts_label_sets(input_.kind)) return label_predictions(output, example, prediction);
  const bool reads_logit = input_.value != ValueKind::kProbability && input_.value != ValueKind::kCorrect;
  if (reads_logit && target < output.size() && is_masked(output[target])) throw_masked_value(input_.value, target);
  if (input_.kind == OutputKind::kRegression || input_.value == ValueKind::kOutput) {
    prediction[0] = output[target];
    return;
  }
  switch (input_.value) {
    case ValueKind::kLogit:
      // One logit is that of class 1; class 0 then has its negative.
      prediction[0] = input_.output_width > 1 ? output[target] : (target == 1 ? output[0] : -output[0]);
      return;
    case ValueKind::kMargin:
      std::ranges::transform(output, prediction.begin(),
                             [](double logit) { return is_masked(logit) ? kMaskedLogit : logit; });
      return;
    case ValueKind::kCorrect:
      reader_.probabilities(output, prediction);
      return;
    default:
      prediction[0] = reader_.probability(output, target);
      if (carries_logarithms_) prediction[1] = reader_.log_probability(output, target);
  }
}

bool is_linear(OutputKind kind, ValueKind value) noexcept {
  // Of label tokens the logarithm of a mean probability.
  if (kind == OutputKind::kCausalLm) return false;
  return value == ValueKind::kLogit || value == ValueKind::kProbability || value == ValueKind::kOutput;
}

double Target::value(std::span<const double> prediction, std::size_t example) const {
  if (input_.kind == OutputKind::kCausalLm) return mean_token_value(prediction);
  if (predicts_label_sets(input_.kind)) return mean_label_value(prediction, example);
  const std::uint32_t target = input_.classes[example];
  switch (input_.value) {
    case ValueKind::kLogProbability:
      return logarithm(prediction, 0);
    case ValueKind::kLoss: {
      if (input_.kind != OutputKind::kRegression) return logarithm(prediction, 0);
      const double error = prediction[0] - input_.label_values[example];
      return -error * error;
    }
    case ValueKind::kMargin: {
      if (prediction.size() == 1) return target == 1 ? prediction[0] : -prediction[0];
      double other = -std::numeric_limits<double>::infinity();
      for (std::size_t index = 0; index < prediction.size(); ++index) {
        if (index != target) other = std::max(other, prediction[index]);
      }
      if (was_masked(other)) throw_masked_value(input_.value, target == 0 ? 1 : 0);
      return prediction[target] - other;
    }
    case ValueKind::kCorrect:
      if (prediction.size() == 1) return (prediction[0] > 0.5) == (target == 1) ? 1.0 : 0.0;
      return first_of_largest(prediction) == target ? 1.0 : 0.0;
    default:
      return prediction[0];
  }
}

}  // namespace modattr
