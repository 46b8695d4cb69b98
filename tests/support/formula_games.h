#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/example_games.h"

namespace modattr {

/// Games of features from a formula, which remember what they were asked.
class FormulaGames final : public ExampleGames {
 public:
  using Formula = std::function<double(const Coalition& present, std::uint32_t example)>;

  /// `player_counts`: [examples][modalities]. Labels are "0", "1", ...
  FormulaGames(const std::vector<std::vector<std::size_t>>& player_counts, Formula formula, std::size_t draw_count = 1)
      : formula_(std::move(formula)), draw_count_(draw_count) {
    for (const std::vector<std::size_t>& counts : player_counts) {
      labels_.emplace_back();
      for (const std::size_t count : counts) {
        labels_.back().emplace_back();
        for (std::size_t player = 0; player < count; ++player) labels_.back().back().push_back(std::to_string(player));
      }
    }
  }

  std::size_t example_count() const noexcept override { return labels_.size(); }
  std::size_t modality_count() const noexcept override { return labels_.front().size(); }
  const std::vector<std::string>& labels(std::size_t example, std::size_t modality) override {
    return labels_.at(example).at(modality);
  }
  std::uint32_t key(std::size_t example) const noexcept override { return static_cast<std::uint32_t>(example) + 100; }
  bool are_players_shared() const noexcept override { return false; }
  std::vector<double> evaluate(std::span<const Query> queries) override {
    std::vector<double> values;
    for (const Query& query : queries) {
      asked_.push_back(query);
      values.push_back(formula_(query.coalition, query.example));
    }
    return values;
  }
  std::size_t evaluations_per_query() const noexcept override { return draw_count_; }

  const std::vector<Query>& asked() const noexcept { return asked_; }

 private:
  Formula formula_;
  std::size_t draw_count_;
  /// [examples][modalities][players]
  std::vector<std::vector<std::vector<std::string>>> labels_;
  std::vector<Query> asked_;
};

}  // namespace modattr
