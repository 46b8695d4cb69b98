#include "modattr/core/labels.h"

#include <algorithm>
#include <array>

namespace modattr {

void AnswerCounts::add_example(std::span<const double> counts) {
  for (std::size_t answer = 0; answer < counts.size(); ++answer) {
    if (counts[answer] != 0.0) {
      entries_.push_back({static_cast<std::uint32_t>(answer), static_cast<float>(counts[answer])});
    }
  }
  starts_.push_back(entries_.size());
  answer_count_ = std::max(answer_count_, counts.size());
}

std::span<const AnswerCounts::Entry> AnswerCounts::entries(std::size_t example) const {
  return std::span(entries_).subspan(starts_.at(example), starts_.at(example + 1) - starts_[example]);
}

double AnswerCounts::largest() const noexcept {
  double largest = 0.0;
  for (const Entry& entry : entries_) largest = std::max(largest, static_cast<double>(entry.count));
  return largest;
}

const char* kind_name(const Labels& labels) noexcept {
  constexpr std::array kNames = {"no labels",     "class labels", "float labels",
                                 "answer counts", "label tokens", "multilabel indicators"};
  static_assert(kNames.size() == std::variant_size_v<Labels>);
  return kNames[labels.index()];
}

double AnswerCounts::soft_accuracy(std::size_t example, std::size_t answer) const {
  constexpr double kFullAgreement = 3.0;
  for (const Entry& entry : entries(example)) {
    if (entry.answer == answer) return std::min(static_cast<double>(entry.count) / kFullAgreement, 1.0);
  }
  return 0.0;
}

}  // namespace modattr
