#include "modattr/stats/multilabel_scorers.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

namespace modattr {
namespace {

class LabelF1Scorer final : public OutcomeScorer {
 public:
  LabelF1Scorer(std::vector<std::uint8_t> predicted, std::vector<std::uint8_t> labels, std::size_t label_count,
                F1Average average)
      : predicted_(std::move(predicted)), labels_(std::move(labels)), label_count_(label_count), average_(average) {}

  std::optional<double> score(std::span<const std::uint32_t> weights) const override {
    std::vector<Decisions> decisions(label_count_);
    std::uint64_t weight_sum = 0;
    for (std::size_t example = 0; example < weights.size(); ++example) {
      weight_sum += weights[example];
      for (std::size_t label = 0; label < label_count_; ++label) {
        const std::size_t place = example * label_count_ + label;
        decisions[label].seen += std::uint64_t{weights[example]} * (labels_[place] + predicted_[place]);
        decisions[label].correct += std::uint64_t{weights[example]} * (labels_[place] & predicted_[place]);
      }
    }
    if (weight_sum == 0) return std::nullopt;
    if (average_ == F1Average::kMicro) {
      Decisions all;
      for (const Decisions& own : decisions) all = {all.seen + own.seen, all.correct + own.correct};
      return all.f1();
    }
    double sum = 0.0;
    for (const Decisions& own : decisions) sum += own.f1();
    return sum / static_cast<double>(label_count_);
  }

 private:
  struct Decisions {
    /// How often the label is true, plus how often it is predicted.
    std::uint64_t seen = 0;
    std::uint64_t correct = 0;

    double f1() const { return seen == 0 ? 0.0 : 2.0 * static_cast<double>(correct) / static_cast<double>(seen); }
  };

  std::vector<std::uint8_t> predicted_;
  std::vector<std::uint8_t> labels_;
  std::size_t label_count_;
  F1Average average_;
};

class AveragePrecisionScorer final : public OutcomeScorer {
 public:
  AveragePrecisionScorer(const std::vector<double>& scores, std::vector<std::uint8_t> labels)
      : labels_(std::move(labels)), order_(labels_.size()), tie_ends_(labels_.size()) {
    std::iota(order_.begin(), order_.end(), 0u);
    std::ranges::stable_sort(order_, [&](auto a, auto b) { return scores[a] > scores[b]; });
    for (std::size_t place = 0; place < order_.size(); ++place) {
      tie_ends_[place] = place + 1 == order_.size() || scores[order_[place]] != scores[order_[place + 1]];
    }
  }

  std::optional<double> score(std::span<const std::uint32_t> weights) const override {
    double sum = 0.0;
    double predicted = 0.0;
    double correct = 0.0;
    double tied_correct = 0.0;
    for (std::size_t place = 0; place < order_.size(); ++place) {
      const std::uint32_t example = order_[place];
      predicted += weights[example];
      if (labels_[example] != 0) tied_correct += weights[example];
      if (!tie_ends_[place]) continue;
      correct += tied_correct;
      if (tied_correct > 0.0) sum += tied_correct * (correct / predicted);
      tied_correct = 0.0;
    }
    if (correct == 0.0) return std::nullopt;
    return sum / correct;
  }

 private:
  std::vector<std::uint8_t> labels_;
  /// Examples in descending order of their scores.
  std::vector<std::uint32_t> order_;
  /// Whether the example at this place is the last of those with its score.
  std::vector<bool> tie_ends_;
};

}  // namespace

std::unique_ptr<OutcomeScorer> make_label_f1_scorer(std::vector<std::uint8_t> predicted,
                                                    std::vector<std::uint8_t> labels, std::size_t label_count,
                                                    F1Average average) {
  return std::make_unique<LabelF1Scorer>(std::move(predicted), std::move(labels), label_count, average);
}

std::unique_ptr<OutcomeScorer> make_average_precision_scorer(const std::vector<double>& scores,
                                                             std::vector<std::uint8_t> labels) {
  return std::make_unique<AveragePrecisionScorer>(scores, std::move(labels));
}

}  // namespace modattr
