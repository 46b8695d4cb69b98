#include "example_sums.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace modattr {

ExampleSums::ExampleSums(std::size_t example, PairCredits blank)
    : example_(example), sum_(std::move(blank)), squares_(sum_.players.size(), 0.0) {}

void ExampleSums::add_sums(const PairCredits& credits) {
  add_credits(credits, sum_);
  sum_.value_full += credits.value_full;
  sum_.value_empty += credits.value_empty;
}

void ExampleSums::add(const PairCredits& credits) {
  add_sums(credits);
  ++pair_count_;
  for (std::size_t player = 0; player < squares_.size(); ++player) {
    squares_[player] += credits.players[player] * credits.players[player];
  }
}

void ExampleSums::add(const ExampleSums& part) {
  add_sums(part.sum_);
  pair_count_ += part.pair_count_;
  for (std::size_t player = 0; player < squares_.size(); ++player) squares_[player] += part.squares_[player];
}

ExampleContributions ExampleSums::mean(bool are_drawn) const {
  const auto count = static_cast<double>(pair_count_);
  ExampleContributions result;
  result.value_full = sum_.value_full / count;
  result.value_empty = sum_.value_empty / count;
  for (std::size_t player = 0; player < squares_.size(); ++player) {
    const double mean = sum_.players[player] / count;
    const double squares = std::max(0.0, squares_[player] - count * mean * mean);
    result.players.push_back(mean);
    result.std_errors.push_back(are_drawn ? std::sqrt(squares / (count - 1.0) / count) : 0.0);
  }
  for (std::size_t modality = 0; modality < sum_.modalities.size(); ++modality) {
    result.modalities.push_back(sum_.modalities[modality] / count);
    result.spread += std::abs(sum_.unheld[modality]) / count;
  }
  result.mixed = sum_.mixed / count;
  for (const auto& [operation, gap] : sum_.gaps) {
    if (!result.largest_gap || gap / count > result.largest_gap->gap) result.largest_gap = {operation, gap / count};
  }
  result.evaluation_count = sum_.row_count;
  return result;
}

}  // namespace modattr
