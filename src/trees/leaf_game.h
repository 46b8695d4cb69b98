#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "modattr/stats/gauss_legendre.h"

namespace modattr {

/// Players on the path to a leaf, in the order in which they come up.
struct LeafPath {
  /// Numbers of the players, different.
  std::vector<std::uint32_t> players;
  /// Number of each player's union among the unions on the path; all 0 for Shapley values. [players of the path]
  std::vector<std::uint32_t> unions;
  std::size_t union_count = 0;
  /// z of path-dependent values. [players of the path]
  std::vector<double> zero_fractions;
};

/// What a leaf of value 1 gives to the players on its path.
struct LeafValues {
  /// [players of the path]
  std::vector<double> values;
  /// Of pairs (0, 1), (0, 2), ... of the path.
  std::vector<double> pairs;
  double full = 0.0;
  double empty = 0.0;

  void reset(std::size_t player_count, bool has_pairs) {
    values.assign(player_count, 0.0);
    pairs.assign(has_pairs ? player_count * (player_count - 1) / 2 : 0, 0.0);
    full = empty = 0.0;
  }
  /// `first` is below `second`.
  double& pair(std::size_t first, std::size_t second) {
    return pairs[first * values.size() - first * (first + 1) / 2 + second - first - 1];
  }
};

/// Weights of the games in which `needed` players have to be present and `barred` ones absent: (needed)! (barred)! /
/// (needed + barred + 1)!, the integral of t^needed (1 - t)^barred.
class MeetingWeights {
 public:
  MeetingWeights();
  double operator()(std::size_t needed, std::size_t barred) const {
    return needed < kKept && barred < kKept ? kept_[needed * kKept + barred] : far(needed, barred);
  }

 private:
  static double far(std::size_t needed, std::size_t barred);
  static constexpr std::size_t kKept = 64;
  std::vector<double> kept_;
};

/// Integrals over [0, 1] of products of factors ones_j t + zeros_j (1 - t).
class FactorIntegrals {
 public:
  /// result_i = integral of the product over all j but i. [factors]
  void without_one(std::span<const double> ones, std::span<const double> zeros, std::vector<double>& result);
  /// The same over all but two, of pairs (0, 1), (0, 2), ...
  void without_two(std::span<const double> ones, std::span<const double> zeros, std::vector<double>& result);

 private:
  /// The Gauss-Legendre rule that is exact for products of so many factors.
  const Quadrature& rule(std::size_t factor_count);
  /// Sets factors_, before_ (products of earlier factors) and behind_ (of later ones) at a node.
  void set_factors(std::span<const double> ones, std::span<const double> zeros, double node);

  std::vector<Quadrature> rules_;
  std::vector<double> factors_;
  std::vector<double> before_;
  std::vector<double> behind_;
};

/// Values of the game prod (ones_j where player j is present, path.zero_fractions_j where it is absent).
class PathDependentLeaf {
 public:
  /// `ones`: 0 or 1. [players of the path]
  void solve(const LeafPath& path, std::span<const double> ones, bool has_pairs, LeafValues& result);

 private:
  void solve_unions(const LeafPath& path, std::span<const double> ones, LeafValues& result);

  FactorIntegrals integrals_;
  std::vector<double> found_;
  std::vector<double> union_ones_;
  std::vector<double> union_zeros_;
  std::vector<double> union_weights_;
  std::vector<std::size_t> members_;
  std::vector<double> member_ones_;
  std::vector<double> member_zeros_;
};

}  // namespace modattr
