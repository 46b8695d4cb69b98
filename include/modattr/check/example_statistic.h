#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/check/result_set.h"
#include "modattr/core/matrix.h"

namespace modattr {

/// Numbers of a definition as a function of how often each example counts, so that they can be resampled:
///
///     mean          permutation.drop, shapley.mean, shapley.mean_abs, shapley.full, shapley.empty, interaction.mean,
///                   interaction.mean_abs, the metric
///     part of sums  share.abs: sum of |phi_m| over the sum of all
///     mean share    share.owen, share.mm_shap, share.mm_shap_avg, share.net, lime.share, interaction.intershap_local:
///                   over the examples that have one
///     interplay     interaction.intershap: |mean| of the pairs over those of pairs and main effects
///     mixture       trace.share: of the wrong answers, by estimate_shares()
///     part without  the metric accuracy, where the wrong answers were traced: 1 - their part of all
class ExampleStatistic {
 public:
  enum class Form : std::uint8_t { kMean, kPartOfSums, kMeanShare, kInterplay, kMixture, kPartWithout };

  /// Examples of one run and what each adds. `columns` [columns, examples]: one per name, of kMeanShare one more with 1
  /// where the example has shares; of kInterplay one per main effect, then per pair; of kPartWithout 1 each.
  struct Values {
    Form form = Form::kMean;
    /// Of the modalities or pairs that it has numbers of, or "all".
    std::vector<std::string> names;
    /// Columns of main effects, where there are some.
    std::size_t main_effect_count = 0;
    /// In any order.
    std::vector<std::string> ids;
    Matrix columns;
  };

  /// Puts the examples into the order of their ids.
  explicit ExampleStatistic(Values values);

  const std::vector<std::string>& names() const noexcept { return names_; }
  /// Ascending.
  const std::vector<std::string>& ids() const noexcept { return ids_; }
  /// Whether the examples are parts of a set whose others say nothing, or the same.
  bool is_part() const noexcept { return form_ == Form::kMixture || form_ == Form::kPartWithout; }
  /// Tells which weight belongs to each example: `places` [examples].
  void set_places(std::vector<std::uint32_t> places) { places_ = std::move(places); }
  /// Writes the numbers to `numbers` [names]; NaN where one is not defined.
  void evaluate(std::span<const std::uint32_t> weights, std::span<double> numbers) const;

 private:
  void evaluate_mixture(std::span<const std::uint32_t> weights, std::span<double> numbers) const;

  Form form_;
  std::size_t main_effect_count_;
  std::vector<std::string> names_;
  std::vector<std::string> ids_;
  Matrix columns_;
  std::vector<std::uint32_t> places_;
};

/// Name of the metric among definitions.
inline constexpr std::string_view kMetricDefinition = "metric";

/// What numbers are about: a definition, or the metric, in a run, over a group or all examples.
struct StatisticSubject {
  std::string run = {};
  std::string definition = {};
  /// Value of the data's group column, or "label" and a class as Score::group has it; nullopt = all.
  std::optional<std::string> group = std::nullopt;

  auto operator<=>(const StatisticSubject&) const = default;
};

/// The numbers of a subject from single examples. nullopt, and why in `reason`, where the result does not hold what
/// they are made of.
std::optional<ExampleStatistic> make_statistic(const ResultSet& set, const StatisticSubject& subject,
                                               std::string& reason);

}  // namespace modattr
