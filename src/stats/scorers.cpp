#include "modattr/stats/scorers.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "modattr/core/vector_clones.h"

namespace modattr {
namespace {

/// Sum of weight * outcome, and of the weights.
struct WeightedSum {
  double outcomes = 0.0;
  std::uint64_t weights = 0;
};

MODATTR_VECTOR_CLONES
WeightedSum weighted_sum(std::span<const double> outcomes, std::span<const std::uint32_t> weights) {
  // Sums that do not wait for each other, as many as a compiler keeps in vectors (it unrolls loops over fewer instead);
  // weights are below 2^31, which convert faster.
  constexpr std::size_t kLanes = 32;
  std::array<double, kLanes> sums{};
  std::array<std::uint32_t, kLanes> counts{};
  const std::size_t whole = outcomes.size() / kLanes * kLanes;
  for (std::size_t first = 0; first < whole; first += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += static_cast<std::int32_t>(weights[first + lane]) * outcomes[first + lane];
      counts[lane] += weights[first + lane];
    }
  }
  for (std::size_t example = whole; example < outcomes.size(); ++example) {
    sums[0] += weights[example] * outcomes[example];
    counts[0] += weights[example];
  }
  WeightedSum result;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    result.outcomes += sums[lane];
    result.weights += counts[lane];
  }
  return result;
}

class MeanScorer final : public OutcomeScorer {
 public:
  explicit MeanScorer(std::vector<double> outcomes) : outcomes_(std::move(outcomes)) {}

  std::optional<double> score(std::span<const std::uint32_t> weights) const override {
    const WeightedSum sum = weighted_sum(outcomes_, weights);
    if (sum.weights == 0) return std::nullopt;
    return sum.outcomes / static_cast<double>(sum.weights);
  }

 private:
  std::vector<double> outcomes_;
};

/// Per class: how often it is the label, how often it is predicted, how often both.
struct ClassTotals {
  std::vector<std::uint64_t> labelled;
  std::vector<std::uint64_t> predicted;
  std::vector<std::uint64_t> correct;
};

class ClassScorer : public OutcomeScorer {
 public:
  ClassScorer(std::vector<std::uint32_t> predicted, std::vector<std::uint32_t> labels, std::size_t class_count)
      : predicted_(std::move(predicted)), labels_(std::move(labels)), class_count_(class_count) {}

  std::optional<double> score(std::span<const std::uint32_t> weights) const override {
    ClassTotals totals{std::vector<std::uint64_t>(class_count_), std::vector<std::uint64_t>(class_count_),
                       std::vector<std::uint64_t>(class_count_)};
    for (std::size_t example = 0; example < labels_.size(); ++example) {
      totals.labelled[labels_[example]] += weights[example];
      totals.predicted[predicted_[example]] += weights[example];
      if (labels_[example] == predicted_[example]) totals.correct[labels_[example]] += weights[example];
    }
    double sum = 0.0;
    std::size_t counted = 0;
    for (std::size_t label = 0; label < class_count_; ++label) {
      if (const std::optional<double> value = class_score(totals, label)) {
        sum += *value;
        ++counted;
      }
    }
    if (counted == 0) return std::nullopt;
    return sum / static_cast<double>(counted);
  }

 protected:
  virtual std::optional<double> class_score(const ClassTotals& totals, std::size_t label) const = 0;

 private:
  std::vector<std::uint32_t> predicted_;
  std::vector<std::uint32_t> labels_;
  std::size_t class_count_;
};

