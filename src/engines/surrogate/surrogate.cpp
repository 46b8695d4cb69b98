#include "modattr/engines/surrogate/surrogate.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/surrogate/pair_search.h"
#include "modattr/stats/lasso.h"
#include "modattr/stats/ridge.h"

namespace modattr {
namespace {

constexpr double kAlphaOfRidge = 1.0;
constexpr double kAlphaOfLasso = 0.01;

/// `moments`: of the factors' columns.
Surrogate fit_linear(const RegressionMoments& moments, std::span<const SurrogateFactor> factors,
                     const SurrogateOptions& options) {
  const double alpha = penalty(options);
  const std::optional<LinearFit> fit =
      options.kind == SurrogateKind::kLasso ? std::optional(lasso(moments, alpha)) : ridge(moments, alpha);
  if (!fit) {
    throw ConfigError(option("alpha") + ": expected a penalty that tells the players apart, got one that is too small");
  }
  Surrogate result{.intercept = fit->intercept, .terms = {}, .tree = std::nullopt};
  for (std::size_t column = 0; column < factors.size(); ++column) {
    result.terms.push_back({factors[column], fit->coefficients[column]});
  }
  return result;
}

/// A tree of single players.
Surrogate fit_tree(const SurrogateData& data, std::span<const SurrogateFactor> factors, std::span<const double> weights,
                   const SurrogateOptions& options) {
  const std::size_t player_count = data.players.column_count();
  // Players that are no terms stay columns, so that the tree's questions name players.
  Matrix columns;
  if (factors.size() < player_count) {
    columns = Matrix(data.players.row_count(), player_count, 0.0);
    for (const SurrogateFactor& factor : factors) {
      for (std::size_t row = 0; row < columns.row_count(); ++row) {
        columns(row, factor.player) = data.players(row, factor.player);
      }
    }
  }
  Surrogate result;
  result.tree = RegressionTree::grow(factors.size() < player_count ? columns : data.players, data.values, weights,
                                     {.depth = options.depth});
  const std::vector<double> values = tree_shapley_values(*result.tree, player_count);
  for (const SurrogateFactor& factor : factors) result.terms.push_back({factor, values[factor.player]});
  result.intercept = result.tree->predict(std::vector<double>(player_count, 0.0));
  return result;
}

}  // namespace

double penalty(const SurrogateOptions& options) {
  return options.alpha.value_or(options.kind == SurrogateKind::kLasso ? kAlphaOfLasso : kAlphaOfRidge);
}

double Surrogate::predict(std::span<const double> row) const {
  if (tree) return tree->predict(row);
  double sum = intercept;
  for (const SurrogateTerm& term : terms) {
    const auto& [player, partner] = term.factor;
    sum += term.value * row[player] * (partner ? row[*partner] : 1.0);
  }
  return sum;
}

std::vector<SurrogateFactor> choose_factors(const SurrogateData& data, std::span<const double> weights,
                                            const SurrogateOptions& options) {
  std::vector<SurrogateFactor> factors;
  for (std::size_t player = 0; player < data.modality_of_player.size(); ++player) factors.push_back({player});
  if (options.kind == SurrogateKind::kTree && options.selection == ColumnSelection::kAuto) return factors;
  if (options.pairs == PairSearch::kAcrossModalities) {
    const std::size_t most = std::max<std::size_t>(1, options.top_k / 2);
    for (const SurrogateFactor& pair : find_pairs(data, weights, most)) factors.push_back(pair);
  }
  const bool has_pairs = factors.size() > data.modality_of_player.size();
  const Matrix with_pairs = has_pairs ? factor_columns(data.players, factors) : Matrix();
  const RegressionMoments moments = regression_moments(has_pairs ? with_pairs : data.players, data.values, weights);
  std::vector<SurrogateFactor> chosen;
  for (const std::size_t column : select_columns(moments, options.selection, options.top_k)) {
    chosen.push_back(factors[column]);
  }
  std::ranges::sort(chosen);
  return chosen;
}

Surrogate fit_surrogate(const SurrogateData& data, std::span<const SurrogateFactor> factors,
                        std::span<const double> weights, const SurrogateOptions& options) {
  if (options.kind == SurrogateKind::kTree) return fit_tree(data, factors, weights, options);
  return fit_linear(regression_moments(factor_columns(data.players, factors), data.values, weights), factors, options);
}

Surrogate fit_players(const RegressionMoments& moments, const SurrogateOptions& options) {
  const std::vector<std::size_t> columns = select_columns(moments, options.selection, options.top_k);
  std::vector<SurrogateFactor> factors;
  for (const std::size_t column : columns) factors.push_back({column});
  return fit_linear(moments.of_columns(columns), factors, options);
}

void add_std_errors(Surrogate& surrogate, const SurrogateData& data, std::span<const double> weights,
                    const SurrogateOptions& options) {
  if (options.kind != SurrogateKind::kRidge) return;
  std::vector<SurrogateFactor> factors;
  for (const SurrogateTerm& term : surrogate.terms) factors.push_back(term.factor);
  const auto errors = ridge_std_errors(factor_columns(data.players, factors), data.values, weights, penalty(options));
  for (std::size_t term = 0; errors && term < factors.size(); ++term) {
    surrogate.terms[term].std_error = (*errors)[term];
  }
}

SurrogateKind parse_surrogate(std::string_view word) {
  const std::span<const std::string> names = surrogate_names();
  const auto found = std::ranges::find(names, word);
  if (found == names.end()) {
    throw ConfigError("surrogate: unknown word '" + std::string(word) + "'" + suggestion(word, names));
  }
  return static_cast<SurrogateKind>(found - names.begin());
}

std::span<const std::string> surrogate_names() {
  static const std::array<std::string, 3> names = {"ridge", "lasso", "tree"};
  return names;
}

}  // namespace modattr
