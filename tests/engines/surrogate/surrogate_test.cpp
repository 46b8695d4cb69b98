#include "modattr/engines/surrogate/surrogate.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/surrogate/similarity.h"
#include "support/surrogate_case.h"
#include "support/table_game.h"

namespace modattr {
namespace {

using Row = std::span<const double>;
using Factors = std::vector<SurrogateFactor>;

double additive(Row z) {
  return 0.5 + z[0] - 2.0 * z[1] + 0.25 * z[4];
}

double value_of(const Surrogate& surrogate, const SurrogateFactor& factor) {
  for (const SurrogateTerm& term : surrogate.terms) {
    if (term.factor == factor) return term.value;
  }
  return 0.0;
}

Surrogate fit(const SurrogateData& data, const SurrogateOptions& options) {
  return fit_surrogate(data, choose_factors(data, ones(data), options), ones(data), options);
}

TEST(Surrogate, OfAnAdditiveGameIsTheGame) {
  const SurrogateData data = surrogate_case(3, 64, additive);
  for (const SurrogateOptions& options : {SurrogateOptions{.kind = SurrogateKind::kRidge, .alpha = 1e-9},
                                          SurrogateOptions{.kind = SurrogateKind::kLasso, .alpha = 1e-9},
                                          SurrogateOptions{.kind = SurrogateKind::kTree, .depth = 6}}) {
    const Surrogate surrogate = fit(data, options);
    EXPECT_NEAR(surrogate.intercept, 0.5, 1e-6);
    const std::vector<double> worth = {1.0, -2.0, 0.0, 0.0, 0.25, 0.0};
    for (std::size_t player = 0; player < 6; ++player) {
      EXPECT_NEAR(value_of(surrogate, {player}), worth[player], 1e-6) << player;
    }
    for (std::size_t row = 0; row < data.values.size(); ++row) {
      EXPECT_NEAR(surrogate.predict(data.players.row(row)), data.values[row], 1e-6);
    }
  }
}

TEST(Surrogate, OfThreeSuperpixelsIsThePeersOwn) {
  // Case lime_image_kernel_ridge: v of a network with a bias of -10 behind the sum 20 + 50 + 30.
  const Neighbourhood around = whole_neighbourhood(3);
  SurrogateData data{Matrix(8, 3), {}, {0, 0, 0}};
  std::vector<double> weights;
  for (std::size_t row = 0; row < 8; ++row) {
    double sum = 0.0;
    for (std::size_t player = 0; player < 3; ++player) {
      data.players(row, player) = around.coalitions[row].contains(player) ? 1.0 : 0.0;
      sum += data.players(row, player) * std::vector{20.0, 50.0, 30.0}[player];
    }
    data.values.push_back(std::max(0.0, sum - 10.0) + 3.0 * (sum + 1.0) - 1.0);
    weights.push_back(kernel_weight(coalition_distance(around.coalitions[row], Similarity::kCosine), 0.25));
  }
  const Surrogate surrogate = fit_surrogate(data, choose_factors(data, weights, {}), weights, {});
  EXPECT_NEAR(surrogate.terms[0].value, 21.519088917180337, 1e-9);
  EXPECT_NEAR(surrogate.terms[1].value, 81.62032409977064, 1e-9);
  EXPECT_NEAR(surrogate.terms[2].value, 41.552833978043786, 1e-9);
  EXPECT_NEAR(surrogate.intercept, 168.16309073697008, 1e-9);
  std::vector<double> answers;
  for (std::size_t row = 0; row < 8; ++row) answers.push_back(surrogate.predict(data.players.row(row)));
  EXPECT_NEAR(weighted_r2(data.values, answers, weights).value(), 0.6240527093362209, 1e-9);
}

TEST(Surrogate, KeepsTheStrongestTerms) {
  const SurrogateData data = surrogate_case(4, 200, [](Row z) { return z[0] - 2.0 * z[6] + 0.1 * z[3]; });
  for (const ColumnSelection selection :
       {ColumnSelection::kForward, ColumnSelection::kHighest, ColumnSelection::kLassoPath}) {
    EXPECT_EQ(choose_factors(data, ones(data), {.selection = selection, .top_k = 2}), (Factors{{0}, {6}}));
  }
  EXPECT_EQ(choose_factors(data, ones(data), {.selection = ColumnSelection::kNone, .top_k = 2}).size(), 8U);
  // A tree asks what it likes, unless it is told otherwise.
  EXPECT_EQ(choose_factors(data, ones(data), {.kind = SurrogateKind::kTree, .top_k = 2}).size(), 8U);
  const SurrogateOptions small = {
      .kind = SurrogateKind::kTree, .selection = ColumnSelection::kForward, .top_k = 2, .depth = 4};
  for (const auto& leaf : fit(data, small).tree->leaves()) {
    for (const auto& condition : leaf.conditions) EXPECT_TRUE(condition.column == 0 || condition.column == 6);
  }
}

TEST(Surrogate, WithPairsIsAConjunction) {
  const SurrogateData data = surrogate_case(4, 250, [](Row z) { return z[1] * z[6]; });
  const Surrogate surrogate = fit(data, {.alpha = 1e-6, .top_k = 3, .pairs = PairSearch::kAcrossModalities});
  EXPECT_NEAR(value_of(surrogate, {1, 6}), 1.0, 1e-3);
  for (std::size_t player = 0; player < 8; ++player) EXPECT_NEAR(value_of(surrogate, {player}), 0.0, 1e-3);
  EXPECT_NEAR(surrogate.predict(std::vector{0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0}), 1.0, 1e-3);
}

TEST(Surrogate, HasStandardErrorsWhereTheyHaveAClosedForm) {
  const SurrogateData data = surrogate_case(3, 40, [](Row z) { return z[0] + z[1] * z[4]; });
  for (const SurrogateKind kind : {SurrogateKind::kRidge, SurrogateKind::kLasso, SurrogateKind::kTree}) {
    Surrogate surrogate = fit(data, {.kind = kind});
    add_std_errors(surrogate, data, ones(data), {.kind = kind});
    for (const SurrogateTerm& term : surrogate.terms) {
      EXPECT_EQ(term.std_error.has_value(), kind == SurrogateKind::kRidge);
    }
  }
}

TEST(Surrogate, RefusesAPenaltyThatTellsCopiesNotApart) {
  SurrogateData data{matrix_of({{0.0, 0.0}, {1.0, 1.0}, {1.0, 1.0}}), {0.0, 1.0, 2.0}, {0, 1}};
  EXPECT_THROW(fit_surrogate(data, Factors{{0}, {1}}, ones(data), {.alpha = 1e-30}), ConfigError);
}

TEST(ParseSurrogate, NamesTheNearestWord) {
  for (const std::string& name : surrogate_names()) {
    EXPECT_EQ(surrogate_names()[static_cast<std::size_t>(parse_surrogate(name))], name);
  }
  EXPECT_THROW(parse_surrogate("rigde"), ConfigError);
}

}  // namespace
}  // namespace modattr
