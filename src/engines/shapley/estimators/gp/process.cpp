#include "modattr/engines/shapley/estimators/gp/process.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace modattr {

std::optional<GpProcess> GpProcess::condition(const PairedGame& game, const GpKernel& kernel) {
  const GpData data = odd_data(game, game.pair_count());
  auto factors = Cholesky::factorise(odd_covariance(data, kernel));
  if (!factors) return std::nullopt;
  GpProcess process(game, *std::move(factors));
  process.weights_ = process.covariance_.solve(data.values);
  process.scale_ = std::inner_product(data.values.begin(), data.values.end(), process.weights_.begin(), 0.0) /
                   static_cast<double>(data.count());

  const std::size_t player_count = game.player_count();
  const std::vector<double> kernel_values = kernel_shapley_values(kernel, player_count);
  process.cross_ = Matrix(data.count(), player_count);
  for (std::size_t row = 0; row < data.count(); ++row) {
    const std::size_t size = data.sizes[row];
    for (std::size_t player = 0; player < player_count; ++player) {
      process.cross_(row, player) = data.signs(row, player) > 0.0 ? kernel_values[size] : -kernel_values[size + 1];
    }
  }
  process.halves_ = process.cross_;
  process.covariance_.solve_half(process.halves_);
  // The Shapley value, over T, of c(T) = +c(t) or -c(t + 1): each size weighs 1 / n.
  process.prior_variance_ =
      2.0 * std::accumulate(kernel_values.begin() + 1, kernel_values.end(), 0.0) / static_cast<double>(player_count);
  return process;
}

ShapleyEstimate GpProcess::estimate() const {
  const std::size_t player_count = game_->player_count();
  ShapleyEstimate result{std::vector<double>(player_count, 0.0), std::vector<double>(player_count, 0.0)};
  for (std::size_t row = 0; row < cross_.row_count(); ++row) {
    for (std::size_t player = 0; player < player_count; ++player) {
      result.values[player] += weights_[row] * cross_(row, player);
      result.std_errors[player] += halves_(row, player) * halves_(row, player);
    }
  }
  for (double& error : result.std_errors) error = std::sqrt(std::max(scale_ * (prior_variance_ - error), 0.0));
  // The nugget of g(full) and rounding.
  const double sum = std::accumulate(result.values.begin(), result.values.end(), 0.0);
  for (double& value : result.values) value += (game_->total - sum) / static_cast<double>(player_count);
  return result;
}

std::vector<double> GpProcess::left_out(const ShapleyEstimate& estimate) const {
  Matrix moves = halves_;
  covariance_.solve_other_half(moves);
  const std::vector<double> inverse_diagonal = covariance_.inverse_diagonal();
  std::vector<double> result(game_->pair_count());
  for (std::size_t pair = 0; pair < result.size(); ++pair) {
    const auto signs = game_->signs.row(pair);
    const auto move = moves.row(pair);
    const double seen = std::inner_product(signs.begin(), signs.end(), estimate.values.begin(), 0.0);
    const double moved = std::inner_product(signs.begin(), signs.end(), move.begin(), 0.0);
    result[pair] = game_->differences[pair] - seen + moved * weights_[pair] / inverse_diagonal[pair];
  }
  return result;
}

}  // namespace modattr
