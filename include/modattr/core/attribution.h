#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modattr {

/// A closed interval.
struct Interval {
  double low = 0.0;
  double high = 0.0;
};

/// One number about one modality. What is not known is nullopt, never 0.
struct Score {
  std::string modality;
  /// Which number this is, e.g. "permutation.drop"; the README's table of definitions lists them.
  std::string definition;
  /// Value of the group column whose examples are scored; nullopt = all examples.
  std::optional<std::string> group;
  std::optional<double> value;
  /// Monte Carlo error: standard error over repeats.
  std::optional<double> std_error;
  /// Sampling error of the validation set: 95 % bootstrap interval over examples.
  std::optional<Interval> ci95;
  /// Examples behind the value.
  std::size_t examples = 0;
  std::optional<double> p_value;
};

/// What an engine returns.
struct Attribution {
  /// Score of the model on the untouched data, in the problem's metric.
  std::optional<double> score;
  std::optional<Interval> score_ci95;
  std::vector<Score> rows;
  /// One sentence each, with what to do next.
  std::vector<std::string> warnings;
};

}  // namespace modattr
