#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "modattr/core/labels.h"

namespace modattr {

/// Index of the largest number, of equal ones the first. `values` is not empty.
std::size_t first_of_largest(std::span<const double> values);

/// Whether an output of a language model, the logarithm of a label token's probability, is that of an ignored token: 1,
/// where others are at most 0.
constexpr bool is_ignored_token(double output) noexcept {
  return output > 0.5;
}

/// Mean of the outputs of label tokens [label positions], without those that are ignored. nan where all are ignored.
double mean_token_log_probability(std::span<const double> logarithms);

/// Turns outputs into classes and probabilities; one number is the positive class of two.
class ClassReader {
 public:
  ClassReader(OutputKind kind, std::size_t output_width) : kind_(kind), output_width_(output_width) {}

  std::size_t class_count() const { return std::max<std::size_t>(output_width_, 2); }
  std::size_t predicted(std::span<const double> output) const {
    if (output_width_ == 1) return output[0] > (kind_ == OutputKind::kLogits ? 0.0 : 0.5) ? 1 : 0;
    return first_of_largest(output);
  }
  /// Natural logarithm; probabilities below 2^-52 count as 2^-52.
  double log_probability(std::span<const double> output, std::size_t label) const;
  /// log_probability() of every class, [class_count()]; in one pass over the outputs.
  void log_probabilities(std::span<const double> output, std::span<double> logarithms) const;
  double probability(std::span<const double> output, std::size_t label) const;
  /// probability() of some classes, [labels]; in one pass over the outputs.
  void probabilities_of(std::span<const double> output, std::span<const std::size_t> labels,
                        std::span<double> probabilities) const;
  /// The probability of every class, or that of class 1 where the output is one number; `probabilities`: [outputs].
  void probabilities(std::span<const double> output, std::span<double> probabilities) const;
  /// A number that grows with the probability of class 1 of two.
  double positive_score(std::span<const double> output) const {
    return output_width_ == 1 ? output[0] : output[1] - output[0];
  }

 private:
  OutputKind kind_;
  std::size_t output_width_;
};

}  // namespace modattr
