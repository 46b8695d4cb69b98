#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/core/labels.h"
#include "modattr/stats/class_reader.h"

namespace modattr {

/// The behaviour of a model that a game explains, for the target class c of each example; p = probability, z = logit.
enum class ValueKind {
  kLogit,           ///< z_c
  kProbability,     ///< p_c
  kLogProbability,  ///< ln p_c; causal language models: the mean over label tokens
  kMargin,          ///< z_c - max of the other logits
  kCorrect,         ///< 1 when c is the most probable class, else 0; multilabel: when c is predicted where it is true
  kLoss,            ///< -loss: ln p_c (of label tokens the mean), or -(output - label)^2 for regressions
  kOutput           ///< the output itself
};

/// The words of `value`, in the order of ValueKind.
std::span<const std::string> value_names() noexcept;
/// Throws ConfigError naming the nearest word.
ValueKind parse_value_kind(std::string_view name);

/// Whether the value of a mean of predictions is the mean of their values.
bool is_linear(OutputKind kind, ValueKind value) noexcept;

/// Which labels of a multilabel model are explained; of several, v is the mean of their values.
enum class LabelScope {
  kOne,   ///< the target class
  kTrue,  ///< those that are true of the example
  kAll
};

/// What a target is made of.
struct TargetInput {
  OutputKind kind = OutputKind::kLogits;
  /// Numbers per output row; one logit or probability means two classes.
  std::size_t output_width = 0;
  ValueKind value = ValueKind::kProbability;
  /// Class, or column of a regression's output, of each example. [examples]
  std::vector<std::uint32_t> classes;
  /// Labels of a regression, for kLoss. [examples]
  std::vector<double> label_values = {};
  /// Multilabel models only.
  LabelScope scope = LabelScope::kOne;
  /// Multilabel models: which labels are true, 0 or 1, for kCorrect, kLoss and LabelScope::kTrue. [examples * outputs]
  std::vector<std::uint8_t> label_flags = {};
};

/// Turns outputs into v in two steps, because what is averaged over donors is the prediction, not the value (SAGE's
/// order; Covert, Lundberg, Lee 2020): output -> prediction, mean over donors, -> value. Logits are averaged for kLogit
/// and kMargin, probabilities for the other values of a classifier and for label tokens, outputs for regressions. A
/// value that needs the logit of a class that is ruled out throws MaskedLogitError.
/// A logarithm of a mean probability that is too small for a double is the mean of the logarithms, which predictions
/// carry where outputs are logits; where they are probabilities, one below 2^-52 counts as 2^-52.
class Target {
 public:
  /// Throws ConfigError when the value does not go with the kind of output, or a class is none of the model's, and
  /// where labels are needed and missing.
  explicit Target(TargetInput input);

  std::size_t example_count() const noexcept { return input_.classes.size(); }
  std::uint32_t target_class(std::size_t example) const { return input_.classes[example]; }
  /// What it is made of.
  const TargetInput& input() const noexcept { return input_; }
  /// Multilabel models: whether a label is explained, and whether it is true of the example.
  bool is_explained(std::size_t example, std::size_t label) const;
  bool is_true(std::size_t example, std::size_t label) const;
  /// Whether an example's target is one class, label or column.
  bool is_one_class() const noexcept { return input_.scope == LabelScope::kOne; }
  bool is_linear() const noexcept { return modattr::is_linear(input_.kind, input_.value); }
  /// Numbers per prediction.
  std::size_t width() const noexcept { return width_; }
  /// Reads `output` [outputs] into `prediction` [width].
  void prediction(std::span<const double> output, std::size_t example, std::span<double> prediction) const;
  /// v of an example from its prediction [width], a mean over donors.
  double value(std::span<const double> prediction, std::size_t example) const;

 private:
  /// ln of the probability at a place of a prediction.
  double logarithm(std::span<const double> prediction, std::size_t place) const;
  double mean_token_value(std::span<const double> prediction) const;
  void label_predictions(std::span<const double> output, std::size_t example, std::span<double> prediction) const;
  double label_value(std::span<const double> prediction, std::size_t place, bool is_true) const;
  double mean_label_value(std::span<const double> prediction, std::size_t example) const;

  TargetInput input_;
  ClassReader reader_;
  /// Of a prediction; its second half are logarithms of probabilities, where it has some.
  std::size_t width_ = 1;
  bool carries_logarithms_ = false;
};

}  // namespace modattr