double ratio(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

class BalancedAccuracyScorer final : public ClassScorer {
 public:
  using ClassScorer::ClassScorer;

 protected:
  std::optional<double> class_score(const ClassTotals& totals, std::size_t label) const override {
    if (totals.labelled[label] == 0) return std::nullopt;
    return ratio(totals.correct[label], totals.labelled[label]);
  }
};

class MacroF1Scorer final : public ClassScorer {
 public:
  using ClassScorer::ClassScorer;

 protected:
  std::optional<double> class_score(const ClassTotals& totals, std::size_t label) const override {
    const std::uint64_t seen = totals.labelled[label] + totals.predicted[label];
    if (seen == 0) return std::nullopt;
    return ratio(2 * totals.correct[label], seen);
  }
};

class RocAucScorer final : public OutcomeScorer {
 public:
  RocAucScorer(std::vector<double> scores, std::vector<std::uint32_t> labels, std::size_t column_count)
      : labels_(std::move(labels)) {
    for (std::size_t column = 0; column < column_count; ++column) {
      Ranking ranking;
      ranking.positive_label = column_count == 1 ? 1 : static_cast<std::uint32_t>(column);
      ranking.order.resize(labels_.size());
      std::iota(ranking.order.begin(), ranking.order.end(), 0u);
      const auto score_of = [&](std::uint32_t example) { return scores[example * column_count + column]; };
      std::ranges::stable_sort(ranking.order, [&](auto a, auto b) { return score_of(a) < score_of(b); });
      ranking.tie_ends.resize(labels_.size());
      for (std::size_t end = labels_.size(); end-- > 0;) {
        const bool tied = end + 1 < labels_.size() && score_of(ranking.order[end]) == score_of(ranking.order[end + 1]);
        ranking.tie_ends[end] = !tied;
      }
      rankings_.push_back(std::move(ranking));
    }
  }

  std::optional<double> score(std::span<const std::uint32_t> weights) const override {
    double sum = 0.0;
    for (const Ranking& ranking : rankings_) {
      const std::optional<double> area = area_under_curve(ranking, weights);
      if (!area) return std::nullopt;
      sum += *area;
    }
    return sum / static_cast<double>(rankings_.size());
  }

 private:
  /// Examples in ascending order of one column of scores.
  struct Ranking {
    std::uint32_t positive_label = 1;
    std::vector<std::uint32_t> order;
    /// Whether the example at this place is the last of those with its score.
    std::vector<bool> tie_ends;
  };

  /// Share of (positive, negative) pairs in the right order (Mann, Whitney 1947).
  std::optional<double> area_under_curve(const Ranking& ranking, std::span<const std::uint32_t> weights) const {
    double ordered_pairs = 0.0;
    double negatives_below = 0.0;
    double positive_total = 0.0;
    double tied_positives = 0.0;
    double tied_negatives = 0.0;
    for (std::size_t place = 0; place < ranking.order.size(); ++place) {
      const std::uint32_t example = ranking.order[place];
      (labels_[example] == ranking.positive_label ? tied_positives : tied_negatives) += weights[example];
      if (!ranking.tie_ends[place]) continue;
      ordered_pairs += tied_positives * (negatives_below + tied_negatives / 2.0);
      negatives_below += tied_negatives;
      positive_total += tied_positives;
      tied_positives = tied_negatives = 0.0;
    }
    if (positive_total == 0.0 || negatives_below == 0.0) return std::nullopt;
    return ordered_pairs / (positive_total * negatives_below);
  }

  std::vector<std::uint32_t> labels_;
  std::vector<Ranking> rankings_;
};

class R2Scorer final : public OutcomeScorer {
 public:
  R2Scorer(std::vector<double> outputs, std::vector<double> labels)
      : outputs_(std::move(outputs)), labels_(std::move(labels)) {}

  std::optional<double> score(std::span<const std::uint32_t> weights) const override {
    // The running form gives exactly x for labels that are all x.
    double label_mean = 0.0;
    double count = 0.0;
    for (std::size_t example = 0; example < labels_.size(); ++example) {
      if (weights[example] == 0) continue;
      count += weights[example];
      label_mean += (labels_[example] - label_mean) * (weights[example] / count);
    }
    double squared_error = 0.0;
    double squared_deviation = 0.0;
    for (std::size_t example = 0; example < labels_.size(); ++example) {
      const double error = outputs_[example] - labels_[example];
      const double deviation = labels_[example] - label_mean;
      squared_error += weights[example] * error * error;
      squared_deviation += weights[example] * deviation * deviation;
    }
    if (!(squared_deviation > 0.0)) return std::nullopt;
    return 1.0 - squared_error / squared_deviation;
  }

 private:
  std::vector<double> outputs_;
  std::vector<double> labels_;
};

class MacroScorer final : public OutcomeScorer {
 public:
  MacroScorer(std::vector<std::unique_ptr<OutcomeScorer>> parts, UndefinedParts undefined)
      : parts_(std::move(parts)), undefined_(undefined) {}

  std::optional<double> score(std::span<const std::uint32_t> weights) const override {
    double sum = 0.0;
    std::size_t count = 0;
    for (const auto& part : parts_) {
      const std::optional<double> value = part->score(weights);
      if (!value && undefined_ == UndefinedParts::kMakeAllUndefined) return std::nullopt;
      if (!value) continue;
      sum += *value;
      ++count;
    }
    if (count == 0) return std::nullopt;
    return sum / static_cast<double>(count);
  }

 private:
  std::vector<std::unique_ptr<OutcomeScorer>> parts_;
  UndefinedParts undefined_;
};

}  // namespace

std::unique_ptr<OutcomeScorer> make_mean_scorer(std::vector<double> outcomes) {
  return std::make_unique<MeanScorer>(std::move(outcomes));
}

std::unique_ptr<OutcomeScorer> make_balanced_accuracy_scorer(std::vector<std::uint32_t> predicted,
                                                             std::vector<std::uint32_t> labels,
                                                             std::size_t class_count) {
  return std::make_unique<BalancedAccuracyScorer>(std::move(predicted), std::move(labels), class_count);
}

std::unique_ptr<OutcomeScorer> make_macro_f1_scorer(std::vector<std::uint32_t> predicted,
                                                    std::vector<std::uint32_t> labels, std::size_t class_count) {
  return std::make_unique<MacroF1Scorer>(std::move(predicted), std::move(labels), class_count);
}

std::unique_ptr<OutcomeScorer> make_roc_auc_scorer(std::vector<double> scores, std::vector<std::uint32_t> labels,
                                                   std::size_t column_count) {
  return std::make_unique<RocAucScorer>(std::move(scores), std::move(labels), column_count);
}

std::unique_ptr<OutcomeScorer> make_undefined_scorer() {
  class UndefinedScore final : public OutcomeScorer {
    std::optional<double> score(std::span<const std::uint32_t>) const override { return std::nullopt; }
  };
  return std::make_unique<UndefinedScore>();
}

std::unique_ptr<OutcomeScorer> make_r2_scorer(std::vector<double> outputs, std::vector<double> labels) {
  return std::make_unique<R2Scorer>(std::move(outputs), std::move(labels));
}

std::unique_ptr<OutcomeScorer> make_macro_scorer(std::vector<std::unique_ptr<OutcomeScorer>> parts,
                                                 UndefinedParts undefined) {
  return std::make_unique<MacroScorer>(std::move(parts), undefined);
}

}  // namespace modattr
