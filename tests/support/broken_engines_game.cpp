#include "broken_engines_game.h"

#include <cmath>

#include "modattr/core/byte_codec.h"
#include "modattr/engines/open_examples.h"
#include "modattr/engines/permutation/row_maps.h"
#include "table_game.h"

namespace modattr {
namespace {

/// The coalition whose players are the bits of `members`.
Coalition coalition_of(std::size_t members, std::size_t player_count) {
  Coalition coalition(player_count);
  for (std::size_t player = 0; player < player_count; ++player) {
    if ((members >> player & 1) != 0) coalition.insert(player);
  }
  return coalition;
}

/// |S|! (n - |S| - 1)! / n!
double shapley_weight(std::size_t size, std::size_t player_count) {
  return std::tgamma(static_cast<double>(size + 1)) * std::tgamma(static_cast<double>(player_count - size)) /
         std::tgamma(static_cast<double>(player_count + 1));
}

}  // namespace

EvaluatedExamples ShapleyOfOneDraw::evaluate(Problem& problem, const Rng& rng) const {
  const std::size_t player_count = problem.players().count();
  const std::vector<Stratum> all = {{"all", identity_map(problem.example_count())}};
  const auto game = problem.permuted_game(random_permutation(all, problem.example_count(), rng, 0));
  std::vector<Coalition> coalitions;
  for (std::size_t members = 0; members < (std::size_t{1} << player_count); ++members) {
    coalitions.push_back(coalition_of(members, player_count));
  }
  problem.progress().begin("one draw", coalitions.size() * problem.example_count());
  const Matrix outcomes = game->evaluate(coalitions);
  problem.progress().finish();
  EvaluatedExamples evaluated({.engine = std::string(name())});
  for (std::size_t example = 0; example < problem.example_count(); ++example) {
    ByteWriter writer;
    for (std::size_t members = 0; members < coalitions.size(); ++members) writer.put_number(outcomes(members, example));
    evaluated.add(problem.example_key(example), writer.take());
  }
  return evaluated;
}

Attribution ShapleyOfOneDraw::summarise(const EvaluatedExamples& evaluated, const Problem& problem,
                                        const Rng& /*rng*/) const {
  const std::size_t player_count = problem.players().count();
  std::vector<double> values(std::size_t{1} << player_count, 0.0);
  for (ByteReader& reader : open_examples(evaluated, {.engine = std::string(name())}, problem)) {
    for (double& value : values) value += reader.take_number();
  }
  for (double& value : values) value /= static_cast<double>(problem.example_count());

  Attribution result;
  for (std::size_t player = 0; player < player_count; ++player) {
    double value = 0.0;
    for (std::size_t members = 0; members < values.size(); ++members) {
      const Coalition coalition = coalition_of(members, player_count);
      if (coalition.contains(player)) continue;
      const double weight = fault_ == EngineFault::kIgnoresCoalitionSizes
                                ? std::ldexp(1.0, 1 - static_cast<int>(player_count))
                                : shapley_weight(coalition.size(), player_count);
      value += weight * (values[members | std::size_t{1} << player] - values[members]);
    }
    if (fault_ == EngineFault::kFavoursTheFirst && player == 0) value *= 1.5;
    if (fault_ == EngineFault::kRewardsEveryone) value += 0.01;
    result.rows.push_back({.modality = problem.players().modality_name(player),
                           .definition = "shapley.mean",
                           .group = std::nullopt,
                           .value = value,
                           .std_error = std::nullopt,
                           .ci95 = std::nullopt,
                           .examples = problem.example_count(),
                           .p_value = std::nullopt});
  }
  return result;
}

}  // namespace modattr
