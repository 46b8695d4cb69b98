#include "modattr/engines/permutation/permutation_outcomes.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>
#include <utility>

#include "modattr/core/byte_codec.h"
#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/open_examples.h"
#include "modattr/engines/permutation/row_maps.h"

namespace modattr {
namespace {

std::vector<Stratum> strata_of(const Problem& problem, const std::optional<std::string>& within) {
  if (within) return problem.strata(*within);
  return {{"all", all_examples(problem.example_count())}};
}

/// Asks `asked` of random draws, two permuted games per draw. A coalition and the one of all others ask for the same
/// mixes, if one draws the permutation and the other its inverse: example i with the data of pi(i) in some modalities
/// is example pi(i) with the data of i in all others. Each of the two is evaluated once then.
class DrawnGames {
 public:
  explicit DrawnGames(const std::vector<Coalition>& asked) {
    for (const Coalition& coalition : asked) {
      const std::size_t game = uses_inverse(coalition) ? 1 : 0;
      places_.emplace_back(game, coalitions_[game].size());
      coalitions_[game].push_back(coalition);
    }
  }

  void add_draw(const RowMap& permutation) {
    games_.push_back({permutation, coalitions_[0]});
    games_.push_back({inverse(permutation), coalitions_[1]});
  }
  std::size_t draw_count() const { return games_.size() / 2; }
  void evaluate(Problem& problem) { outcomes_ = problem.permuted_outcomes(games_); }
  /// Of a coalition, by its place in `asked`: [examples * metric width].
  std::span<const double> outcomes(std::size_t draw, std::size_t coalition) const {
    const auto& [game, row] = places_[coalition];
    return outcomes_[2 * draw + game].row(row);
  }

 private:
  /// Of a coalition and the one of all others one does: the smaller, of equal ones the one without the first modality.
  static bool uses_inverse(const Coalition& coalition) {
    const std::size_t absent = coalition.player_count() - coalition.size();
    return coalition.size() == absent ? !coalition.contains(0) : coalition.size() < absent;
  }

