#include "modattr/engines/shapley/estimators/shapley_methods.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/shapley_game.h"
#include "support/thrown_message.h"

// What holds for every estimator: contract, closed answers, and the axioms that it promises; broken estimators show
// that each check of an axiom can fail.

namespace modattr {
namespace {

constexpr double kRounding = 1e-11;

/// An estimator with a fault, which promises everything.
class BrokenEstimator final : public ShapleyEstimator {
 public:
  enum class Fault { kNone, kFavoursTheFirst, kRewardsEveryone, kLosesAPart };
  explicit BrokenEstimator(Fault fault) : fault_(fault) {}

  std::string_view name() const noexcept override { return "broken"; }
  Guarantees guarantees() const noexcept override {
    return {.efficiency = true, .symmetry = true, .null_player = true};
  }
  std::vector<Coalition> coalitions(std::size_t player_count, std::size_t evaluation_count,
                                    RandomStream stream) const override {
    return ExactShapley().coalitions(player_count, evaluation_count, stream);
  }
  ShapleyEstimate estimate(const SampledGame& game) const override {
    ShapleyEstimate result = ExactShapley().estimate(game);
    if (fault_ == Fault::kFavoursTheFirst) {
      result.values[0] += 0.1;
      result.values[2] -= 0.1;
    }
    if (fault_ == Fault::kRewardsEveryone) {
      for (double& value : result.values)
        value += value == 0.0 ? 0.01 : -0.01 / static_cast<double>(game.player_count - 1);
    }
    if (fault_ == Fault::kLosesAPart) {
      for (double& value : result.values) value *= 0.9;
    }
    return result;
  }

 private:
  Fault fault_;
};

/// What an estimator makes of a game with a symmetric pair and a null player.
struct AxiomRun {
  AxiomRun(const ShapleyEstimator& estimator, std::size_t evaluation_count, std::uint64_t seed)
      : values(estimate_game(estimator, game, evaluation_count, seed).values) {}

  bool is_efficient() const {
    double sum = game.value(Coalition::empty(kPlayerCount)) - game.value(Coalition::full(kPlayerCount));
    for (const double value : values) sum += value;
    return std::abs(sum) <= kRounding;
  }
  bool is_symmetric() const { return std::abs(values[0] - values[1]) <= kRounding; }
  bool ignores_null_players() const { return values.back() == 0.0; }
  bool finds_an_effect() const { return std::abs(values[0]) > 0.1 && std::abs(values[2]) > 0.01; }

  static constexpr std::size_t kPlayerCount = 7;
  ShapleyGame game = axiom_game(kPlayerCount);
  std::vector<double> values;
};

constexpr std::size_t kAllCoalitions = 126;

class ShapleyEstimators : public testing::TestWithParam<std::string> {
 protected:
  bool samples() const { return GetParam() != "exact"; }
  /// Budgets for games of `player_count` players that this method takes.
  std::vector<std::size_t> budgets(std::size_t player_count) const {
    const std::size_t all = inner_coalition_count(player_count);
    if (!samples()) return {all};
    return {std::min(all, 4 * player_count), std::min(all, 7 * player_count + 1), all};
  }

  std::unique_ptr<ShapleyEstimator> estimator_ = make_shapley_estimator(GetParam());
};

TEST_P(ShapleyEstimators, KeepTheAxiomsThatTheyPromise) {
  const Guarantees guarantees = estimator_->guarantees();
  for (const std::size_t budget : budgets(AxiomRun::kPlayerCount)) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
      const AxiomRun run(*estimator_, budget, seed);
      EXPECT_TRUE(run.finds_an_effect());
      EXPECT_TRUE(!guarantees.efficiency || run.is_efficient());
      EXPECT_TRUE(!guarantees.symmetry || run.is_symmetric());
      EXPECT_TRUE(!guarantees.null_player || run.ignores_null_players());
    }
  }
}

TEST_P(ShapleyEstimators, DoNotHidePromisesThatTheyKeep) {
  const Guarantees guarantees = estimator_->guarantees();
  Guarantees kept = {.efficiency = true, .symmetry = true, .null_player = true};
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const AxiomRun run(*estimator_, budgets(AxiomRun::kPlayerCount).front(), seed);
    kept.efficiency &= run.is_efficient();
    kept.symmetry &= run.is_symmetric();
    kept.null_player &= run.ignores_null_players();
  }
  EXPECT_EQ(guarantees.efficiency, kept.efficiency);
  EXPECT_EQ(guarantees.symmetry, kept.symmetry);
  EXPECT_EQ(guarantees.null_player, kept.null_player);
}

TEST_P(ShapleyEstimators, AskForDifferentInnerCoalitionsWithinTheBudget) {
  for (const std::size_t player_count : {2U, 3U, 4U, 7U, 9U}) {
    for (const std::size_t budget : budgets(player_count)) {
      const auto asked = estimator_->coalitions(player_count, budget, coalition_stream(3));
      const std::unordered_set<Coalition> different(asked.begin(), asked.end());
      EXPECT_LE(different.size(), budget) << player_count;
      EXPECT_FALSE(different.empty());
      for (const Coalition& coalition : different) {
        EXPECT_EQ(coalition.player_count(), player_count);
        EXPECT_GT(coalition.size(), 0U);
        EXPECT_LT(coalition.size(), player_count);
      }
    }
  }
}

