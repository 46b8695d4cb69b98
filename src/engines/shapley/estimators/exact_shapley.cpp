#include "modattr/engines/shapley/estimators/exact_shapley.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include "modattr/core/error.h"

namespace modattr {
namespace {

/// Number of players of every coalition, by bit mask, [2^players].
std::vector<std::uint8_t> coalition_sizes(std::size_t player_count) {
  std::vector<std::uint8_t> sizes(std::size_t{1} << player_count, 0);
  for (std::size_t members = 1; members < sizes.size(); ++members) {
    sizes[members] = static_cast<std::uint8_t>(sizes[members >> 1] + (members & 1));
  }
  return sizes;
}

/// s! (n - s - 1)! / n! for s = 0 ... n - 1.
std::vector<double> weights_by_size(std::size_t player_count) {
  std::vector<double> weights(player_count);
  double weight = 1.0 / static_cast<double>(player_count);
  for (std::size_t size = 0; size < player_count; ++size) {
    weights[size] = weight;
    weight *= static_cast<double>(size + 1) / static_cast<double>(std::max<std::size_t>(player_count - size - 1, 1));
  }
  return weights;
}

void check_table(std::span<const double> table, std::size_t player_count) {
  if (player_count == 0 || player_count >= std::numeric_limits<std::size_t>::digits ||
      table.size() != std::size_t{1} << player_count) {
    throw std::invalid_argument("shapley: expected 2^players values");
  }
}

/// The members of a coalition as the bits of a number.
std::size_t mask_of(const Coalition& coalition) {
  std::size_t members = 0;
  for (std::size_t player = 0; player < coalition.player_count(); ++player) {
    if (coalition.contains(player)) members |= std::size_t{1} << player;
  }
  return members;
}

Coalition coalition_of(std::size_t members, std::size_t player_count) {
  Coalition coalition(player_count);
  for (std::size_t player = 0; player < player_count; ++player) {
    if ((members >> player & 1) != 0) coalition.insert(player);
  }
  return coalition;
}

}  // namespace

std::size_t inner_coalition_count(std::size_t player_count) noexcept {
  if (player_count >= std::numeric_limits<std::size_t>::digits) return std::numeric_limits<std::size_t>::max();
  return std::max<std::size_t>(std::size_t{1} << player_count, 2) - 2;
}

// Differences first, then weights: a table in one pass would be n times less work, but would leave rounding errors
// where a null player has 0.
std::vector<double> shapley_values(std::span<const double> table, std::size_t player_count) {
  check_table(table, player_count);
  const std::vector<std::uint8_t> sizes = coalition_sizes(player_count);
  const std::vector<double> weights = weights_by_size(player_count);
  std::vector<double> result(player_count, 0.0);
  for (std::size_t player = 0; player < player_count; ++player) {
    const std::size_t bit = std::size_t{1} << player;
    for (std::size_t first = 0; first < table.size(); first += 2 * bit) {
      for (std::size_t members = first; members < first + bit; ++members) {
        result[player] += weights[sizes[members]] * (table[members + bit] - table[members]);
      }
    }
  }
  return result;
}

std::vector<double> weighted_pair_sums(std::span<const double> table, std::size_t player_count,
                                       std::span<const double> weights) {
  check_table(table, player_count);
  const std::vector<std::uint8_t> sizes = coalition_sizes(player_count);
  std::vector<double> sums;
  sums.reserve(player_count * (player_count - 1) / 2);
  for (std::size_t low = 0; low < player_count; ++low) {
    const std::size_t low_bit = std::size_t{1} << low;
    for (std::size_t high = low + 1; high < player_count; ++high) {
      const std::size_t high_bit = std::size_t{1} << high;
      double sum = 0.0;
      for (std::size_t outer = 0; outer < table.size(); outer += 2 * high_bit) {
        for (std::size_t first = outer; first < outer + high_bit; first += 2 * low_bit) {
          for (std::size_t members = first; members < first + low_bit; ++members) {
            const double with_high = table[members + low_bit + high_bit] - table[members + high_bit];
            sum += weights[sizes[members]] * (with_high - (table[members + low_bit] - table[members]));
          }
        }
      }
      sums.push_back(sum);
    }
  }
  return sums;
}

Matrix shapley_interactions(std::span<const double> table, std::size_t player_count) {
  const std::vector<double> values = shapley_values(table, player_count);
  Matrix result(player_count, player_count);
  for (std::size_t player = 0; player < player_count; ++player) result(player, player) = values[player];
  if (player_count < 2) return result;

  // A pair takes part like one player of a game with one player less.
  const std::vector<double> sums = weighted_pair_sums(table, player_count, weights_by_size(player_count - 1));
  std::size_t pair = 0;
  for (std::size_t low = 0; low < player_count; ++low) {
    for (std::size_t high = low + 1; high < player_count; ++high) {
      const double sum = sums[pair++];
      result(low, high) = result(high, low) = sum;
      result(low, low) -= sum / 2.0;
      result(high, high) -= sum / 2.0;
    }
  }
  return result;
}

std::vector<double> enumerated_values(const SampledGame& game) {
  if (game.values.size() != game.coalitions.size() || game.values.size() < inner_coalition_count(game.player_count)) {
    throw std::invalid_argument("exact: expected the value of every coalition");
  }
  std::vector<double> table(std::size_t{1} << game.player_count);
  std::vector<bool> known(table.size(), false);
  table.front() = game.empty_value;
  table.back() = game.full_value;
  known.front() = known.back() = true;
  for (std::size_t index = 0; index < game.coalitions.size(); ++index) {
    const std::size_t members = mask_of(game.coalitions[index]);
    table[members] = game.values[index];
    known[members] = true;
  }
  if (!std::ranges::all_of(known, [](bool is_known) { return is_known; })) {
    throw std::invalid_argument("exact: expected the value of every coalition");
  }
  return table;
}

std::vector<Coalition> ExactShapley::coalitions(std::size_t player_count, std::size_t evaluation_count,
                                                RandomStream /*stream*/) const {
  const std::size_t count = inner_coalition_count(player_count);
  if (evaluation_count < count) {
    throw ConfigError("exact: expected a budget for all 2^n - 2 coalitions, got n = " + std::to_string(player_count) +
                      " players, too many for it; use method auto, or fewer players such as larger patches");
  }
  std::vector<Coalition> result;
  result.reserve(count);
  for (std::size_t members = 1; members <= count; ++members) result.push_back(coalition_of(members, player_count));
  return result;
}

std::size_t ExactShapley::least_coalition_count(std::size_t player_count) const {
  return inner_coalition_count(player_count);
}

ShapleyEstimate ExactShapley::estimate(const SampledGame& game) const {
  return {shapley_values(enumerated_values(game), game.player_count), std::vector<double>(game.player_count, 0.0),
          "exact"};
}

}  // namespace modattr
