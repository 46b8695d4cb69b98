#include "modattr/value/games/model_problem.h"

#include <numeric>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/value/games/pair_outcomes.h"
#include "modattr/value/games/player_games.h"
#include "modattr/value/games/removal_game.h"

namespace modattr {
namespace {

/// v(S) = the metric's outcome when the data of absent modalities comes from donor rows.
class PermutedGame final : public ValueFunction {
 public:
  PermutedGame(Problem& problem, RowMap donors) : problem_(problem), donors_(std::move(donors)) {}

  const Players& players() const noexcept override { return problem_.players(); }
  std::size_t example_count() const noexcept override { return problem_.example_count(); }
  std::size_t width() const noexcept override { return problem_.metric().width(); }

  Matrix evaluate(std::span<const Coalition> coalitions) override {
    const PermutedCoalitions game{donors_, {coalitions.begin(), coalitions.end()}};
    return std::move(problem_.permuted_outcomes(std::span(&game, 1)).front());
  }

 private:
  Problem& problem_;
  RowMap donors_;
};

}  // namespace

ModelProblem::ModelProblem(const Dataset& dataset, const InputLayout& layout, const Metric& metric,
                           ModelEvaluator& evaluator, Progress& progress)
    : dataset_(dataset), layout_(layout), metric_(metric), evaluator_(evaluator), progress_(progress) {
  if (dataset.group_column()) groups_ = dataset.strata(*dataset.group_column());
}

void ModelProblem::set_removal(const RemovalRows& removal, std::span<const Target> targets) {
  removal_ = &removal;
  targets_ = targets;
  removal_rows_.emplace(evaluator_.encode(removal));
}

std::unique_ptr<ValueFunction> ModelProblem::permuted_game(RowMap donors) {
  return std::make_unique<PermutedGame>(*this, std::move(donors));
}

std::unique_ptr<ValueFunction> ModelProblem::removal_game() {
  if (removal_ == nullptr) throw ConfigError("removal: expected a way to remove modalities, got none");
  return std::make_unique<RemovalGame>(RemovalGame::Parts{.evaluator = evaluator_,
                                                          .players = players(),
                                                          .removal = *removal_,
                                                          .rows = *removal_rows_,
                                                          .targets = targets_,
                                                          .progress = progress_});
}

std::unique_ptr<ExampleGames> ModelProblem::player_games() {
  if (removal_ == nullptr || segmentations_ == nullptr) {
    throw ConfigError("players: expected a way to divide modalities into players, got none");
  }
  return std::make_unique<PlayerGames>(PlayerGames::Parts{.evaluator = evaluator_,
                                                          .removal = *removal_,
                                                          .removal_rows = *removal_rows_,
                                                          .segmentations = *segmentations_,
                                                          .target = targets_.front(),
                                                          .progress = progress_},
                                       PlayerVariants::Parts{.dataset = dataset_,
                                                             .layout = layout_,
                                                             .removal = *removal_,
                                                             .segmentations = *segmentations_,
                                                             .inputs = segmented_inputs_});
}

std::unique_ptr<Contributions> ModelProblem::contributions(const ContributionRequest& request, const Rng& rng) {
  if (!make_contributions_) return Problem::contributions(request, rng);
  return make_contributions_(request, rng);
}

std::unique_ptr<CaseGame> ModelProblem::case_game() {
  if (judge_ == nullptr) return Problem::case_game();
  return std::make_unique<CaseGames>(CaseGames::Parts{.evaluator = evaluator_,
                                                      .dataset = dataset_,
                                                      .modalities = traced_modalities_,
                                                      .judge = *judge_,
                                                      .progress = progress_});
}

std::vector<Matrix> ModelProblem::permuted_outcomes(std::span<const PermutedCoalitions> games) {
  const std::size_t width = metric_.width();
  std::vector<Matrix> outcomes;
  const ExampleRange range = evaluated_.value_or(ExampleRange{0, example_count()});
  std::vector<Mix> mixes;
  // Of each mix: its game, and the coalition's place there.
  std::vector<std::pair<std::size_t, std::size_t>> places;
  for (const auto& [donors, coalitions] : games) {
    const std::span<const std::uint32_t> own = std::span(donors).subspan(range.first, range.count);
    for (std::size_t place = 0; place < coalitions.size(); ++place) {
      places.emplace_back(outcomes.size(), place);
      mixes.push_back({coalitions[place], own});
    }
    outcomes.emplace_back(coalitions.size(), example_count() * width);
  }
  std::vector<std::uint32_t> examples(range.count);
  std::iota(examples.begin(), examples.end(), static_cast<std::uint32_t>(range.first));
  const auto receive = [&](std::size_t mix, std::size_t place, std::span<const double> output) {
    const std::size_t example = range.first + place;
    const auto& [game, coalition] = places[mix];
    const std::span<double> row = outcomes[game].row(coalition);
    metric_.outcome(output, example, row.subspan(example * width, width));
  };
  if (removal_rows_) {
    // The untouched data is a mix of the removal game, too.
    evaluator_.evaluate(MixList{mixes, examples}, *removal_rows_, receive, progress_);
  } else {
    evaluator_.evaluate(MixList{mixes, examples}, receive, progress_);
  }
  return outcomes;
}

PairOutcomes ModelProblem::all_pairs(std::size_t modality, std::span<const Stratum> strata,
                                     std::span<const double> clean) {
  return pair_outcomes({.evaluator = evaluator_,
                        .metric = metric_,
                        .modality_count = players().count(),
                        .example_count = example_count(),
                        .strata = strata,
                        .clean = clean},
                       modality, progress_);
}

}  // namespace modattr
