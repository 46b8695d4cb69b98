#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "case_table_game.h"
#include "counting_progress.h"
#include "modattr/core/attribution.h"
#include "modattr/core/labels.h"
#include "modattr/core/problem.h"

namespace modattr {

/// Players named "a", "b", "c", ...
Players lettered_players(std::size_t player_count);

/// A value function from a formula, which remembers what it was asked.
class TableGame final : public ValueFunction {
 public:
  using Formula = std::function<double(const Coalition& coalition, std::size_t example)>;
  using WideFormula = std::function<std::vector<double>(const Coalition& coalition, std::size_t example)>;

  TableGame(Players players, std::size_t example_count, Formula formula)
      : TableGame(std::move(players), example_count, 1,
                  [formula = std::move(formula)](const Coalition& coalition, std::size_t example) {
                    return std::vector{formula(coalition, example)};
                  }) {}
  TableGame(Players players, std::size_t example_count, std::size_t width, WideFormula formula)
      : players_(std::move(players)), example_count_(example_count), width_(width), formula_(std::move(formula)) {}

  std::size_t width() const noexcept override { return width_; }
  const Players& players() const noexcept override { return players_; }
  std::size_t example_count() const noexcept override { return example_count_; }
  Matrix evaluate(std::span<const Coalition> coalitions) override;

  /// Coalitions in the order in which they were asked for, repeated ones as often as asked.
  const std::vector<Coalition>& asked() const noexcept { return asked_; }
  using ValueFunction::evaluation_count;
  std::size_t evaluation_count() const noexcept { return asked_.size() * example_count_; }

 private:
  Players players_;
  std::size_t example_count_;
  std::size_t width_;
  WideFormula formula_;
  std::vector<Coalition> asked_;
};

/// What a TableProblem is made of.
struct TableProblemParts {
  /// One number per example and modality, [examples, modalities].
  Matrix data;
  /// The output on one number per modality, [modalities] -> [outputs].
  std::function<std::vector<double>(std::span<const double> numbers)> model;
  std::unique_ptr<Metric> metric;
  std::vector<Stratum> groups = {};
  std::map<std::string, std::vector<Stratum>, std::less<>> columns = {};
  /// The game of attributions; [width] numbers.
  std::function<std::vector<double>(const Coalition& present, std::size_t example)> game = {};
  std::size_t game_width = 1;
  /// Makes the games of features; empty = every modality is one player of the game above.
  std::function<std::unique_ptr<ExampleGames>()> features = {};
  /// Makes the cases that errors are traced in; empty = the model on the data, right where the metric's first outcome
  /// is above 1/2.
  std::function<std::unique_ptr<CaseGame>()> cases = {};
  /// Keys of the examples; empty = their places.
  std::vector<std::uint32_t> keys = {};
};

/// A toy model on a toy set, with no library behind it: engines are proved on its closed answers.
class TableProblem final : public Problem {
 public:
  explicit TableProblem(TableProblemParts parts);

  const Players& players() const noexcept override { return players_; }
  std::size_t example_count() const noexcept override { return parts_.data.row_count(); }
  std::uint32_t example_key(std::size_t example) const noexcept override {
    return parts_.keys.empty() ? Problem::example_key(example) : parts_.keys[example];
  }
  const Metric& metric() const noexcept override { return *parts_.metric; }
  std::unique_ptr<ValueFunction> permuted_game(RowMap donors) override;
  /// v = `game`, else the first output, averaged over all examples as donors.
  std::unique_ptr<ValueFunction> removal_game() override;
  /// Every modality is one player of the removal game.
  std::unique_ptr<ExampleGames> player_games() override;
  std::unique_ptr<CaseGame> case_game() override;
  /// Pair by pair.
  PairOutcomes all_pairs(std::size_t modality, std::span<const Stratum> strata, std::span<const double> clean) override;
  std::span<const Stratum> groups() const noexcept override { return parts_.groups; }
  std::vector<Stratum> strata(std::string_view column) const override;
  CountingProgress& progress() const noexcept override { return progress_; }

  /// The model's output when modalities outside `present` come from `donor`, [outputs].
  std::vector<double> output(const Coalition& present, std::size_t example, std::size_t donor) const;
  /// The metric's outcome of that, [metric width].
  std::vector<double> outcome(const Coalition& present, std::size_t example, std::size_t donor) const;
  /// The metric when absent modalities come from donors[i], over all examples.
  double score(const Coalition& present, const RowMap& donors) const;
  double clean_score() const;
  /// Donors of the games that were asked for, in order.
  const std::vector<RowMap>& row_maps() const noexcept { return row_maps_; }
  /// Donors that a coalition was asked for with, in order.
  std::vector<RowMap> row_maps_of(const Coalition& present) const;
  void note_asked(const Coalition& present, const RowMap& donors) { asked_.emplace_back(present, donors); }
  /// How often the game of attributions was asked for.
  std::size_t removal_game_count() const noexcept { return removal_game_count_; }
  /// Modalities whose pairs were asked for, in order.
  const std::vector<std::size_t>& pair_modalities() const noexcept { return pair_modalities_; }

 private:
  TableProblemParts parts_;
  Players players_;
  mutable CountingProgress progress_;
  std::vector<RowMap> row_maps_;
  std::vector<std::pair<Coalition, RowMap>> asked_;
  std::vector<std::size_t> pair_modalities_;
  std::size_t removal_game_count_ = 0;
};

/// The row of a modality with this definition, for all examples or a group; throws std::out_of_range when there is
/// none.
const Score& row_of(const Attribution& attribution, std::string_view modality, std::string_view definition,
                    const std::optional<std::string>& group = std::nullopt);

/// The row map that leaves every example its own data.
RowMap identity_map(std::size_t example_count);

/// [rows, columns] from nested lists of one length.
Matrix matrix_of(const std::vector<std::vector<double>>& rows);

/// Metrics of the product on one number per example: a classifier's logit of class 1, or a regression output.
std::unique_ptr<Metric> binary_metric(std::string_view name, std::vector<std::int64_t> classes);
std::unique_ptr<Metric> regression_metric(std::string_view name, std::vector<double> values);

}  // namespace modattr