  std::array<std::vector<Coalition>, 2> coalitions_;
  /// Game of the draw and row there, [asked].
  std::vector<std::pair<std::size_t, std::size_t>> places_;
  std::vector<PermutedCoalitions> games_;
  std::vector<Matrix> outcomes_;
};

void put_random_draws(Problem& problem, const PermutationPlan& plan, const Rng& rng, std::vector<ByteWriter>& writers) {
  // Several draws at a time fill batches better; their outcomes are held at once.
  constexpr std::size_t kOutcomesAtOnce = std::size_t{1} << 17;
  const std::vector<Coalition> asked = plan.asked_coalitions();
  const std::size_t outcomes_per_draw = std::max<std::size_t>(plan.example_count * plan.width * asked.size(), 1);
  const std::size_t draws_at_once = std::max<std::size_t>(kOutcomesAtOnce / outcomes_per_draw, 1);
  for (ByteWriter& writer : writers) writer.put_count(plan.draw_count * asked.size() * plan.width);
  for (std::size_t first = 0; first < plan.draw_count; first += draws_at_once) {
    DrawnGames games(asked);
    for (std::size_t draw = first; draw < std::min(first + draws_at_once, plan.draw_count); ++draw) {
      games.add_draw(random_permutation(plan.strata, plan.example_count, rng, static_cast<std::uint32_t>(draw)));
    }
    games.evaluate(problem);
    for (std::size_t draw = 0; draw < games.draw_count(); ++draw) {
      for (std::size_t example = 0; example < plan.example_count; ++example) {
        for (std::size_t coalition = 0; coalition < asked.size(); ++coalition) {
          for (const double number : games.outcomes(draw, coalition).subspan(example * plan.width, plan.width)) {
            writers[example].put_number(number);
          }
        }
      }
    }
  }
}

void put_all_pairs(Problem& problem, const PermutationPlan& plan, std::span<const double> clean,
                   std::vector<ByteWriter>& writers) {
  std::optional<PairOutcomes> other;
  for (const std::size_t modality : plan.modalities) {
    PairOutcomes pairs;
    if (plan.modality_count == 2 && other) {
      // What one of two modalities says without the other is what the other says alone.
      pairs = std::move(*other);
      std::swap(pairs.without, pairs.alone);
    } else {
      pairs = problem.all_pairs(modality, plan.strata, clean);
      other = pairs;
    }
    const bool is_projected = plan.projects && !pairs.additive.empty();
    for (std::size_t example = 0; example < plan.example_count; ++example) {
      writers[example].put_number(pairs.without[example]);
      writers[example].put_number(pairs.alone[example]);
      writers[example].put_optional(is_projected ? std::optional(pairs.additive[example]) : std::nullopt,
                                    &ByteWriter::put_number);
    }
  }
}

void read_random_draws(const PermutationPlan& plan, std::span<ByteReader> readers, PermutationOutcomes& result) {
  const std::vector<Coalition> scored = plan.scored_coalitions();
  const std::vector<Coalition> asked = plan.asked_coalitions();
  std::vector<NumbersView> numbers;
  for (ByteReader& reader : readers) {
    numbers.push_back(reader.take_numbers());
    expect_sizes(numbers.back().size() == plan.draw_count * asked.size() * plan.width);
  }
  Matrix outcomes(asked.size(), plan.example_count * plan.width);
  const auto outcomes_of = [&](const Coalition& coalition) -> std::span<const double> {
    if (coalition.is_full()) return result.clean;
    return outcomes.row(static_cast<std::size_t>(std::ranges::find(asked, coalition) - asked.begin()));
  };
  for (std::size_t draw = 0; draw < plan.draw_count; ++draw) {
    for (std::size_t example = 0; example < plan.example_count; ++example) {
      std::size_t place = draw * asked.size() * plan.width;
      for (std::size_t coalition = 0; coalition < asked.size(); ++coalition) {
        for (double& number : outcomes.row(coalition).subspan(example * plan.width, plan.width)) {
          number = numbers[example][place++];
        }
      }
    }
    for (std::size_t index = 0; index < result.series.size(); ++index) {
      result.series[index].without.add_draw(outcomes_of(scored[2 * index]));
      result.series[index].alone.add_draw(outcomes_of(scored[2 * index + 1]));
    }
  }
}

void read_all_pairs(const PermutationPlan& plan, std::span<ByteReader> readers, PermutationOutcomes& result) {
  std::vector<std::uint32_t> donor_counts;
  for (const std::size_t size : plan.stratum_sizes) donor_counts.push_back(static_cast<std::uint32_t>(size - 1));
  for (ModalitySeries& series : result.series) {
    std::vector<double> without;
    std::vector<double> alone;
    for (ByteReader& reader : readers) {
      without.push_back(reader.take_number());
      alone.push_back(reader.take_number());
      const std::optional<double> additive = reader.take_optional(&ByteReader::take_number);
      expect_sizes(series.additive.size() == (additive ? without.size() - 1 : 0));
      if (additive) series.additive.push_back(*additive);
    }
    series.without.add_sums(without, donor_counts);
    series.alone.add_sums(alone, donor_counts);
  }
}

}  // namespace

PermutationPlan::PermutationPlan(const Problem& problem, const PermutationOptions& options)
    : modalities(options.modalities),
      subsets(subsets_of(problem)),
      stratum_sizes(problem.example_count(), 0),
      draws(options.draws),
      modality_count(problem.players().count()),
      example_count(problem.example_count()),
      width(problem.metric().width()) {
  if (example_count < 2) {
    throw ConfigError("permute: expected at least 2 examples to permute, got " + std::to_string(example_count));
  }
  const Metric& metric = problem.metric();
  const bool all_pairs = draws == PermutationDraws::kAllPairs;
  if (all_pairs && !metric.is_mean()) {
    throw ConfigError(option("exact") + ": expected a metric that is a mean over examples, got '" +
                      std::string(metric.name()) + "'; use " + option("repeats") +
                      ", or a metric such as accuracy, log_loss, vqa_accuracy, mse or mae");
  }
  if (!all_pairs && options.repeats == 0) throw ConfigError(option("repeats") + ": expected at least 1, got 0");
  strata = strata_of(problem, options.within);
  if (modalities.empty()) {
    modalities.resize(modality_count);
    std::iota(modalities.begin(), modalities.end(), std::size_t{0});
  }
  for (const Stratum& stratum : strata) {
    for (const std::uint32_t example : stratum.examples) stratum_sizes[example] = stratum.examples.size();
  }
  draw_count = all_pairs ? 0 : options.repeats;
  projects = all_pairs && !options.within;
}

std::vector<Coalition> PermutationPlan::scored_coalitions() const {
  std::vector<Coalition> coalitions;
  for (const std::size_t modality : modalities) {
    coalitions.push_back(Coalition::full(modality_count).without(modality));
    coalitions.push_back(Coalition::single(modality_count, modality));
  }
  return coalitions;
}

std::vector<Coalition> PermutationPlan::asked_coalitions() const {
  std::vector<Coalition> asked;
  for (const Coalition& coalition : scored_coalitions()) {
    if (!coalition.is_full() && std::ranges::find(asked, coalition) == asked.end()) asked.push_back(coalition);
  }
  return asked;
}

EvaluatedExamples evaluate_permutations(Problem& problem, const PermutationPlan& plan, EvaluationHeader header,
                                        const Rng& rng) {
  const std::size_t coalition_count = plan.asked_coalitions().size();
  problem.progress().begin("permute", plan.example_count * (1 + plan.draw_count * coalition_count));
  const Coalition full = Coalition::full(plan.modality_count);
  const Matrix clean = problem.permuted_game(all_examples(plan.example_count))->evaluate(std::span(&full, 1));

  std::vector<ByteWriter> writers;
  for (std::size_t example = 0; example < plan.example_count; ++example) {
    writers.emplace_back((2 + plan.width * (1 + plan.draw_count * coalition_count)) * sizeof(double));
    writers.back().put_numbers(clean.values().subspan(example * plan.width, plan.width));
  }
  if (plan.draws == PermutationDraws::kRandom) put_random_draws(problem, plan, rng, writers);
  problem.progress().finish();
  if (plan.draws == PermutationDraws::kAllPairs) put_all_pairs(problem, plan, clean.values(), writers);

  EvaluatedExamples evaluated(std::move(header));
  for (std::size_t example = 0; example < plan.example_count; ++example) {
    if (problem.is_evaluated(example)) evaluated.add(problem.example_key(example), writers[example].take());
  }
  return evaluated;
}

PermutationOutcomes read_permutations(const EvaluatedExamples& evaluated, const EvaluationHeader& header,
                                      const PermutationPlan& plan, const Problem& problem) {
  std::vector<ByteReader> readers = open_examples(evaluated, header, problem);
  PermutationOutcomes result;
  for (ByteReader& reader : readers) {
    const std::vector<double> clean = reader.take_numbers().to_vector();
    expect_sizes(clean.size() == plan.width);
    result.clean.insert(result.clean.end(), clean.begin(), clean.end());
  }
  const ScoreSeries empty(problem.metric(), plan.subsets, result.clean);
  for (const std::size_t modality : plan.modalities) result.series.push_back({modality, empty, empty, {}});
  if (plan.draws == PermutationDraws::kRandom) {
    read_random_draws(plan, readers, result);
  } else {
    read_all_pairs(plan, readers, result);
  }
  for (const ByteReader& reader : readers) reader.finish();
  return result;
}

}  // namespace modattr
