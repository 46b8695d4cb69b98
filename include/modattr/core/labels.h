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
  kCausalLm
};

/// Whether an output is about classes, one of which is predicted.
constexpr bool predicts_classes(OutputKind kind) noexcept {
  return kind == OutputKind::kLogits || kind == OutputKind::kProbabilities;
}

/// The set has no labels.
struct NoLabels {};

/// One class index per example.
struct ClassLabels {
  std::vector<std::int64_t> classes;
};

/// One number per example (regression).
struct ValueLabels {
  std::vector<double> values;
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

using Labels = std::variant<NoLabels, ClassLabels, ValueLabels, AnswerCounts, TokenLabels>;

/// For messages: "class labels", "answer counts" ...
const char* kind_name(const Labels& labels) noexcept;

}  // namespace modattr
