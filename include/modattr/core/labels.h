#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

namespace modattr {

/// What the model's raw output means (`model.kind`).
enum class OutputKind {
  kLogits,
  kProbabilities,
  kRegression,
  /// Probabilities of an example's own label tokens, [label positions]; -1 at positions that are ignored.
  kCausalLm,
  /// One logit per label, several of which may be true at once.
  kMultilabel,
  /// The same as probabilities.
  kMultilabelProbabilities
};

/// Whether an output is about classes, one of which is predicted.
constexpr bool predicts_classes(OutputKind kind) noexcept {
  return kind == OutputKind::kLogits || kind == OutputKind::kProbabilities;
}

/// Whether an output is about labels that do not exclude each other.
constexpr bool predicts_label_sets(OutputKind kind) noexcept {
  return kind == OutputKind::kMultilabel || kind == OutputKind::kMultilabelProbabilities;
}

/// Whether [N, answers] of a classifier are answer counts whatever they hold, because the metric reads counts.
enum class AnswerColumns { kByContent, kCounts };

/// The set has no labels.
struct NoLabels {};

/// One class index per example.
struct ClassLabels {
  std::vector<std::int64_t> classes;
  /// Columns of the one-hot rows that they were read from, else 0.
  std::size_t one_hot_width = 0;
};

/// One number per example and column (regression).
struct ValueLabels {
  /// [examples * columns]
  std::vector<double> values;
  std::size_t column_count = 1;

  double value(std::size_t example, std::size_t column) const { return values[example * column_count + column]; }
};

/// Which labels are true of an example; several may be, or none (multilabel classification).
struct IndicatorLabels {
  /// 0 or 1, [examples * labels].
  std::vector<std::uint8_t> flags;
  std::size_t label_count = 1;

  /// [labels]
  std::span<const std::uint8_t> row(std::size_t example) const {
    return std::span(flags).subspan(example * label_count, label_count);
  }
};

/// How many annotators gave which answer, per example (visual question answering); answers nobody gave are left out.
class AnswerCounts {
 public:
  struct Entry {
    std::uint32_t answer = 0;
    float count = 0.0F;
  };

  /// Adds the next example; `counts`: [answers].
  void add_example(std::span<const double> counts);

  std::size_t example_count() const noexcept { return starts_.size() - 1; }
  std::size_t answer_count() const noexcept { return answer_count_; }
  /// The largest count of all.
  double largest() const noexcept;
  std::span<const Entry> entries(std::size_t example) const;
  /// Soft accuracy of an answer: min(matches / 3, 1) (Antol et al., "VQA", ICCV 2015).
  double soft_accuracy(std::size_t example, std::size_t answer) const;

 private:
  std::vector<std::size_t> starts_{0};
  std::vector<Entry> entries_;
  std::size_t answer_count_ = 0;
};

/// Tokens that a causal language model is to say; its output is already about them.
struct TokenLabels {};

using Labels = std::variant<NoLabels, ClassLabels, ValueLabels, AnswerCounts, TokenLabels, IndicatorLabels>;

/// For messages: "class labels", "answer counts" ...
const char* kind_name(const Labels& labels) noexcept;

}  // namespace modattr
