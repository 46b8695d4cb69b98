#pragma once

#include "modattr/core/labels.h"

namespace modattr {

/// Turns one output of a multilabel model into the probability that its label is true.
class MultilabelReader {
 public:
  explicit MultilabelReader(OutputKind kind) : reads_logits_(kind == OutputKind::kMultilabel) {}

  bool reads_logits() const noexcept { return reads_logits_; }
  /// Whether the probability is above one half.
  bool is_predicted(double output) const noexcept { return output > (reads_logits_ ? 0.0 : 0.5); }
  double probability(double output) const;
  /// Of the label not being true.
  double negative_probability(double output) const;
  /// Natural logarithm of the probability of the label as it is; probabilities below 2^-52 count as 2^-52.
  double log_probability(double output, bool is_true) const;

 private:
  bool reads_logits_;
};

}  // namespace modattr
