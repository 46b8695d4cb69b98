#include "modattr/engines/shapley/estimators/gp/kernel.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <optional>

#include "modattr/core/vector_clones.h"
#include "modattr/stats/cholesky.h"
#include "modattr/stats/gauss_legendre.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

constexpr double kNuggetOfFull = 1e-10;
constexpr std::size_t kWordBits = 64;

// Grids of the search; beyond their ends the likelihood is flat.
constexpr std::array kRhos = {0.2, 0.4, 0.55, 0.7, 0.8, 0.87, 0.92, 0.95, 0.975, 0.99};
constexpr std::array kAdditives = {0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0};
constexpr std::array kNuggets = {1e-6, 1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0};
// Where it starts.
constexpr std::size_t kMiddlingRho = 4;
constexpr std::size_t kMiddlingNugget = 3;

/// Sums of products of the columns, the upper triangle, [columns, columns].
MODATTR_VECTOR_CLONES
Matrix products_of(const Matrix& columns) {
  Matrix products(columns.column_count(), columns.column_count());
  for (std::size_t row = 0; row < columns.row_count(); ++row) {
    const double* values = columns.row(row).data();
    for (std::size_t i = 0; i < columns.column_count(); ++i) {
      double* target = products.row(i).data();
      for (std::size_t j = i; j < columns.column_count(); ++j) target[j] += values[i] * values[j];
    }
  }
  return products;
}

/// The marginal log likelihood of the data at the best additive part, up to a constant.
struct Likelihood {
  double value = -std::numeric_limits<double>::infinity();
  double additive = 0.0;
};

/// With B the covariance without the additive part, which is a X X' / n, and B = U' U, Z = U'^-1 X, z = U'^-1 y:
///   y' (B + a X X' / n)^-1 y = z'z - (Z'z)' (n / a + Z'Z)^-1 Z'z,   det = det B det(1 + a Z'Z / n)
/// so that every a costs only a matrix of the size of the players.
Likelihood best_likelihood(const GpData& data, double rho, double nugget) {
  const auto factors = Cholesky::factorise(odd_covariance(data, {.rho = rho, .additive = 0.0, .nugget = nugget}));
  if (!factors) return {};
  const std::size_t player_count = data.signs.column_count();
  const auto count = static_cast<double>(data.count());
  Matrix columns(data.count(), player_count + 1);
  for (std::size_t row = 0; row < data.count(); ++row) {
    std::ranges::copy(data.signs.row(row), columns.row(row).begin());
    columns(row, player_count) = data.values[row];
  }
  factors->solve_half(columns);
  const Matrix products = products_of(columns);
  Likelihood best;
  for (const double additive : kAdditives) {
    double squares = products(player_count, player_count);
    double log_determinant = factors->log_determinant();
    if (additive > 0.0) {
      const double scale = additive / static_cast<double>(player_count);
      Matrix inner(player_count, player_count);
      Matrix target(player_count, 1);
      for (std::size_t i = 0; i < player_count; ++i) {
        for (std::size_t j = i; j < player_count; ++j) inner(i, j) = scale * products(i, j);
        inner(i, i) += 1.0;
        target(i, 0) = products(i, player_count);
      }
      const auto inner_factors = Cholesky::factorise(std::move(inner));
      if (!inner_factors) continue;
      inner_factors->solve_half(target);
      squares -= scale * dot(target.values(), target.values());
      log_determinant += inner_factors->log_determinant();
    }
    const double scale = std::max(squares / count, std::numeric_limits<double>::min());
    const double value = -0.5 * (count * std::log(scale) + log_determinant);
    if (value > best.value) best = {value, additive};
  }
  return best;
}

/// From `start`, the place on a grid of `size` that no neighbour exceeds.
template <typename Height>
std::size_t climb(std::size_t size, std::size_t start, Height height) {
  std::size_t place = start;
  while (place + 1 < size && height(place + 1) > height(place)) ++place;
  if (place > start) return place;
  while (place > 0 && height(place - 1) > height(place)) --place;
  return place;
}

}  // namespace

std::vector<double> kernel_by_distance(const GpKernel& kernel, std::size_t player_count) {
  std::vector<double> result(player_count + 1);
  const auto count = static_cast<double>(player_count);
  const double norm = 1.0 - std::pow(kernel.rho, count);
  for (std::size_t index = 0; index <= player_count; ++index) {
    const auto distance = static_cast<double>(index);
    result[index] = (std::pow(kernel.rho, distance) - std::pow(kernel.rho, count - distance)) / norm +
                    kernel.additive * (1.0 - 2.0 * distance / count);
  }
  return result;
}

