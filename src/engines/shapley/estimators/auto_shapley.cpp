#include "modattr/engines/shapley/estimators/auto_shapley.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/estimators/gp_shapley.h"
#include "modattr/engines/shapley/estimators/leverage_shapley.h"
#include "modattr/engines/shapley/estimators/paired_coalitions.h"
#include "modattr/engines/shapley/estimators/permutation_shapley.h"
#include "modattr/engines/shapley/estimators/proxy_shapley.h"
#include "modattr/stats/cholesky.h"
#include "modattr/stats/moments.h"

namespace modattr {
namespace {

/// The names of mixtures: bit 0 is leverage, bit 1 gp, bit 2 proxy.
constexpr std::array<std::string_view, 8> kMixtureNames = {"",      "leverage",       "gp",       "leverage+gp",
                                                           "proxy", "leverage+proxy", "gp+proxy", "leverage+gp+proxy"};

struct NamedFit {
  /// Bit of kMixtureNames.
  std::size_t bit = 0;
  PairedFit fit;
};

/// Products of what the fits leave of the pairs, weighed as held_out_loss does: the loss of a mixture is the quadratic
/// form of its shares, [fits, fits].
Matrix loss_products(const PairedGame& game, std::span<const NamedFit> fits) {
  Matrix products(fits.size(), fits.size());
  std::vector<double> seen(fits.size());
  for (std::size_t pair = 0; pair < game.pair_count(); ++pair) {
    for (std::size_t i = 0; i < fits.size(); ++i) {
      seen[i] = game.differences[pair] - dot(game.signs.row(pair), fits[i].fit.estimate.values);
    }
    const double sampled = game.sampled_part(pair);
    for (std::size_t i = 0; i < fits.size(); ++i) {
      for (std::size_t j = 0; j < fits.size(); ++j) {
        products(i, j) +=
            game.weights[pair] *
            (sampled * seen[i] * seen[j] + (1.0 - sampled) * fits[i].fit.left_out[pair] * fits[j].fit.left_out[pair]);
      }
    }
  }
  return products;
}

/// The shares of `members` that sum to 1 and make the loss least; nullopt where they are not all positive, or where the
/// members leave the same.
std::optional<std::vector<double>> shares_of(const Matrix& products, std::span<const std::size_t> members) {
  double scale = 0.0;
  for (const std::size_t i : members) scale = std::max(scale, products(i, i));
  Matrix own(members.size(), members.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t j = 0; j < members.size(); ++j) own(i, j) = products(members[i], members[j]) / scale;
  }
  const std::optional<Cholesky> factors = Cholesky::factorise(std::move(own));
  if (!factors) return std::nullopt;
  std::vector<double> shares = factors->solve(std::vector<double>(members.size(), 1.0));
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  const bool is_mixture = std::ranges::all_of(shares, [](double share) { return share > 0.0; });
  return is_mixture ? std::optional(std::move(shares)) : std::nullopt;
}

/// The mixture of at most `most_members` of the fits with the least held-out loss.
ShapleyEstimate best_mixture(const PairedGame& game, std::span<const NamedFit> fits, std::size_t most_members) {
  const Matrix products = loss_products(game, fits);
  std::vector<double> best(fits.size(), 0.0);
  double least_loss = std::numeric_limits<double>::infinity();
  for (std::size_t set = 1; set < std::size_t{1} << fits.size(); ++set) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < fits.size(); ++i) {
      if ((set >> i & 1U) != 0) members.push_back(i);
    }
    if (members.size() > most_members) continue;
    const std::optional<std::vector<double>> own =
        members.size() == 1 ? std::vector<double>{1.0} : shares_of(products, members);
    if (!own) continue;
    std::vector<double> shares(fits.size(), 0.0);
    for (std::size_t i = 0; i < members.size(); ++i) shares[members[i]] = (*own)[i];
    double loss = 0.0;
    for (std::size_t i = 0; i < fits.size(); ++i) loss += shares[i] * dot(products.row(i), shares);
    if (loss >= least_loss) continue;
    least_loss = loss;
    best = std::move(shares);
  }
  const std::size_t player_count = game.player_count();
  ShapleyEstimate result{std::vector<double>(player_count, 0.0), std::vector<double>(player_count, 0.0)};
  std::size_t name = 0;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    if (best[i] == 0.0) continue;
    name |= fits[i].bit;
    for (std::size_t player = 0; player < player_count; ++player) {
      result.values[player] += best[i] * fits[i].fit.estimate.values[player];
      // As if the errors of all had the same sign.
      result.std_errors[player] += best[i] * fits[i].fit.estimate.std_errors[player];
    }
  }
  result.method = kMixtureNames[name];
  return result;
}

}  // namespace

std::vector<Coalition> AutoShapley::coalitions(std::size_t player_count, std::size_t evaluation_count,
                                               RandomStream stream) const {
  if (evaluation_count >= inner_coalition_count(player_count)) {
    return ExactShapley().coalitions(player_count, evaluation_count, stream);
  }
  if (player_count > kPairedPlayerLimit) return PermutationShapley().coalitions(player_count, evaluation_count, stream);
  return paired_leverage_coalitions(player_count, evaluation_count, stream, name());
}

std::size_t AutoShapley::least_coalition_count(std::size_t player_count) const {
  if (player_count > kPairedPlayerLimit) return PermutationShapley().least_coalition_count(player_count);
  return least_paired_coalition_count(player_count);
}

ShapleyEstimate AutoShapley::estimate(const SampledGame& game) const {
  if (game.coalitions.size() == inner_coalition_count(game.player_count)) return ExactShapley().estimate(game);
  if (game.player_count > kPairedPlayerLimit) {
    ShapleyEstimate estimate = PermutationShapley().estimate(game);
    estimate.method = "permutation";
    return estimate;
  }
  const PairedGame pairs = paired_game(game);
  const bool has_process = pairs.pair_count() <= kProcessPairLimit;
  std::vector<NamedFit> fits = {{1, fit_leverage(pairs)}};
  if (has_process) fits.push_back({2, fit_process(pairs)});
  if (game.coalitions.size() * game.player_count <= kProxyCellLimit) fits.push_back({4, fit_proxy(game, pairs)});
  // From many pairs on one of them is far ahead, and the proxy looks worse than it is: each of its folds learns from
  // four fifths of the pairs. A mixture would only blur it.
  return best_mixture(pairs, fits, has_process ? fits.size() : 1);
}

}  // namespace modattr
