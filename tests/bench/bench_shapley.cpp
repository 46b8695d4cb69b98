// How close the Shapley estimators come on games whose values are known, as the README's table.
//   modattr_bench_shapley [GAMES_PER_KIND] [SEEDS]

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "modattr/core/rng.h"
#include "modattr/engines/exact_shapley.h"
#include "modattr/engines/shapley_methods.h"
#include "modattr/stats/cholesky.h"
#include "network_games.h"

namespace {

using modattr::Coalition;
using modattr::KnownGame;
using modattr::RandomStream;
using Vector = std::vector<double>;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(Vector values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2.0;
}

double value_of(const KnownGame& game, const Coalition& coalition) {
  std::size_t members = 0;
  for (std::size_t player = 0; player < game.player_count; ++player) {
    if (coalition.contains(player)) members |= std::size_t{1} << player;
  }
  return game.table[members];
}

/// captum.attr.KernelShap: coalition sizes by (n - 1) / (k (n - k)), sets with replacement, each with weight 1; empty
/// and full with weight 10^6; least squares with an intercept.
Vector captum_kernel_shap(const KnownGame& game, std::size_t evaluation_count, RandomStream stream) {
  const std::size_t count = game.player_count;
  Vector size_weights(count, 0.0);
  for (std::size_t size = 1; size < count; ++size) {
    size_weights[size] = 1.0 / static_cast<double>(size * (count - size));
  }
  const double total = std::accumulate(size_weights.begin(), size_weights.end(), 0.0);
  modattr::Matrix gram(count + 1, count + 1);
  Vector right_side(count + 1, 0.0);
  const auto add = [&](const Coalition& coalition, double weight) {
    const double value = value_of(game, coalition);
    for (std::size_t i = 0; i <= count; ++i) {
      if (i < count && !coalition.contains(i)) continue;
      right_side[i] += weight * value;
      for (std::size_t j = i; j <= count; ++j) {
        if (j == count || coalition.contains(j)) gram(i, j) += weight;
      }
    }
  };
  add(Coalition::empty(count), 1e6);
  add(Coalition::full(count), 1e6);
  Vector order(count);
  for (std::size_t draw = 0; draw < evaluation_count; ++draw) {
    double left = stream.uniform() * total;
    std::size_t size = 1;
    while (size + 1 < count && left >= size_weights[size]) left -= size_weights[size++];
    Coalition coalition(count);
    while (coalition.size() < size) coalition.insert(stream.below(static_cast<std::uint32_t>(count)));
    add(coalition, 1.0);
  }
  for (std::size_t i = 0; i <= count; ++i) gram(i, i) += 1e-9;
  Vector values = modattr::Cholesky::factorise(std::move(gram)).value().solve(right_side);
  values.pop_back();
  return values;
}

Vector estimate(const std::string& method, const KnownGame& game, std::size_t evaluation_count, RandomStream stream,
                double& seconds) {
  if (method == "kernelshap") return captum_kernel_shap(game, evaluation_count, stream);
  const auto estimator = modattr::make_shapley_estimator(method);
  const auto coalitions = estimator->coalitions(game.player_count, evaluation_count, stream);
  Vector values;
  for (const Coalition& coalition : coalitions) values.push_back(value_of(game, coalition));
  const auto start = std::chrono::steady_clock::now();
  auto result = estimator->estimate({.player_count = game.player_count,
                                     .empty_value = game.table.front(),
                                     .full_value = game.table.back(),
                                     .coalitions = coalitions,
                                     .values = values});
  seconds = seconds_since(start);
  return std::move(result.values);
}

/// |estimate - truth|^2 / |truth|^2
double normalised_squared_error(const Vector& estimate, const Vector& truth) {
  double error = 0.0;
  double norm = 0.0;
  for (std::size_t player = 0; player < truth.size(); ++player) {
    error += (estimate[player] - truth[player]) * (estimate[player] - truth[player]);
    norm += truth[player] * truth[player];
  }
  return error / norm;
}

void print_row(const std::string& name, const std::vector<std::string>& cells) {
  std::printf("| %s |", name.c_str());
  for (const std::string& cell : cells) std::printf(" %s |", cell.c_str());
  std::printf("\n");
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", value);
  return text;
}

}  // namespace

int main(int argument_count, char** arguments) {
  const std::size_t games_per_kind = argument_count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 3;
  const std::uint32_t seed_count =
      argument_count > 2 ? static_cast<std::uint32_t>(std::strtoul(arguments[2], nullptr, 10)) : 5;
  const std::vector<std::string> methods = {"auto", "gp", "leverage", "permutation", "kernelshap"};
  const std::vector<std::size_t> budgets = {10, 60};
  const std::vector<KnownGame> games = modattr::network_games(games_per_kind, 1);

  // Method, budget -> kind -> errors; the kind "networks" is all but the last.
  std::map<std::pair<std::string, std::size_t>, std::map<std::string, Vector>> errors;
  std::map<std::pair<std::string, std::size_t>, Vector> times;
  std::vector<std::string> kinds = {"networks"};
  for (const KnownGame& game : games) {
    if (kinds.back() != game.kind) kinds.push_back(game.kind);
    const Vector truth = modattr::shapley_values(game.table, game.player_count);
    for (const std::size_t budget : budgets) {
      for (const std::string& method : methods) {
        for (std::uint32_t seed = 0; seed < seed_count; ++seed) {
          const RandomStream stream = modattr::Rng(seed).stream(modattr::RandomPurpose::kPermutation, 0, 0);
          double seconds = 0.0;
          const double error =
              normalised_squared_error(estimate(method, game, budget * game.player_count, stream, seconds), truth);
          errors[{method, budget}][game.kind].push_back(error);
          if (game.kind != games.back().kind) errors[{method, budget}]["networks"].push_back(error);
          times[{method, budget}].push_back(seconds);
        }
      }
    }
  }

  std::printf(
      "Median nSE at 10 n / 60 n evaluations, %zu games of each kind, %u seeds; last column: ms to estimate\n\n",
      games_per_kind, seed_count);
  std::vector<std::string> heads = kinds;
  heads.emplace_back("ms");
  print_row("estimator", heads);
  print_row("---", std::vector<std::string>(heads.size(), "---"));
  print_row("exact (all 2^n)", std::vector<std::string>(heads.size(), "0"));
  for (const std::string& method : methods) {
    std::vector<std::string> cells;
    for (const std::string& kind : kinds) {
      cells.push_back(number(median(errors[{method, 10}][kind])) + " / " + number(median(errors[{method, 60}][kind])));
    }
    cells.push_back(number(1e3 * median(times[{method, 10}])) + " / " + number(1e3 * median(times[{method, 60}])));
    print_row(method, cells);
  }
}
