#include "modattr/engines/shapley/estimators/leverage_shapley.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "modattr/stats/cholesky.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

// Relative to the weights of the regression: far below what any game can show, far above rounding.
constexpr double kOpenDirection = 1e-10;
// What a pair has to leave of itself to the others for its error to be seen, and the part of a value that may come from
// where no error is seen.
constexpr double kUnseen = 1e-6;

/// Signs less their mean: what is left of a row for values that sum to 0, [pairs, players].
Matrix centred_signs(const PairedGame& game) {
  Matrix result = game.signs;
  for (std::size_t pair = 0; pair < result.row_count(); ++pair) {
    const auto row = result.row(pair);
    const double mean = std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(row.size());
    for (double& value : row) value -= mean;
  }
  return result;
}

/// The matrix of the normal equations, and the penalty that it needed to be solved at all: 0 as a rule.
struct NormalEquations {
  Cholesky factors;
  double penalty = 0.0;
};

/// sum of weights[pair] * row row', and the direction that the sum of the values holds, [players, players].
NormalEquations normal_equations(const Matrix& rows, std::span<const double> weights) {
  const std::size_t player_count = rows.column_count();
  Matrix gram(player_count, player_count);
  for (std::size_t pair = 0; pair < rows.row_count(); ++pair) {
    if (weights[pair] == 0.0) continue;
    const auto row = rows.row(pair);
    for (std::size_t i = 0; i < player_count; ++i) {
      const double factor = weights[pair] * row[i];
      for (std::size_t j = i; j < player_count; ++j) gram(i, j) += factor * row[j];
    }
  }
  double scale = 0.0;
  for (std::size_t i = 0; i < player_count; ++i) scale += gram(i, i) / static_cast<double>(player_count);
  for (std::size_t i = 0; i < player_count; ++i) {
    for (std::size_t j = i; j < player_count; ++j) gram(i, j) += scale / static_cast<double>(player_count);
  }
  if (auto factors = Cholesky::factorise(gram)) return {*std::move(factors)};
  const double penalty = kOpenDirection * scale;
  for (std::size_t i = 0; i < player_count; ++i) gram(i, i) += penalty;
  return {Cholesky::factorise(std::move(gram)).value(), penalty};
}

/// Least squares for the part of the values that sums to 0; the other part is an equal share each.
struct Regression {
  explicit Regression(const PairedGame& game)
      : share(game.total / static_cast<double>(game.player_count())),
        weights(game.weights),
        rows(centred_signs(game)),
        normal(normal_equations(rows, weights)),
        targets(game.differences) {
    std::vector<double> right_side(game.player_count(), 0.0);
    for (std::size_t pair = 0; pair < targets.size(); ++pair) {
      const auto signs = game.signs.row(pair);
      targets[pair] -= share * std::accumulate(signs.begin(), signs.end(), 0.0);
      for (std::size_t i = 0; i < right_side.size(); ++i)
        right_side[i] += weights[pair] * targets[pair] * rows(pair, i);
    }
    solution = normal.factors.solve(right_side);
  }

  std::vector<double> shapley_values() const {
    std::vector<double> values = solution;
    const double drift = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    for (double& value : values) value += share - drift;
    return values;
  }

  double share;
  std::vector<double> weights;
  Matrix rows;
  NormalEquations normal;
  /// The differences less what the equal shares make of them.
  std::vector<double> targets;
  std::vector<double> solution;
};

