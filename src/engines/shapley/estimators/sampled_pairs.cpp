#include "modattr/engines/shapley/estimators/sampled_pairs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/leverage_shapley.h"
#include "modattr/engines/shapley/estimators/pair_regression.h"
#include "modattr/engines/shapley/estimators/paired_coalitions.h"

namespace modattr {
namespace {

/// Squares of the whole size that stand for a pair's own, as so many coalitions.
constexpr double kPooledCount = 4.0;

/// What the smaller coalition of a pair holds of two players.
enum Holding : std::size_t { kBoth, kOne, kNeither };
constexpr std::size_t kHoldingCount = 3;
constexpr std::array<Holding, kHoldingCount> kHoldings = {kBoth, kOne, kNeither};

/// Per holding.
using Holdings = std::array<double, kHoldingCount>;

/// Weights of the pairs of coalitions of one size in the index, times their number: that of g = (v(S) + v(complement))
/// / 2 and that of u = (v(S) - v(complement)) / 2.
struct SizeWeights {
  Holdings even{};
  Holdings odd{};
  /// Part of the pairs of coalitions that hold both, one or none of two players; of the middle size, both or none stand
  /// under both.
  Holdings parts{};
};

SizeWeights size_weights(std::span<const double> q, std::size_t player_count, std::size_t size) {
  const auto n = static_cast<double>(player_count);
  const auto k = static_cast<double>(size);
  const std::size_t rest = player_count - size;
  // Both coalitions of a pair may have the middle size.
  const double half = size == rest ? 0.5 : 1.0;
  SizeWeights weights;
  const auto set = [&](Holding holding, double part, double sign, double here, double there) {
    weights.parts[holding] = part;
    if (part == 0.0) return;
    weights.even[holding] = sign * half * (here + there) / part;
    weights.odd[holding] = sign * half * (here - there) / part;
  };
  // q of the size of what a coalition holds beside the two players; the complement holds none where this holds both.
  const auto q_of = [&](std::size_t count, std::size_t held) {
    return count < held || count - held >= q.size() ? 0.0 : q[count - held];
  };
  const double ordered_pairs = n * (n - 1.0);
  set(kBoth, k * (k - 1.0) / ordered_pairs, 1.0, q_of(size, 2), q_of(rest, 0));
  set(kOne, 2.0 * k * (n - k) / ordered_pairs, -2.0, q_of(size, 1), q_of(rest, 1));
  set(kNeither, (n - k) * (n - k - 1.0) / ordered_pairs, 1.0, q_of(size, 0), q_of(rest, 2));
  // Which of two coalitions of the middle size is the smaller one says nothing.
  if (size == rest) weights.parts[kBoth] += std::exchange(weights.parts[kNeither], 0.0);
  return weights;
}

/// Sampled pairs of coalitions, the smaller one first, and what a polynomial leaves of them.
struct PairedRests {
  /// +1 for players of the smaller coalition, -1 for others, [rows, players].
  Matrix signs;
  std::vector<std::size_t> sizes;
  /// Even and odd part less the polynomial, and less the polynomial without the row, [rows].
  std::vector<double> even;
  std::vector<double> odd;
  std::vector<double> even_left_out;
  std::vector<double> odd_left_out;
};

struct PairSampler {
  PairSampler(PairIndex index, const SampledGame& game)
      : pairs(paired_game(game)), player_count(game.player_count), has_odd_part(index == PairIndex::kStii) {
    const std::vector<double> q = pair_size_weights(index, player_count);
    for (std::size_t size = 0; size <= player_count / 2; ++size) {
      weights.push_back(size_weights(q, player_count, size));
    }
    fit(game);
  }

  void fit(const SampledGame& game) {
    const std::size_t row_count = pairs.pair_count();
    EvenPart data{.signs = Matrix(row_count + 1, player_count, -1.0), .values = {}, .weights = {}};
    rests.sizes = pairs.classes;
    std::vector<double> flips;
    for (std::size_t row = 0; row < row_count; ++row) {
      const bool is_smaller = 2 * game.coalitions[2 * row].size() <= player_count;
      flips.push_back(is_smaller ? 1.0 : -1.0);
      for (std::size_t player = 0; player < player_count; ++player) {
        data.signs(row, player) = flips[row] * pairs.signs(row, player);
      }
      data.values.push_back((game.values[2 * row] + game.values[2 * row + 1]) / 2.0);
      // As the square root of what its size weighs in the index: between the best for many rows and for few.
      const Holdings& even = weights[rests.sizes[row]].even;
      const double bend = std::abs(even[kBoth] + even[kNeither] - 2.0 * even[kOne]);
      data.weights.push_back(std::sqrt(bend / pairs.sampled_counts[rests.sizes[row]]));
    }
    // The empty and the full coalition are known like any other pair.
    rests.sizes.push_back(0);
    data.values.push_back((game.empty_value + game.full_value) / 2.0);
    data.weights.push_back(std::ranges::max(data.weights));
    EvenFit even = fit_even_part(data);
    polynomial = std::move(even.pair_values);
    rests.even = std::move(even.residuals);
    rests.even_left_out = std::move(even.left_out);
    rests.signs = std::move(data.signs);
    rests.odd.assign(row_count + 1, 0.0);
    rests.odd_left_out = rests.odd;
    if (!has_odd_part) return;
    const PairedFit odd = fit_leverage(pairs);
    for (std::size_t row = 0; row < row_count; ++row) {
      const auto signs = pairs.signs.row(row);
      const double told = std::inner_product(signs.begin(), signs.end(), odd.estimate.values.begin(), 0.0);
      rests.odd[row] = flips[row] * (pairs.differences[row] - told) / 2.0;
      rests.odd_left_out[row] = flips[row] * odd.left_out[row] / 2.0;
    }
  }

