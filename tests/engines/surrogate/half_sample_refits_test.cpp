#include "modattr/engines/surrogate/half_sample_refits.h"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "support/surrogate_case.h"

namespace modattr {
namespace {

using Row = std::span<const double>;

constexpr SurrogateOptions kOptions{.alpha = 1e-3, .selection = ColumnSelection::kNone, .top_k = 2};

HalfSampleRefits halves_of(const SurrogateData& data, const SurrogateOptions& options, std::uint64_t seed = 1) {
  return {data, ones(data), options, 2, Rng(seed).stream(RandomPurpose::kHalfSample, 0, 0)};
}

Surrogate whole_fit(const SurrogateData& data, const SurrogateOptions& options) {
  return fit_surrogate(data, choose_factors(data, ones(data), options), ones(data), options);
}

TEST(HalfSampleRefits, AgreeWhereTheTermsAreClear) {
  const SurrogateData data = surrogate_case(4, 200, [](Row z) { return 2.0 * z[1] - z[6]; });
  const HalfSampleRefits halves = halves_of(data, kOptions);
  EXPECT_EQ(halves.stability(), 1.0);
  for (const SurrogateTerm& term : whole_fit(data, kOptions).terms) EXPECT_LT(halves.factor_error(term.factor), 1e-3);
}

TEST(HalfSampleRefits, DisagreeAboutNoise) {
  RandomStream noise = Rng(3).stream(RandomPurpose::kBackground, 0, 0);
  const SurrogateData data = surrogate_case(6, 200, [&](Row) { return noise.uniform(); });
  const double stability = halves_of(data, kOptions).stability().value();
  EXPECT_GT(stability, 0.0);
  EXPECT_LT(stability, 0.7);
  EXPECT_EQ(halves_of(data, kOptions).stability(), stability);
  EXPECT_NE(halves_of(data, kOptions, 2).stability(), stability);
}

TEST(HalfSampleRefits, SayNothingWhereThereAreNoTerms) {
  const SurrogateData data = surrogate_case(4, 200, [](Row) { return 3.0; });
  const HalfSampleRefits halves = halves_of(data, kOptions);
  EXPECT_EQ(halves.stability(), std::nullopt);
  EXPECT_TRUE(halves.share_errors().empty());
}

TEST(HalfSampleRefits, GiveTheErrorsOfOtherDraws) {
  // Over 60 draws of the coalitions: the spread of a coefficient and of a share, and the errors that are claimed.
  constexpr double kDraws = 60.0;
  std::array<double, 2> sums{};
  std::array<double, 2> squares{};
  std::array<double, 2> claimed{};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    RandomStream noise = Rng(seed).stream(RandomPurpose::kBackground, 0, 0);
    const SurrogateData data = surrogate_case(
        3, 120, [&](Row z) { return z[0] + z[4] + 2.0 * noise.uniform(); }, seed);
    const Surrogate whole = whole_fit(data, kOptions);
    const HalfSampleRefits halves = halves_of(data, kOptions, seed);
    const std::vector<double> shares = modality_shares(whole, data.modality_of_player, 2);
    const std::array values = {whole.terms[0].value, shares[0]};
    const std::array errors = {halves.factor_error(whole.terms[0].factor), halves.share_errors().at(0)};
    for (std::size_t number = 0; number < 2; ++number) {
      sums[number] += values[number] / kDraws;
      squares[number] += values[number] * values[number] / kDraws;
      claimed[number] += errors[number] * errors[number] / kDraws;
    }
  }
  for (std::size_t number = 0; number < 2; ++number) {
    EXPECT_NEAR(claimed[number] / (squares[number] - sums[number] * sums[number]), 1.0, 0.5) << number;
  }
}

TEST(ModalityShares, SplitPairsEvenly) {
  const std::vector<std::size_t> modality_of_player = {0, 0, 1};
  const Surrogate surrogate{.intercept = 5.0, .terms = {{{0}, -3.0}, {{1, 2}, 2.0}, {{2}, 1.0}}, .tree = std::nullopt};
  EXPECT_EQ(modality_shares(surrogate, modality_of_player, 2), (std::vector{4.0 / 6.0, 2.0 / 6.0}));
  EXPECT_TRUE(modality_shares({.intercept = 1.0, .terms = {{{0}, 0.0}}, .tree = {}}, modality_of_player, 2).empty());
}

}  // namespace
}  // namespace modattr