std::vector<double> kernel_shapley_values(const GpKernel& kernel, std::size_t player_count) {
  const auto count = static_cast<double>(player_count);
  const Quadrature rule = gauss_legendre(player_count / 2 + 1);
  std::vector<double> result(player_count + 1, 0.0);
  for (std::size_t size = 1; size <= player_count; ++size) {
    const auto members = static_cast<double>(size);
    double integral = 0.0;
    for (std::size_t node = 0; node < rule.nodes.size(); ++node) {
      const double q = rule.nodes[node];
      integral += rule.weights[node] * std::pow(q + (1.0 - q) * kernel.rho, members - 1.0) *
                  std::pow(1.0 - q + q * kernel.rho, count - members);
    }
    result[size] =
        2.0 * (1.0 - kernel.rho) / (1.0 - std::pow(kernel.rho, count)) * integral + 2.0 * kernel.additive / count;
  }
  return result;
}

GpData odd_data(const PairedGame& game, std::size_t pair_count) {
  const std::size_t player_count = game.player_count();
  const std::size_t word_count = (player_count + kWordBits - 1) / kWordBits;
  GpData data;
  data.signs = Matrix(pair_count + 1, player_count, 1.0);
  std::vector<std::uint64_t> words((pair_count + 1) * word_count, 0);
  for (std::size_t row = 0; row <= pair_count; ++row) {
    if (row < pair_count) std::ranges::copy(game.signs.row(row), data.signs.row(row).begin());
    std::size_t size = 0;
    for (std::size_t player = 0; player < player_count; ++player) {
      if (data.signs(row, player) < 0.0) continue;
      ++size;
      words[row * word_count + player / kWordBits] |= std::uint64_t{1} << (player % kWordBits);
    }
    data.sizes.push_back(size);
    data.values.push_back((row < pair_count ? game.differences[row] : game.total) / 2.0);
  }
  data.distances.assign(data.count() * data.count(), 0);
  for (std::size_t row = 0; row < data.count(); ++row) {
    for (std::size_t later = row + 1; later < data.count(); ++later) {
      int distance = 0;
      for (std::size_t word = 0; word < word_count; ++word) {
        distance += std::popcount(words[row * word_count + word] ^ words[later * word_count + word]);
      }
      data.distances[row * data.count() + later] = static_cast<std::uint16_t>(distance);
    }
  }
  return data;
}

Matrix odd_covariance(const GpData& data, const GpKernel& kernel) {
  const std::vector<double> by_distance = kernel_by_distance(kernel, data.signs.column_count());
  Matrix result(data.count(), data.count());
  for (std::size_t row = 0; row < data.count(); ++row) {
    for (std::size_t later = row; later < data.count(); ++later) {
      result(row, later) = by_distance[data.distances[row * data.count() + later]];
    }
    result(row, row) += row + 1 < data.count() ? kernel.nugget : kNuggetOfFull * (1.0 + kernel.additive);
  }
  return result;
}

GpKernel likeliest_kernel(const PairedGame& game) {
  const GpData data = odd_data(game, std::min(game.pair_count(), kSearchPairLimit));
  std::array<std::array<std::optional<Likelihood>, kNuggets.size()>, kRhos.size()> tried;
  const auto at = [&](std::size_t rho, std::size_t nugget) {
    std::optional<Likelihood>& cell = tried[rho][nugget];
    if (!cell) cell = best_likelihood(data, kRhos[rho], kNuggets[nugget]);
    return cell->value;
  };
  std::size_t rho = 0;
  std::size_t nugget = kMiddlingNugget;
  // The likelihood of rho may have several peaks, from the highest of which the way leads uphill.
  for (std::size_t index = 1; index < kRhos.size(); ++index) {
    if (at(index, nugget) > at(rho, nugget)) rho = index;
  }
  for (bool has_moved = true; has_moved;) {
    const std::size_t rho_before = rho;
    const std::size_t nugget_before = nugget;
    rho = climb(kRhos.size(), rho, [&](std::size_t index) { return at(index, nugget); });
    nugget = climb(kNuggets.size(), nugget, [&](std::size_t index) { return at(rho, index); });
    has_moved = rho != rho_before || nugget != nugget_before;
  }
  return {.rho = kRhos[rho], .additive = tried[rho][nugget]->additive, .nugget = kNuggets[nugget]};
}

}  // namespace modattr
