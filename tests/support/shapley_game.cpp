#include "shapley_game.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numeric>
#include <utility>

#include "modattr/core/rng.h"

namespace modattr {

Coalition coalition_of_bits(std::size_t members, std::size_t player_count) {
  Coalition coalition(player_count);
  for (std::size_t player = 0; player < player_count; ++player) {
    if ((members >> player & 1) != 0) coalition.insert(player);
  }
  return coalition;
}

std::vector<double> table_of(const ShapleyGame& game) {
  std::vector<double> table;
  for (std::size_t members = 0; members < std::size_t{1} << game.player_count; ++members) {
    table.push_back(game.value(coalition_of_bits(members, game.player_count)));
  }
  return table;
}

std::vector<double> values_over_all_orders(const ShapleyGame& game) {
  std::vector<std::size_t> order(game.player_count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> sums(game.player_count, 0.0);
  double order_count = 0.0;
  do {
    Coalition coalition(game.player_count);
    for (const std::size_t player : order) {
      const double before = game.value(coalition);
      coalition.insert(player);
      sums[player] += game.value(coalition) - before;
    }
    order_count += 1.0;
  } while (std::ranges::next_permutation(order).found);
  for (double& sum : sums) sum /= order_count;
  return sums;
}

Matrix interactions_by_formula(const ShapleyGame& game) {
  const std::size_t count = game.player_count;
  Matrix result(count, count);
  for (std::size_t members = 0; members < std::size_t{1} << count; ++members) {
    const Coalition coalition = coalition_of_bits(members, count);
    const auto size = static_cast<double>(coalition.size());
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) {
        if (i == j || coalition.contains(i) || coalition.contains(j)) continue;
        const double weight = std::tgamma(size + 1.0) * std::tgamma(static_cast<double>(count) - size - 1.0) /
                              std::tgamma(static_cast<double>(count));
        result(i, j) += weight * (game.value(coalition.with(i).with(j)) - game.value(coalition.with(i)) -
                                  game.value(coalition.with(j)) + game.value(coalition));
      }
    }
  }
  return result;
}

ShapleyGame random_game(std::size_t player_count, std::uint32_t seed) {
  return {player_count, [seed](const Coalition& coalition) {
            const std::size_t hash = coalition.hash();
            RandomStream stream = Rng(hash).stream(RandomPurpose::kBackground, seed, 0);
            double sum = 0.0;
            for (int term = 0; term < 12; ++term) sum += stream.uniform();
            return sum - 6.0;
          }};
}

ShapleyGame network_game(std::size_t player_count, std::uint32_t seed) {
  constexpr std::size_t kWidth = 8;
  RandomStream stream = Rng(seed).stream(RandomPurpose::kBackground, 1, 0);
  Matrix weights(kWidth, player_count + 2);
  for (double& weight : weights.values()) weight = 4.0 * stream.uniform() - 2.0;
  return {player_count, [weights](const Coalition& coalition) {
            double output = 0.0;
            for (std::size_t unit = 0; unit < kWidth; ++unit) {
              double sum = weights(unit, coalition.player_count());
              for (std::size_t player = 0; player < coalition.player_count(); ++player) {
                if (coalition.contains(player)) sum += weights(unit, player);
              }
              output += weights(unit, coalition.player_count() + 1) * std::tanh(sum);
            }
            return output;
          }};
}

ShapleyGame and_game(std::size_t player_count) {
  return {player_count, [](const Coalition& coalition) { return coalition.is_full() ? 1.0 : 0.0; }};
}

ShapleyGame or_game(std::size_t player_count) {
  return {player_count, [](const Coalition& coalition) { return coalition.size() > 0 ? 1.0 : 0.0; }};
}

ShapleyGame xor_game(std::size_t player_count) {
  return {player_count, [](const Coalition& coalition) { return coalition.size() % 2 == 1 ? 1.0 : 0.0; }};
}

ShapleyGame glove_game(std::size_t player_count, std::size_t left_count) {
  return {player_count, [left_count](const Coalition& coalition) {
            std::size_t left = 0;
            for (std::size_t player = 0; player < left_count; ++player) left += coalition.contains(player) ? 1U : 0U;
            return static_cast<double>(std::min(left, coalition.size() - left));
          }};
}

ShapleyGame additive_game(std::vector<double> weights) {
  const std::size_t player_count = weights.size();
  return {player_count, [weights = std::move(weights)](const Coalition& coalition) {
            double sum = 0.0;
            for (std::size_t player = 0; player < weights.size(); ++player) {
              if (coalition.contains(player)) sum += weights[player];
            }
            return sum;
          }};
}

ShapleyGame axiom_game(std::size_t player_count) {
  return {player_count, [](const Coalition& coalition) {
            const std::size_t last = coalition.player_count() - 1;
            double sum = (coalition.contains(0) ? 0.4 : 0.0) + (coalition.contains(1) ? 0.4 : 0.0);
            for (std::size_t player = 2; player < last; ++player) {
              if (coalition.contains(player)) sum += 0.3 * static_cast<double>(player) - 0.7;
            }
            return std::tanh(sum) + (coalition.contains(0) && coalition.contains(1) ? 0.5 : 0.0);
          }};
}

EvaluatedGame::EvaluatedGame(const ShapleyGame& game, std::vector<Coalition> asked)
    : player_count(game.player_count),
      empty_value(game.value(Coalition::empty(game.player_count))),
      full_value(game.value(Coalition::full(game.player_count))),
      coalitions(std::move(asked)) {
  for (const Coalition& coalition : coalitions) values.push_back(game.value(coalition));
}

SampledGame EvaluatedGame::sampled() const {
  return {.player_count = player_count,
          .empty_value = empty_value,
          .full_value = full_value,
          .coalitions = coalitions,
          .values = values};
}

RandomStream coalition_stream(std::uint64_t seed) {
  return Rng(seed).stream(RandomPurpose::kPermutation, 0, 0);
}

ShapleyEstimate estimate_game(const ShapleyEstimator& estimator, const ShapleyGame& game, std::size_t evaluation_count,
                              std::uint64_t seed) {
  const EvaluatedGame evaluated(game,
                                estimator.coalitions(game.player_count, evaluation_count, coalition_stream(seed)));
  return estimator.estimate(evaluated.sampled());
}

}  // namespace modattr
