#include "modattr/stats/label_judge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/stats/class_reader.h"
#include "modattr/stats/multilabel_reader.h"

namespace modattr {
namespace {

/// Places for classes in a behaviour; further classes share them.
constexpr std::size_t kMostBehaviourNumbers = 32;
/// An answer that so many annotators gave, as soft accuracy, is right.
constexpr double kRightSoftAccuracy = 0.5;

/// Square roots of probabilities: the Euclidean distance of two is the Hellinger distance, but for a factor.
void write_roots(std::span<const double> probabilities, std::span<float> numbers) {
  std::ranges::fill(numbers, 0.0F);
  for (std::size_t place = 0; place < probabilities.size(); ++place) {
    numbers[place % numbers.size()] += static_cast<float>(probabilities[place]);
  }
  for (float& number : numbers) number = std::sqrt(std::max(number, 0.0F));
}

void expect_quantity(const std::optional<WrongRule>& rule, std::span<const WrongQuantity> allowed,
                     const char* expected) {
  if (!rule || std::ranges::find(allowed, rule->quantity) != allowed.end()) return;
  throw ConfigError(option("wrong_if") + ": expected " + expected + " for this kind of label, got \"" + to_text(*rule) +
                    "\"");
}

/// What judges of classes share: several classes may be right, as with answer counts.
class ClassJudgeBase : public AnswerJudge {
 public:
  ClassJudgeBase(OutputKind kind, std::size_t width, std::optional<WrongRule> rule)
      : reader_(kind, width), reads_logits_(kind == OutputKind::kLogits), width_(width), rule_(rule) {}

  std::optional<std::size_t> predicted(std::span<const double> output) const override {
    return reader_.predicted(output);
  }
  double class_probability(std::span<const double> output, std::size_t predicted) const override {
    return reader_.probability(output, predicted);
  }
  std::size_t behaviour_width() const noexcept override {
    return std::min(reader_.class_count(), kMostBehaviourNumbers);
  }
  void behaviour(std::span<const double> output, std::span<float> numbers) const override {
    std::vector<double> probabilities(output.size());
    reader_.probabilities(output, probabilities);
    if (width_ == 1) probabilities.push_back(1.0 - probabilities.front());
    write_roots(probabilities, numbers);
  }
  std::string rule() const override { return rule_ ? to_text(*rule_) : ""; }

 protected:
  double class_margin(std::span<const double> output, std::size_t label) const {
    const auto score = [&](std::size_t place) { return reads_logits_ ? output[place] : std::log(output[place]); };
    if (width_ == 1) {
      const double positive = reads_logits_ ? output[0] : std::log(output[0]) - std::log1p(-output[0]);
      return label == 1 ? positive : -positive;
    }
    double other = -std::numeric_limits<double>::infinity();
    for (std::size_t place = 0; place < output.size(); ++place) {
      if (place != label) other = std::max(other, score(place));
    }
    return score(label) - other;
  }

  ClassReader reader_;
  bool reads_logits_;
  std::size_t width_;
  std::optional<WrongRule> rule_;
};

class ClassJudge final : public ClassJudgeBase {
 public:
  ClassJudge(const JudgeInput& input, std::vector<std::int64_t> labels)
      : ClassJudgeBase(input.kind, input.output_width, input.rule), labels_(std::move(labels)) {}

  bool is_right(std::span<const double> output, std::size_t example) const override {
    if (!rule_) return reader_.predicted(output) == label(example);
    const double log_probability = reader_.log_probability(output, label(example));
    return !rule_->is_wrong(rule_->quantity == WrongQuantity::kProbability ? probability(output, example)
                                                                           : log_probability);
  }
  double probability(std::span<const double> output, std::size_t example) const override {
    return reader_.probability(output, label(example));
  }
  std::optional<double> margin(std::span<const double> output, std::size_t example) const override {
    return class_margin(output, label(example));
  }
  AnswerReading read(std::span<const double> output, std::size_t example,
                     std::optional<std::size_t> predicted) const override {
    if (rule_) return AnswerJudge::read(output, example, predicted);
    const std::array<std::size_t, 2> classes = {label(example), predicted.value_or(0)};
    std::array<double, 2> probabilities{};
    reader_.probabilities_of(output, classes, probabilities);
    return {.is_right = reader_.predicted(output) == label(example),
            .probability = probabilities[0],
            .class_probability = predicted ? probabilities[1] : 0.0,
            .margin = class_margin(output, label(example))};
  }
  std::optional<std::uint32_t> label_group(std::size_t example) const override {
    return static_cast<std::uint32_t>(label(example));
  }

 private:
  std::size_t label(std::size_t example) const { return static_cast<std::size_t>(labels_[example]); }