/// How far each value moves when a pair is left out, [pairs, players] -> standard errors, [players].
std::vector<double> jackknife_errors(const PairedGame& game, const Matrix& moves) {
  const std::size_t player_count = moves.column_count();
  const std::size_t class_count = game.sampled_counts.size();
  Matrix means(class_count, player_count);
  for (std::size_t pair = 0; pair < moves.row_count(); ++pair) {
    const std::size_t size = game.classes[pair];
    // The spread inside a class of one pair is unknown: its whole move counts.
    if (game.sampled_counts[size] < 2.0) continue;
    for (std::size_t player = 0; player < player_count; ++player) {
      means(size, player) += moves(pair, player) / game.sampled_counts[size];
    }
  }
  std::vector<double> variances(player_count, 0.0);
  for (std::size_t pair = 0; pair < moves.row_count(); ++pair) {
    const std::size_t size = game.classes[pair];
    const double sampled = game.sampled_counts[size];
    const double factor = (1.0 - sampled / game.pair_counts[size]) * sampled / std::max(sampled - 1.0, 1.0);
    for (std::size_t player = 0; player < player_count; ++player) {
      const double move = moves(pair, player) - means(size, player);
      variances[player] += factor * move * move;
    }
  }
  for (double& variance : variances) variance = std::sqrt(variance);
  return variances;
}

/// Players whose value no pair decides in part: a penalty stands for what is not known.
std::vector<bool> open_players(const Regression& regression) {
  std::vector<bool> is_open(regression.solution.size(), false);
  if (regression.normal.penalty == 0.0) return is_open;
  // penalty * (G + penalty)^-1 is 1 in the directions that G leaves open and next to 0 in all others.
  const std::vector<double> inverse_diagonal = regression.normal.factors.inverse_diagonal();
  for (std::size_t i = 0; i < is_open.size(); ++i) {
    is_open[i] = regression.normal.penalty * inverse_diagonal[i] > kUnseen;
  }
  return is_open;
}

}  // namespace

std::vector<double> leverage_values(const PairedGame& game) {
  return Regression(game).shapley_values();
}

PairedFit fit_leverage(const PairedGame& game) {
  const Regression regression(game);
  Matrix moves(game.pair_count(), game.player_count());
  std::vector<double> left_out(game.pair_count());
  // The solution for every row of the regression, [players, pairs].
  Matrix directions(game.player_count(), game.pair_count());
  for (std::size_t pair = 0; pair < game.pair_count(); ++pair) {
    for (std::size_t i = 0; i < game.player_count(); ++i) directions(i, pair) = regression.rows(pair, i);
  }
  regression.normal.factors.solve_half(directions);
  regression.normal.factors.solve_other_half(directions);
  std::vector<double> direction(game.player_count());
  std::vector<bool> is_unseen = open_players(regression);
  // Of a size of which every pair is known nothing else could have been drawn.
  const auto is_sampled = [&](std::size_t pair) {
    return game.sampled_counts[game.classes[pair]] < game.pair_counts[game.classes[pair]];
  };
  for (std::size_t pair = 0; pair < game.pair_count(); ++pair) {
    const auto row = regression.rows.row(pair);
    for (std::size_t i = 0; i < direction.size(); ++i) direction[i] = directions(i, pair);
    const double leverage = regression.weights[pair] * dot(row, direction);
    const double residual = regression.targets[pair] - dot(row, regression.solution);
    // A pair that alone decides a direction is met exactly by any value; its own error cannot be seen.
    const bool decides_alone = 1.0 - leverage < kUnseen;
    left_out[pair] = residual / std::max(1.0 - leverage, kUnseen);
    for (std::size_t i = 0; i < game.player_count(); ++i) {
      const double part = regression.weights[pair] * direction[i];
      moves(pair, i) = part * left_out[pair];
      if (decides_alone && is_sampled(pair) && std::abs(part) > kUnseen) is_unseen[i] = true;
    }
  }
  std::vector<double> errors = jackknife_errors(game, moves);
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (is_unseen[i]) errors[i] = std::numeric_limits<double>::infinity();
  }
  return {{regression.shapley_values(), std::move(errors)}, std::move(left_out)};
}

std::vector<Coalition> LeverageShapley::coalitions(std::size_t player_count, std::size_t evaluation_count,
                                                   RandomStream stream) const {
  return paired_leverage_coalitions(player_count, evaluation_count, stream, name());
}

std::size_t LeverageShapley::least_coalition_count(std::size_t player_count) const {
  return least_paired_coalition_count(player_count);
}

ShapleyEstimate LeverageShapley::estimate(const SampledGame& game) const {
  return fit_leverage(paired_game(game)).estimate;
}

}  // namespace modattr
