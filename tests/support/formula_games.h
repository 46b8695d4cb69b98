#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
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

  /// Games whose v is the mean over draws of a formula.
  using DrawFormula = std::function<double(const Coalition& present, std::uint32_t example, std::size_t draw)>;
  FormulaGames(const std::vector<std::vector<std::size_t>>& player_counts, DrawFormula formula, std::size_t draw_count)
      : FormulaGames(player_counts, Formula(), draw_count) {
    draw_formula_ = std::move(formula);
  }

  std::size_t example_count() const noexcept override { return labels_.size(); }
  std::size_t modality_count() const noexcept override { return labels_.front().size(); }
  const std::vector<std::string>& labels(std::size_t example, std::size_t modality) override {
    return labels_.at(example).at(modality);
  }
  std::uint32_t key(std::size_t example) const noexcept override { return static_cast<std::uint32_t>(example) + 100; }
  bool are_players_shared() const noexcept override { return false; }
  std::vector<double> evaluate(std::span<const Query> queries) override {
    return measure(queries, std::nullopt).values;
  }
  Measurement measure(std::span<const Query> queries, std::optional<Space> space) override {
    if (space) return ExampleGames::measure(queries, space);
    Measurement result{.values = {}, .variances = {}, .distances = {}};
    for (const Query& query : queries) {
      asked_.push_back(query);
      if (draw_formula_) {
        add_draws(query, result);
      } else {
        result.values.push_back(formula_(query.coalition, query.example));
        result.variances.push_back(0.0);
      }
    }
    return result;
  }
  std::size_t evaluations_per_query() const noexcept override { return draw_count_; }

  bool is_mean_over_draws() const noexcept override { return draw_formula_ != nullptr; }

  const std::vector<Query>& asked() const noexcept { return asked_; }

 private:
  void add_draws(const Query& query, Measurement& result) const {
    std::vector<std::uint32_t> draws = query.draws;
    for (std::uint32_t draw = 0; query.draws.empty() && draw < draw_count_; ++draw) draws.push_back(draw);
    const auto count = static_cast<double>(draws.size());
    double mean = 0.0;
    double squares = 0.0;
    for (const std::uint32_t draw : draws) mean += draw_formula_(query.coalition, query.example, draw) / count;
    for (const std::uint32_t draw : draws) {
      squares += std::pow(draw_formula_(query.coalition, query.example, draw) - mean, 2);
    }
    result.values.push_back(mean);
    const double left_out = 1.0 - count / static_cast<double>(draw_count_);
    result.variances.push_back(count > 1.0 ? squares / (count - 1.0) / count * left_out : 0.0);
  }

  Formula formula_;
  DrawFormula draw_formula_;
  std::size_t draw_count_;
  /// [examples][modalities][players]
  std::vector<std::vector<std::vector<std::string>>> labels_;
  std::vector<Query> asked_;
};

}  // namespace modattr