  std::vector<std::int64_t> labels_;
};

/// Visual question answering: every answer that enough annotators gave is right, or else the most frequent ones.
class AnswerCountJudge final : public ClassJudgeBase {
 public:
  AnswerCountJudge(const JudgeInput& input, const AnswerCounts& counts)
      : ClassJudgeBase(input.kind, input.output_width, input.rule), labels_(input.labels), counts_(counts) {
    for (std::size_t example = 0; example < counts.example_count(); ++example) {
      double best = 0.0;
      std::uint32_t answer = 0;
      for (const AnswerCounts::Entry& entry : counts.entries(example)) {
        if (entry.count > best) answer = entry.answer;
        best = std::max(best, static_cast<double>(entry.count));
      }
      groups_.push_back(answer);
    }
  }

  bool is_right(std::span<const double> output, std::size_t example) const override {
    if (rule_ && rule_->quantity == WrongQuantity::kProbability) return !rule_->is_wrong(probability(output, example));
    const double accuracy = counts_.soft_accuracy(example, reader_.predicted(output));
    return rule_ ? !rule_->is_wrong(accuracy) : accuracy >= kRightSoftAccuracy;
  }
  double probability(std::span<const double> output, std::size_t example) const override {
    double right = 0.0;
    bool any = false;
    for (const AnswerCounts::Entry& entry : counts_.entries(example)) {
      if (counts_.soft_accuracy(example, entry.answer) < kRightSoftAccuracy) continue;
      right += reader_.probability(output, entry.answer);
      any = true;
    }
    return any ? right : reader_.probability(output, groups_[example]);
  }
  std::optional<double> margin(std::span<const double> output, std::size_t example) const override {
    return class_margin(output, groups_[example]);
  }
  std::optional<std::uint32_t> label_group(std::size_t example) const override { return groups_[example]; }

 private:
  std::shared_ptr<const Labels> labels_;
  const AnswerCounts& counts_;
  /// The most frequent answer of each example.
  std::vector<std::uint32_t> groups_;
};

/// What judges share whose answers are no classes.
class OtherJudge : public AnswerJudge {
 public:
  explicit OtherJudge(std::optional<WrongRule> rule) : rule_(rule) {}

  std::optional<double> margin(std::span<const double>, std::size_t) const override { return std::nullopt; }
  std::optional<std::size_t> predicted(std::span<const double>) const override { return std::nullopt; }
  double class_probability(std::span<const double>, std::size_t) const override {
    throw std::logic_error("an answer that is no class was asked for the probability of one");
  }
  std::optional<std::uint32_t> label_group(std::size_t) const override { return std::nullopt; }
  std::string rule() const override { return rule_ ? to_text(*rule_) : ""; }

 protected:
  std::optional<WrongRule> rule_;
};

class LabelSetJudge final : public OtherJudge {
 public:
  LabelSetJudge(const JudgeInput& input, const IndicatorLabels& labels)
      : OtherJudge(input.rule), reader_(input.kind), labels_(input.labels), flags_(labels) {}

  bool is_right(std::span<const double> output, std::size_t example) const override {
    if (rule_) return !rule_->is_wrong(probability(output, example));
    const std::span<const std::uint8_t> flags = flags_.row(example);
    for (std::size_t label = 0; label < flags.size(); ++label) {
      if (reader_.is_predicted(output[label]) != (flags[label] != 0)) return false;
    }
    return true;
  }
  double probability(std::span<const double> output, std::size_t example) const override {
    const std::span<const std::uint8_t> flags = flags_.row(example);
    double sum = 0.0;
    for (std::size_t label = 0; label < flags.size(); ++label) {
      sum += reader_.log_probability(output[label], flags[label] != 0);
    }
    return std::exp(sum / static_cast<double>(flags.size()));
  }
  std::size_t behaviour_width() const noexcept override { return std::min(flags_.label_count, kMostBehaviourNumbers); }
  void behaviour(std::span<const double> output, std::span<float> numbers) const override {
    std::vector<double> probabilities(output.size());
    for (std::size_t label = 0; label < output.size(); ++label) {
      probabilities[label] = reader_.probability(output[label]);
    }
    write_roots(probabilities, numbers);
  }

