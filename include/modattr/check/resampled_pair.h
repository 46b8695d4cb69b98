#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "modattr/check/example_statistic.h"
#include "modattr/core/matrix.h"
#include "modattr/core/rng.h"

namespace modattr {

/// Numbers of two results on the same examples, and on the same resamples of them (paired bootstrap, Efron 1979).
class ResampledPair {
 public:
  /// What is resampled.
  struct Sample {
    /// Examples of the data. Statistics need the same ids on both sides, but for those of parts of this many examples.
    std::size_t example_count = 0;
    std::size_t thread_count = 1;
  };

  /// nullopt, and why in `reason`, where the two are not about the same examples, or about fewer than two.
  static std::optional<ResampledPair> make(ExampleStatistic old_statistic, ExampleStatistic new_statistic,
                                           const Sample& sample, const Rng& rng, std::string& reason);

  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Examples behind the numbers.
  std::size_t count() const noexcept { return count_; }
  /// Place of a name; nullopt where it has no numbers.
  std::optional<std::size_t> place_of(const std::string& name) const;
  /// On the examples themselves; NaN where it is not defined.
  double old_value(std::size_t place) const { return old_numbers_(0, place); }
  double new_value(std::size_t place) const { return new_numbers_(0, place); }
  /// Standard error of new - old; nullopt where fewer than half of the resamples have both. 0 where no resample
  /// changes.
  std::optional<double> change_error(std::size_t place) const;
  /// Of the new result's first - second.
  std::optional<double> difference_error(std::size_t first, std::size_t second) const;

 private:
  std::vector<std::string> names_;
  std::size_t count_ = 0;
  std::size_t resampled_count_ = 0;
  /// The examples themselves, then the resamples: [1 + resamples, names].
  Matrix old_numbers_;
  Matrix new_numbers_;
};

}  // namespace modattr
