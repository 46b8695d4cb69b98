// How close the Shapley estimators come on games whose values are known, and how long they take; prints three tables.
//   modattr_bench_shapley [GAMES_PER_KIND] [SEEDS]

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "modattr/core/rng.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/shapley_methods.h"
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

/// The values, and the seconds that they took without the evaluations.
std::pair<Vector, double> estimate(const std::string& method, const KnownGame& game, std::size_t evaluation_count,
                                   RandomStream stream) {
  if (method == "kernelshap") {
    const auto start = std::chrono::steady_clock::now();
    Vector values = captum_kernel_shap(game, evaluation_count, stream);
    return {std::move(values), seconds_since(start)};
  }
  const auto estimator = modattr::make_shapley_estimator(method);
  if (method == "exact") evaluation_count = modattr::inner_coalition_count(game.player_count);
  const auto coalitions = estimator->coalitions(game.player_count, evaluation_count, stream);
  Vector values;
  for (const Coalition& coalition : coalitions) values.push_back(value_of(game, coalition));
  const modattr::SampledGame sampled = {.player_count = game.player_count,
                                        .empty_value = game.table.front(),
                                        .full_value = game.table.back(),
                                        .coalitions = coalitions,
                                        .values = values};
  const auto start = std::chrono::steady_clock::now();
  Vector result = estimator->estimate(sampled).values;
  return {std::move(result), seconds_since(start)};
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

/// Errors and times of all runs.
struct Results {
  /// Method and evaluations per player -> kind of game -> nSE of every game and seed.
  std::map<std::pair<std::string, std::size_t>, std::map<std::string, Vector>> errors;
  /// Seconds to estimate, without the evaluations.
  std::map<std::pair<std::string, std::size_t>, Vector> seconds;
  /// All networks together, then kind by kind.
  std::vector<std::string> kinds = {"networks"};
};

/// Evaluations per player.
constexpr std::array<std::size_t, 3> kBudgets = {10, 60, 200};
const std::vector<std::string> kMethods = {"exact", "auto", "gp", "leverage", "proxy", "permutation", "kernelshap"};

Results run_all(const std::vector<KnownGame>& games, std::uint32_t seed_count) {
  Results results;
  for (const KnownGame& game : games) {
    if (results.kinds.back() != game.kind) results.kinds.push_back(game.kind);
    const Vector truth = modattr::shapley_values(game.table, game.player_count);
    for (const std::size_t budget : kBudgets) {
      for (const std::string& method : kMethods) {
        // Enumeration has no seed.
        const std::uint32_t run_count = method == "exact" ? 1 : seed_count;
        for (std::uint32_t seed = 0; seed < run_count; ++seed) {
          const RandomStream stream = modattr::Rng(seed).stream(modattr::RandomPurpose::kPermutation, 0, 0);
          const auto [values, seconds] = estimate(method, game, budget * game.player_count, stream);
          const double error = normalised_squared_error(values, truth);
          results.errors[{method, budget}][game.kind].push_back(error);
          if (game.is_network) results.errors[{method, budget}]["networks"].push_back(error);
          results.seconds[{method, budget}].push_back(seconds);
        }
      }
    }
  }
  return results;
}

std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2g", value);
  return text.data();
}

void print_row(const std::string& name, const std::vector<std::string>& cells) {
  std::printf("| %s |", name.c_str());
  for (const std::string& cell : cells) std::printf(" %s |", cell.c_str());
  std::printf("\n");
}

/// A table of methods and columns, with all budgets in each cell.
template <typename Number>
void print_table(const char* title, std::size_t first_method, const std::vector<std::string>& columns, Number cell) {
  std::printf("\n%s, at 10 n / 60 n / 200 n evaluations\n\n", title);
  print_row("estimator", columns);
  print_row("---", std::vector<std::string>(columns.size(), "---"));
  for (std::size_t method = first_method; method < kMethods.size(); ++method) {
    std::vector<std::string> cells;
    for (const std::string& column : columns) {
      std::string text;
      for (const std::size_t budget : kBudgets) {
        text += (text.empty() ? "" : " / ") + number(cell(kMethods[method], budget, column));
      }
      cells.push_back(text);
    }
    print_row(kMethods[method], cells);
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  const auto argument = [&](int index, std::uint32_t otherwise) {
    return argument_count > index ? static_cast<std::uint32_t>(std::strtoul(arguments[index], nullptr, 10)) : otherwise;
  };
  const std::uint32_t games_per_kind = argument(1, 20);
  const std::uint32_t seed_count = argument(2, 4);
  Results results = run_all(modattr::network_games(games_per_kind, 1), seed_count);

  std::printf("%u games of each kind, %u seeds; exact evaluates all 2^n\n", games_per_kind, seed_count);
  print_table("Median nSE", 0, results.kinds, [&](const auto& method, std::size_t budget, const std::string& kind) {
    return median(results.errors[{method, budget}][kind]);
  });
  print_table("Geometric mean of nSE over that of leverage on the same game and seed", 1, results.kinds,
              [&](const auto& method, std::size_t budget, const std::string& kind) {
                const Vector& own = results.errors[{method, budget}][kind];
                const Vector& reference = results.errors[{"leverage", budget}][kind];
                double sum = 0.0;
                for (std::size_t run = 0; run < own.size(); ++run) sum += std::log(own[run] / reference[run]);
                return std::exp(sum / static_cast<double>(own.size()));
              });
  print_table("Median milliseconds to estimate", 0, {"ms"},
              [&](const auto& method, std::size_t budget, const std::string&) {
                return 1e3 * median(results.seconds[{method, budget}]);
              });
}