 private:
  MultilabelReader reader_;
  std::shared_ptr<const Labels> labels_;
  const IndicatorLabels& flags_;
};

class ValueJudge final : public OtherJudge {
 public:
  ValueJudge(const JudgeInput& input, const ValueLabels& labels)
      : OtherJudge(input.rule), labels_(input.labels), values_(labels), width_(input.output_width) {
    if (values_.column_count != width_) {
      throw DataError("labels: expected one column for each of the model's outputs, " + std::to_string(width_) +
                      ", got " + std::to_string(values_.column_count));
    }
    std::vector<double> medians(width_);
    const std::size_t count = values_.values.size() / width_;
    std::vector<double> means(count);
    for (std::size_t column = 0; column < width_; ++column) {
      std::vector<double> sorted;
      for (std::size_t example = 0; example < count; ++example) {
        sorted.push_back(values_.value(example, column));
        means[example] += sorted.back() / static_cast<double>(width_);
      }
      std::ranges::sort(sorted);
      medians[column] = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2.0;
    }
    for (std::size_t example = 0; example < count; ++example) scale_ += error(medians, example);
    scale_ /= static_cast<double>(count);
    if (!rule_) rule_ = WrongRule{.quantity = WrongQuantity::kAbsoluteError, .limit = scale_};
    limit_ = rule_->comparison == WrongComparison::kAbove && rule_->limit > 0.0 ? rule_->limit : scale_;
    std::vector<double> sorted = means;
    std::ranges::sort(sorted);
    for (const double mean : means) {
      const auto rank = static_cast<std::size_t>(std::ranges::lower_bound(sorted, mean) - sorted.begin());
      groups_.push_back(static_cast<std::uint32_t>(rank * kLabelGroups / count));
    }
  }

  bool is_right(std::span<const double> output, std::size_t example) const override {
    return !rule_->is_wrong(error(output, example));
  }
  double probability(std::span<const double> output, std::size_t example) const override {
    return limit_ > 0.0 ? std::exp2(-error(output, example) / limit_) : (error(output, example) > 0.0 ? 0.0 : 1.0);
  }
  std::size_t behaviour_width() const noexcept override { return std::min(width_, kMostBehaviourNumbers); }
  void behaviour(std::span<const double> output, std::span<float> numbers) const override {
    for (std::size_t place = 0; place < numbers.size(); ++place) numbers[place] = static_cast<float>(output[place]);
  }
  std::optional<std::uint32_t> label_group(std::size_t example) const override { return groups_[example]; }

 private:
  /// Labels of a regression are compared within fifths of the set.
  static constexpr std::size_t kLabelGroups = 5;

  /// Mean over the columns.
  double error(std::span<const double> output, std::size_t example) const {
    double sum = 0.0;
    for (std::size_t column = 0; column < width_; ++column) {
      sum += std::abs(output[column] - values_.value(example, column));
    }
    return sum / static_cast<double>(width_);
  }

  std::shared_ptr<const Labels> labels_;
  const ValueLabels& values_;
  std::size_t width_;
  /// Mean absolute error of the medians.
  double scale_ = 0.0;
  /// The error at which the probability is 1/2.
  double limit_ = 0.0;
  std::vector<std::uint32_t> groups_;
};

class TokenJudge final : public OtherJudge {
 public:
  explicit TokenJudge(const JudgeInput& input) : OtherJudge(input.rule), limits_(input.token_limits) {}

  bool is_right(std::span<const double> output, std::size_t example) const override {
    const double log_probability = mean_token_log_probability(output);
    if (!rule_) return log_probability > limits_[example];
    return !rule_->is_wrong(rule_->quantity == WrongQuantity::kProbability ? std::exp(log_probability)
                                                                           : log_probability);
  }
  double probability(std::span<const double> output, std::size_t) const override {
    return std::exp(mean_token_log_probability(output));
  }
  /// Label tokens of different examples cannot be compared.
  std::size_t behaviour_width() const noexcept override { return 0; }
  void behaviour(std::span<const double>, std::span<float>) const override {}

 private:
  std::vector<double> limits_;
};

}  // namespace

std::unique_ptr<AnswerJudge> make_label_judge(const JudgeInput& input) {
  using enum WrongQuantity;
  constexpr WrongQuantity kProbabilities[] = {kProbability, kLogProbability};
  constexpr WrongQuantity kCounts[] = {kProbability, kSoftAccuracy};
  constexpr WrongQuantity kErrors[] = {kAbsoluteError};
  const Labels& labels = *input.labels;
  if (const auto* classes = std::get_if<ClassLabels>(&labels)) {
    expect_quantity(input.rule, kProbabilities, "probability or log_probability");
    return std::make_unique<ClassJudge>(input, classes->classes);
  }
  if (const auto* counts = std::get_if<AnswerCounts>(&labels)) {
    expect_quantity(input.rule, kCounts, "soft_accuracy or probability");
    return std::make_unique<AnswerCountJudge>(input, *counts);
  }
  if (const auto* flags = std::get_if<IndicatorLabels>(&labels)) {
    expect_quantity(input.rule, std::span(kProbabilities).first(1), "probability");
    return std::make_unique<LabelSetJudge>(input, *flags);
  }
  if (const auto* values = std::get_if<ValueLabels>(&labels)) {
    expect_quantity(input.rule, kErrors, "abs_error");
    return std::make_unique<ValueJudge>(input, *values);
  }
  if (std::holds_alternative<TokenLabels>(labels)) {
    expect_quantity(input.rule, kProbabilities, "probability or log_probability");
    return std::make_unique<TokenJudge>(input);
  }
  throw ConfigError("trace: expected labels that say which answers are wrong, got none; set data.label");
}

}  // namespace modattr