TEST_P(ShapleyEstimators, AskForTheSameOfTheSameStream) {
  for (const std::size_t budget : budgets(8)) {
    const auto asked = estimator_->coalitions(8, budget, coalition_stream(3));
    EXPECT_EQ(asked, estimator_->coalitions(8, budget, coalition_stream(3)));
  }
  if (!samples()) return;
  EXPECT_NE(estimator_->coalitions(8, 100, coalition_stream(3)), estimator_->coalitions(8, 100, coalition_stream(4)));
}

TEST_P(ShapleyEstimators, AskAgainForWhatASmallerBudgetKnows) {
  const auto larger = estimator_->coalitions(8, 254, coalition_stream(3));
  const std::unordered_set<Coalition> known(larger.begin(), larger.end());
  for (const std::size_t budget : budgets(8)) {
    for (const Coalition& coalition : estimator_->coalitions(8, budget, coalition_stream(3))) {
      EXPECT_TRUE(known.contains(coalition));
    }
  }
}

TEST_P(ShapleyEstimators, KnowTheClosedAnswers) {
  const std::vector<double> weights = {0.5, -2.0, 3.25, 0.0, 1.0};
  const ShapleyGame with_dummy = {
      5, [](const Coalition& coalition) { return coalition.contains(0) && coalition.contains(3) ? 1.0 : 0.0; }};
  // Orders are samples, whatever the budget: they come close.
  const double tolerance = GetParam() == "permutation" ? 0.03 : kRounding;
  const std::size_t budget = GetParam() == "permutation" ? 24000 : 30;
  const auto check = [&](const ShapleyGame& game, const std::vector<double>& expected) {
    const std::vector<double> values = estimate_game(*estimator_, game, budget).values;
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t player = 0; player < values.size(); ++player) {
      EXPECT_NEAR(values[player], expected[player], tolerance);
    }
  };
  check(additive_game(weights), weights);
  check(with_dummy, {0.5, 0.0, 0.0, 0.5, 0.0});
  check(and_game(5), std::vector(5, 0.2));
  check(or_game(5), std::vector(5, 0.2));
  check(xor_game(5), std::vector(5, 0.2));
  check(xor_game(4), std::vector(4, 0.0));
  check(glove_game(3, 1), {2.0 / 3.0, 1.0 / 6.0, 1.0 / 6.0});
  check(glove_game(2, 1), {0.5, 0.5});
}

TEST_P(ShapleyEstimators, TakeMorePlayersThanAWordHasBits) {
  if (!samples()) return;
  const ShapleyGame game = {70, [](const Coalition& coalition) {
                              double sum = coalition.contains(68) && coalition.contains(2) ? 4.0 : 0.0;
                              for (std::size_t player = 0; player < 70; player += 3) {
                                if (coalition.contains(player)) sum += static_cast<double>(player) / 10.0;
                              }
                              return sum;
                            }};
  const std::vector<double> values = estimate_game(*estimator_, game, 280).values;
  for (std::size_t player = 0; player < 70; ++player) {
    const double additive = player % 3 == 0 ? static_cast<double>(player) / 10.0 : 0.0;
    EXPECT_NEAR(values[player], additive + (player == 68 || player == 2 ? 2.0 : 0.0), 1e-2) << player;
  }
}

TEST_P(ShapleyEstimators, RefuseABudgetThatIsTooSmall) {
  const std::string message =
      thrown_message<ConfigError>([&] { return estimator_->coalitions(12, 11, coalition_stream(1)); });
  const bool is_exact = GetParam() == "exact";
  EXPECT_TRUE(mentions(message, {GetParam(), "n = 12", is_exact ? "too many for it" : "got 11"}));
}

INSTANTIATE_TEST_SUITE_P(Methods, ShapleyEstimators, testing::ValuesIn(shapley_estimator_names()),
                         [](const auto& instance) { return instance.param; });

TEST(ShapleyAxiomChecks, PassForARightEstimator) {
  const AxiomRun run(BrokenEstimator(BrokenEstimator::Fault::kNone), kAllCoalitions, 0);
  EXPECT_TRUE(run.finds_an_effect() && run.is_efficient() && run.is_symmetric() && run.ignores_null_players());
}

TEST(ShapleyAxiomChecks, FailForAnEstimatorThatFavoursAPlayer) {
  const AxiomRun run(BrokenEstimator(BrokenEstimator::Fault::kFavoursTheFirst), kAllCoalitions, 0);
  EXPECT_FALSE(run.is_symmetric());
  EXPECT_TRUE(run.is_efficient() && run.ignores_null_players());
}

TEST(ShapleyAxiomChecks, FailForAnEstimatorThatRewardsEveryone) {
  const AxiomRun run(BrokenEstimator(BrokenEstimator::Fault::kRewardsEveryone), kAllCoalitions, 0);
  EXPECT_FALSE(run.ignores_null_players());
  EXPECT_TRUE(run.is_symmetric());
}

TEST(ShapleyAxiomChecks, FailForAnEstimatorThatLosesAPart) {
  const AxiomRun run(BrokenEstimator(BrokenEstimator::Fault::kLosesAPart), kAllCoalitions, 0);
  EXPECT_FALSE(run.is_efficient());
  EXPECT_TRUE(run.is_symmetric() && run.ignores_null_players());
}

TEST(ShapleyMethods, AreTheWordsOfTheEstimators) {
  ASSERT_EQ(shapley_estimator_names().size(), 6U);
  EXPECT_EQ(shapley_estimator_names().front(), "auto");
  for (const std::string& name : shapley_estimator_names()) EXPECT_EQ(make_shapley_estimator(name)->name(), name);
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([] { return make_shapley_estimator("leverge"); }),
                       {"unknown word 'leverge'", "did you mean 'leverage'"}));
}

}  // namespace
}  // namespace modattr
