#include "table_game.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "modattr/core/error.h"
#include "modattr/stats/metrics.h"

namespace modattr {
namespace {

/// v(S) of a toy problem for one row map.
class DonorGame final : public ValueFunction {
 public:
  DonorGame(TableProblem& problem, RowMap donors) : problem_(problem), donors_(std::move(donors)) {}

  const Players& players() const noexcept override { return problem_.players(); }
  std::size_t example_count() const noexcept override { return problem_.example_count(); }
  std::size_t width() const noexcept override { return problem_.metric().width(); }

  Matrix evaluate(std::span<const Coalition> coalitions) override {
    Matrix values(coalitions.size(), example_count() * width());
    for (std::size_t row = 0; row < coalitions.size(); ++row) {
      problem_.note_asked(coalitions[row], donors_);
      for (std::size_t example = 0; example < example_count(); ++example) {
        std::ranges::copy(problem_.outcome(coalitions[row], example, donors_.at(example)),
                          values.row(row).subspan(example * width(), width()).begin());
      }
    }
    problem_.progress().advance(coalitions.size() * example_count());
    return values;
  }

 private:
  TableProblem& problem_;
  RowMap donors_;
};

}  // namespace

Players lettered_players(std::size_t player_count) {
  std::vector<std::string> names;
  for (std::size_t player = 0; player < player_count; ++player) {
    names.push_back(std::string(1, static_cast<char>('a' + player)));
  }
  return Players::whole(names);
}

Matrix TableGame::evaluate(std::span<const Coalition> coalitions) {
  Matrix values(coalitions.size(), example_count_ * width_);
  for (std::size_t row = 0; row < coalitions.size(); ++row) {
    for (std::size_t example = 0; example < example_count_; ++example) {
      const std::vector<double> numbers = formula_(coalitions[row], example);
      std::ranges::copy(numbers, values.row(row).begin() + static_cast<std::ptrdiff_t>(example * width_));
    }
    asked_.push_back(coalitions[row]);
  }
  return values;
}

TableProblem::TableProblem(TableProblemParts parts)
    : parts_(std::move(parts)), players_(lettered_players(parts_.data.column_count())) {}

std::unique_ptr<ValueFunction> TableProblem::permuted_game(RowMap donors) {
  row_maps_.push_back(donors);
  return std::make_unique<DonorGame>(*this, std::move(donors));
}

std::vector<RowMap> TableProblem::row_maps_of(const Coalition& present) const {
  std::vector<RowMap> maps;
  for (const auto& [coalition, donors] : asked_) {
    if (coalition == present) maps.push_back(donors);
  }
  return maps;
}

std::unique_ptr<ValueFunction> TableProblem::removal_game() {
  ++removal_game_count_;
  const auto mean_output = [this](const Coalition& present, std::size_t example) {
    double sum = 0.0;
    for (std::size_t donor = 0; donor < example_count(); ++donor) sum += output(present, example, donor).front();
    return std::vector{sum / static_cast<double>(example_count())};
  };
  return std::make_unique<TableGame>(players_, example_count(), parts_.game_width,
                                     parts_.game ? parts_.game : TableGame::WideFormula(mean_output));
}

namespace {

/// A game of modalities in which every modality is one player.
class WholeModalities final : public ExampleGames {
 public:
  explicit WholeModalities(std::unique_ptr<ValueFunction> game) : game_(std::move(game)) {
    for (const Players::Modality& modality : game_->players().modalities()) labels_.push_back({modality.name});
  }

  std::size_t example_count() const noexcept override { return game_->example_count(); }
  std::size_t modality_count() const noexcept override { return labels_.size(); }
  const std::vector<std::string>& labels(std::size_t, std::size_t modality) override { return labels_[modality]; }
  std::uint32_t key(std::size_t example) const noexcept override { return static_cast<std::uint32_t>(example); }
  bool are_players_shared() const noexcept override { return true; }
  std::vector<double> evaluate(std::span<const Query> queries) override {
    std::vector<double> values;
    for (const Query& query : queries) {
      values.push_back(game_->evaluate(std::span(&query.coalition, 1))(0, query.example * game_->width()));
    }
    return values;
  }
  std::size_t evaluations_per_query() const noexcept override { return 1; }

 private:
  std::unique_ptr<ValueFunction> game_;
  std::vector<std::vector<std::string>> labels_;
};

}  // namespace

std::unique_ptr<ExampleGames> TableProblem::player_games() {
  if (parts_.features) return parts_.features();
  return std::make_unique<WholeModalities>(removal_game());
}

namespace {

/// By the outcome of a metric.
class OutcomeJudge final : public AnswerJudge {
 public:
  explicit OutcomeJudge(const Metric& metric) : metric_(metric) {}