  /// Pairs of coalitions of a size that were sampled.
  double sampled(std::size_t size) const { return size == 0 ? 1.0 : pairs.sampled_counts[size]; }
  double rest(std::size_t row, Holding holding) const {
    const SizeWeights& own = weights[rests.sizes[row]];
    return own.even[holding] * rests.even[row] + own.odd[holding] * rests.odd[row];
  }
  double rest_left_out(std::size_t row, Holding holding) const {
    const SizeWeights& own = weights[rests.sizes[row]];
    return own.even[holding] * rests.even_left_out[row] + own.odd[holding] * rests.odd_left_out[row];
  }

  /// What the rows of one size with one holding tell of a pair of players.
  struct Stratum {
    double count = 0.0;
    double sum = 0.0;
    double sum_left_out = 0.0;
    double square_sum = 0.0;
  };
  using Strata = std::array<Stratum, kHoldingCount>;

  PairEstimate estimate() const {
    const std::size_t row_count = rests.sizes.size();
    std::vector<Holdings> parts(row_count);
    std::vector<Holdings> parts_left_out(row_count);
    // Mean squares of all rows of a size.
    std::vector<Holdings> pooled(weights.size(), Holdings{});
    for (std::size_t row = 0; row < row_count; ++row) {
      const std::size_t size = rests.sizes[row];
      for (const Holding holding : kHoldings) {
        parts[row][holding] = rest(row, holding);
        parts_left_out[row][holding] = rest_left_out(row, holding);
        pooled[size][holding] += parts_left_out[row][holding] * parts_left_out[row][holding] / sampled(size);
      }
    }
    PairEstimate result{polynomial, std::vector<double>(polynomial.size(), 0.0), false};
    std::size_t pair = 0;
    std::vector<Strata> strata(weights.size());
    for (std::size_t low = 0; low < player_count; ++low) {
      for (std::size_t high = low + 1; high < player_count; ++high, ++pair) {
        std::ranges::fill(strata, Strata{});
        for (std::size_t row = 0; row < row_count; ++row) {
          const double both_signs = rests.signs(row, low) + rests.signs(row, high);
          const Holding holding = both_signs > 0.0 ? kBoth : both_signs < 0.0 ? kNeither : kOne;
          const std::size_t size = rests.sizes[row];
          Stratum& stratum = strata[size][2 * size == player_count && holding == kNeither ? kBoth : holding];
          const double left_out = parts_left_out[row][holding];
          ++stratum.count;
          stratum.sum += parts[row][holding];
          stratum.sum_left_out += left_out;
          stratum.square_sum += left_out * left_out;
        }
        double variance = 0.0;
        for (std::size_t size = 0; size < weights.size(); ++size) {
          for (const Holding holding : kHoldings) {
            const Stratum& stratum = strata[size][holding];
            const double part = weights[size].parts[holding];
            if (part == 0.0) continue;
            const double all = pairs.pair_counts[size] * part;
            const double unknown = std::max(1.0 - stratum.count / all, 0.0);
            const double count = std::max(stratum.count, 1.0);
            result.values[pair] += part * (stratum.sum / all + unknown * stratum.sum_left_out / count);
            const double square =
                (stratum.square_sum + kPooledCount * pooled[size][holding]) / (stratum.count + kPooledCount);
            variance += part * part * unknown * square / count;
          }
        }
        result.std_errors[pair] = std::sqrt(variance);
      }
    }
    return result;
  }

  PairedGame pairs;
  std::size_t player_count;
  bool has_odd_part;
  /// By size of the smaller coalition, [players / 2 + 1].
  std::vector<SizeWeights> weights;
  PairedRests rests;
  /// The index of the polynomial.
  std::vector<double> polynomial;
};

}  // namespace

PairEstimate estimate_pairs(PairIndex index, const SampledGame& game) {
  if (game.player_count < 2) return {{}, {}, true};
  if (game.coalitions.size() < inner_coalition_count(game.player_count)) return PairSampler(index, game).estimate();
  return {pair_values(index, enumerated_values(game), game.player_count),
          std::vector<double>(pair_count_of(game.player_count), 0.0), true};
}

}  // namespace modattr
