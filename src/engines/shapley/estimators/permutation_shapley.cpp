#include "modattr/engines/shapley/estimators/permutation_shapley.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

/// Squares of what rounding leaves, relative to the square of a value.
constexpr double kRounding = 1e-20;

/// The player that `after` has and `before` lacks.
std::size_t newcomer(const Coalition& before, const Coalition& after) {
  for (std::size_t player = 0; player < after.player_count(); ++player) {
    if (after.contains(player) && !before.contains(player)) return player;
  }
  throw std::invalid_argument("permutation: expected coalitions that grow by one player");
}

}  // namespace

std::vector<Coalition> PermutationShapley::coalitions(std::size_t player_count, std::size_t evaluation_count,
                                                      RandomStream stream) const {
  const std::size_t order_size = 2 * (player_count - 1);
  if (evaluation_count < least_coalition_count(player_count)) {
    throw ConfigError("permutation: expected a budget of at least " + std::to_string(2 * order_size) +
                      " evaluations for n = " + std::to_string(player_count) + " players (two orders), got " +
                      std::to_string(evaluation_count));
  }
  const std::size_t order_count = std::max<std::size_t>(evaluation_count / order_size, 2);
  std::vector<std::size_t> order(player_count);
  std::vector<Coalition> result;
  result.reserve(order_count * order_size);
  for (std::size_t draw = 0; draw < order_count; ++draw) {
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t count = player_count; count > 1; --count) {
      std::swap(order[count - 1], order[stream.below(static_cast<std::uint32_t>(count))]);
    }
    Coalition coalition(player_count);
    for (std::size_t step = 0; step + 1 < player_count; ++step) {
      coalition.insert(order[step]);
      result.push_back(coalition);
      result.push_back(coalition.complement());
    }
  }
  return result;
}

std::optional<std::size_t> PermutationShapley::most_coalition_count(std::size_t player_count) const {
  // Coalitions that orders share cost nothing again: the error falls with their number however few there are.
  constexpr std::size_t kMost = std::size_t{1} << 16;
  return std::max(inner_coalition_count(player_count), kMost);
}

std::size_t PermutationShapley::least_coalition_count(std::size_t player_count) const {
  // Two orders of two or three players share coalitions.
  return std::min(inner_coalition_count(player_count), 4 * (player_count - 1));
}

ShapleyEstimate PermutationShapley::estimate(const SampledGame& game) const {
  const std::size_t player_count = game.player_count;
  const std::size_t order_size = 2 * (player_count - 1);
  if (game.values.size() != game.coalitions.size() || game.values.empty() || game.values.size() % order_size != 0) {
    throw std::invalid_argument("permutation: expected whole orders of coalitions and their values");
  }
  const std::size_t order_count = game.values.size() / order_size;
  const Coalition full = Coalition::full(player_count);
  Matrix shares(order_count, player_count);
  for (std::size_t draw = 0; draw < order_count; ++draw) {
    Coalition before(player_count);
    double value = game.empty_value;
    double complement_value = game.full_value;
    for (std::size_t step = 0; step < player_count; ++step) {
      const bool is_last = step + 1 == player_count;
      const std::size_t index = draw * order_size + 2 * step;
      const Coalition& after = is_last ? full : game.coalitions[index];
      const double next = is_last ? game.full_value : game.values[index];
      const double complement_next = is_last ? game.empty_value : game.values[index + 1];
      shares(draw, newcomer(before, after)) = ((next - value) + (complement_value - complement_next)) / 2.0;
      before = after;
      value = next;
      complement_value = complement_next;
    }
  }
  ShapleyEstimate result{std::vector<double>(player_count, 0.0), std::vector<double>(player_count, 0.0)};
  const auto count = static_cast<double>(order_count);
  // Every order of two players asks the same two coalitions.
  const double widening = player_count == 2 || order_count < 2 ? 1.0 : student_factor(order_count);
  for (std::size_t player = 0; player < player_count; ++player) {
    for (std::size_t draw = 0; draw < order_count; ++draw) result.values[player] += shares(draw, player) / count;
    double squares = 0.0;
    for (std::size_t draw = 0; draw < order_count; ++draw) {
      const double difference = shares(draw, player) - result.values[player];
      squares += difference * difference;
    }
    // A few orders that agree say nothing of the others.
    const bool is_known = player_count == 2 || order_count >= kFewestDraws ||
                          squares > kRounding * result.values[player] * result.values[player];
    result.std_errors[player] = is_known ? widening * std::sqrt(squares / std::max(count - 1.0, 1.0) / count)
                                         : std::numeric_limits<double>::infinity();
  }
  return result;
}

}  // namespace modattr