  bool is_right(std::span<const double> output, std::size_t example) const override {
    return probability(output, example) > 0.5;
  }
  double probability(std::span<const double> output, std::size_t example) const override {
    std::vector<double> outcome(metric_.width());
    metric_.outcome(output, example, outcome);
    return std::clamp(outcome.front(), 0.0, 1.0);
  }
  std::optional<double> margin(std::span<const double>, std::size_t) const override { return std::nullopt; }
  std::optional<std::size_t> predicted(std::span<const double>) const override { return std::nullopt; }
  double class_probability(std::span<const double>, std::size_t) const override { return 0.0; }
  std::size_t behaviour_width() const noexcept override { return 0; }
  void behaviour(std::span<const double>, std::span<float>) const override {}
  std::optional<std::uint32_t> label_group(std::size_t) const override { return std::nullopt; }
  std::string rule() const override { return {}; }

 private:
  const Metric& metric_;
};

}  // namespace

std::unique_ptr<CaseGame> TableProblem::case_game() {
  if (parts_.cases) return parts_.cases();
  return std::make_unique<TableCases>(
      TableCasesParts{.data = parts_.data, .model = parts_.model, .judge = std::make_shared<OutcomeJudge>(metric())});
}

std::vector<Stratum> TableProblem::strata(std::string_view column) const {
  const auto found = parts_.columns.find(column);
  if (found == parts_.columns.end()) throw ConfigError("strata: unknown column '" + std::string(column) + "'");
  return found->second;
}

std::vector<double> TableProblem::output(const Coalition& present, std::size_t example, std::size_t donor) const {
  std::vector<double> numbers;
  for (std::size_t modality = 0; modality < players_.count(); ++modality) {
    numbers.push_back(parts_.data(present.contains(modality) ? example : donor, modality));
  }
  return parts_.model(numbers);
}

std::vector<double> TableProblem::outcome(const Coalition& present, std::size_t example, std::size_t donor) const {
  std::vector<double> outcome(parts_.metric->width());
  parts_.metric->outcome(output(present, example, donor), example, outcome);
  return outcome;
}

PairOutcomes TableProblem::all_pairs(std::size_t modality, std::span<const Stratum> strata,
                                     std::span<const double> clean) {
  pair_modalities_.push_back(modality);
  const Coalition others = Coalition::full(players_.count()).without(modality);
  const Coalition single = Coalition::single(players_.count(), modality);
  const std::vector<double> zeros(example_count(), 0.0);
  PairOutcomes result{zeros, zeros, {clean.begin(), clean.end()}};
  for (const Stratum& stratum : strata) {
    const auto count = static_cast<double>(stratum.examples.size());
    const auto mean_output = [&](const Coalition& present, std::size_t example) {
      double sum = 0.0;
      for (const std::uint32_t donor : stratum.examples) sum += output(present, example, donor).front();
      return sum / count;
    };
    double mean = 0.0;
    for (const std::uint32_t example : stratum.examples) mean += mean_output(single, example) / count;
    for (const std::uint32_t example : stratum.examples) {
      for (const std::uint32_t donor : stratum.examples) {
        if (donor == example) continue;
        result.without[example] += outcome(others, example, donor).front() - clean[example];
        result.alone[example] += outcome(single, example, donor).front() - clean[example];
      }
      const double projected = mean_output(single, example) + mean_output(others, example) - mean;
      parts_.metric->outcome(std::span(&projected, 1), example, std::span(result.additive).subspan(example, 1));
    }
  }
  if (strata.size() > 1) result.additive.clear();
  return result;
}

double TableProblem::score(const Coalition& present, const RowMap& donors) const {
  std::vector<double> outcomes;
  for (std::size_t example = 0; example < example_count(); ++example) {
    const std::vector<double> values = outcome(present, example, donors.at(example));
    outcomes.insert(outcomes.end(), values.begin(), values.end());
  }
  const std::vector<std::uint32_t> once(example_count(), 1);
  return parts_.metric->scorer(outcomes, identity_map(example_count()))->score(once).value();
}

double TableProblem::clean_score() const {
  return score(Coalition::full(players_.count()), identity_map(example_count()));
}

const Score& row_of(const Attribution& attribution, std::string_view modality, std::string_view definition,
                    const std::optional<std::string>& group) {
  for (const Score& row : attribution.rows) {
    if (row.modality == modality && row.definition == definition && row.group == group) return row;
  }
  throw std::out_of_range("no row " + std::string(definition) + " of " + std::string(modality));
}

RowMap identity_map(std::size_t example_count) {
  RowMap donors(example_count);
  std::iota(donors.begin(), donors.end(), 0U);
  return donors;
}

Matrix matrix_of(const std::vector<std::vector<double>>& rows) {
  Matrix matrix(rows.size(), rows.empty() ? 0 : rows.front().size());
  for (std::size_t row = 0; row < rows.size(); ++row) std::ranges::copy(rows[row], matrix.row(row).begin());
  return matrix;
}

std::unique_ptr<Metric> binary_metric(std::string_view name, std::vector<std::int64_t> classes) {
  return make_metric(name, {.kind = OutputKind::kLogits,
                            .output_width = 1,
                            .labels = std::make_shared<const Labels>(ClassLabels{std::move(classes)})});
}

std::unique_ptr<Metric> regression_metric(std::string_view name, std::vector<double> values) {
  return make_metric(name, {.kind = OutputKind::kRegression,
                            .output_width = 1,
                            .labels = std::make_shared<const Labels>(ValueLabels{std::move(values)})});
}

}  // namespace modattr
