#include "leaf_game.h"

#include <cmath>

namespace modattr {

MeetingWeights::MeetingWeights() : kept_(kKept * kKept) {
  for (std::size_t needed = 0; needed < kKept; ++needed) {
    for (std::size_t barred = 0; barred < kKept; ++barred) {
      // needed! barred! / (needed + barred + 1)! by its recursion, which rounds less than logarithms do.
      double weight = 1.0 / static_cast<double>(needed + 1);
      for (std::size_t step = 1; step <= barred; ++step) {
        weight *= static_cast<double>(step) / static_cast<double>(needed + step + 1);
      }
      kept_[needed * kKept + barred] = weight;
    }
  }
}

double MeetingWeights::far(std::size_t needed, std::size_t barred) {
  double weight = 1.0 / static_cast<double>(needed + 1);
  for (std::size_t step = 1; step <= barred; ++step) {
    weight *= static_cast<double>(step) / static_cast<double>(needed + step + 1);
  }
  return weight;
}

const Quadrature& FactorIntegrals::rule(std::size_t factor_count) {
  const std::size_t node_count = factor_count / 2 + 1;
  if (rules_.size() <= node_count) rules_.resize(node_count + 1);
  if (rules_[node_count].nodes.empty()) rules_[node_count] = gauss_legendre(node_count);
  return rules_[node_count];
}

void FactorIntegrals::set_factors(std::span<const double> ones, std::span<const double> zeros, double node) {
  const std::size_t count = ones.size();
  factors_.resize(count);
  before_.resize(count + 1);
  behind_.resize(count + 1);
  for (std::size_t factor = 0; factor < count; ++factor) {
    factors_[factor] = ones[factor] * node + zeros[factor] * (1.0 - node);
  }
  before_[0] = behind_[count] = 1.0;
  for (std::size_t factor = 0; factor < count; ++factor) before_[factor + 1] = before_[factor] * factors_[factor];
  for (std::size_t factor = count; factor > 0; --factor) behind_[factor - 1] = behind_[factor] * factors_[factor - 1];
}

void FactorIntegrals::without_one(std::span<const double> ones, std::span<const double> zeros,
                                  std::vector<double>& result) {
  const std::size_t count = ones.size();
  result.assign(count, 0.0);
  const Quadrature& quadrature = rule(count - 1);
  for (std::size_t node = 0; node < quadrature.nodes.size(); ++node) {
    set_factors(ones, zeros, quadrature.nodes[node]);
    for (std::size_t factor = 0; factor < count; ++factor) {
      result[factor] += quadrature.weights[node] * before_[factor] * behind_[factor + 1];
    }
  }
}

void FactorIntegrals::without_two(std::span<const double> ones, std::span<const double> zeros,
                                  std::vector<double>& result) {
  const std::size_t count = ones.size();
  result.assign(count * (count - 1) / 2, 0.0);
  const Quadrature& quadrature = rule(count - 2);
  for (std::size_t node = 0; node < quadrature.nodes.size(); ++node) {
    set_factors(ones, zeros, quadrature.nodes[node]);
    std::size_t pair = 0;
    for (std::size_t first = 0; first < count; ++first) {
      double between = quadrature.weights[node] * before_[first];
      for (std::size_t second = first + 1; second < count; ++second, ++pair) {
        result[pair] += between * behind_[second + 1];
        between *= factors_[second];
      }
    }
  }
}

void PathDependentLeaf::solve(const LeafPath& path, std::span<const double> ones, bool has_pairs, LeafValues& result) {
  const std::size_t count = path.players.size();
  const std::vector<double>& zeros = path.zero_fractions;
  result.reset(count, has_pairs);
  result.full = result.empty = 1.0;
  for (std::size_t place = 0; place < count; ++place) {
    result.full *= ones[place];
    result.empty *= zeros[place];
  }
  if (count == 0) return;
  if (path.union_count > 1) {
    solve_unions(path, ones, result);
  } else {
    integrals_.without_one(ones, zeros, found_);
    for (std::size_t place = 0; place < count; ++place) {
      result.values[place] = (ones[place] - zeros[place]) * found_[place];
    }
  }
  if (!has_pairs || count < 2) return;
  integrals_.without_two(ones, zeros, found_);
  std::size_t pair = 0;
  for (std::size_t first = 0; first < count; ++first) {
    for (std::size_t second = first + 1; second < count; ++second, ++pair) {
      result.pairs[pair] = (ones[first] - zeros[first]) * (ones[second] - zeros[second]) * found_[pair];
    }
  }
}

void PathDependentLeaf::solve_unions(const LeafPath& path, std::span<const double> ones, LeafValues& result) {
  union_ones_.assign(path.union_count, 1.0);
  union_zeros_.assign(path.union_count, 1.0);
  for (std::size_t place = 0; place < ones.size(); ++place) {
    union_ones_[path.unions[place]] *= ones[place];
    union_zeros_[path.unions[place]] *= path.zero_fractions[place];
  }
  // Whole unions come and go around a union's players.
  integrals_.without_one(union_ones_, union_zeros_, union_weights_);
  for (std::size_t number = 0; number < path.union_count; ++number) {
    members_.clear();
    member_ones_.clear();
    member_zeros_.clear();
    for (std::size_t place = 0; place < ones.size(); ++place) {
      if (path.unions[place] != number) continue;
      members_.push_back(place);
      member_ones_.push_back(ones[place]);
      member_zeros_.push_back(path.zero_fractions[place]);
    }
    integrals_.without_one(member_ones_, member_zeros_, found_);
    for (std::size_t member = 0; member < members_.size(); ++member) {
      result.values[members_[member]] =
          (member_ones_[member] - member_zeros_[member]) * found_[member] * union_weights_[number];
    }
  }
}

}  // namespace modattr
