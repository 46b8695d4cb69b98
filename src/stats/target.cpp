#include "modattr/stats/target.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"

namespace modattr {
namespace {

const std::array<std::string, 7> kValueNames = {"logit",   "probability", "log_probability", "margin",
                                                "correct", "loss",        "output"};

const std::string& name_of(ValueKind value) {
  return kValueNames[static_cast<std::size_t>(value)];
}

/// One number per example is enough, unless a value compares classes.
std::size_t prediction_width(const TargetInput& input) {
  if (input.kind == OutputKind::kCausalLm) return input.output_width;
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
}

void check_classes(const TargetInput& input, std::size_t class_count) {
  const auto largest = std::ranges::max_element(input.classes);
  if (largest != input.classes.end() && *largest >= class_count) {
    const std::string what = input.kind == OutputKind::kRegression ? "an output" : "a class";
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

Target::Target(TargetInput input)
    : input_(std::move(input)), reader_(input_.kind, input_.output_width), width_(prediction_width(input_)) {
  check_value(input_);
  if (input_.kind == OutputKind::kCausalLm) return;
  const bool reads_columns = input_.kind == OutputKind::kRegression || input_.value == ValueKind::kOutput;
  check_classes(input_, reads_columns ? input_.output_width : reader_.class_count());
}

void Target::prediction(std::span<const double> output, std::size_t example, std::span<double> prediction) const {
  const std::uint32_t target = input_.classes[example];
  if (input_.kind == OutputKind::kCausalLm) {
    std::ranges::copy(output, prediction.begin());
    return;
  }
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
      std::ranges::copy(output, prediction.begin());
      return;
    case ValueKind::kCorrect:
      reader_.probabilities(output, prediction);
      return;
    default:
      prediction[0] = reader_.probability(output, target);
  }
}

double Target::value(std::span<const double> prediction, std::size_t example) const {
  if (input_.kind == OutputKind::kCausalLm) return mean_token_log_probability(prediction);
  const std::uint32_t target = input_.classes[example];
  // A probability of exactly 0 would make the loss infinite; the metrics clip at the same value.
  const auto logarithm = [](double probability) {
    return std::log(std::max(probability, std::numeric_limits<double>::epsilon()));
  };
  switch (input_.value) {
    case ValueKind::kLogProbability:
      return logarithm(prediction[0]);
    case ValueKind::kLoss: {
      if (input_.kind != OutputKind::kRegression) return logarithm(prediction[0]);
      const double error = prediction[0] - input_.label_values[example];
      return -error * error;
    }
    case ValueKind::kMargin: {
      if (prediction.size() == 1) return target == 1 ? prediction[0] : -prediction[0];
      double other = -std::numeric_limits<double>::infinity();
      for (std::size_t index = 0; index < prediction.size(); ++index) {
        if (index != target) other = std::max(other, prediction[index]);
      }
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
