#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "../support/broken_engines_game.h"
#include "../support/table_game.h"
#include "modattr/engines/registry.h"

// Every registered engine keeps the axioms that it promises; a broken one shows that each check can fail. The
// attribution of an engine is the definition of its first row.

namespace modattr {
namespace {

using Numbers = std::span<const double>;

constexpr double kRounding = 1e-12;

/// A problem of four modalities: a and b are interchangeable, c joins in, d is never used.
TableProblem axiom_problem() {
  RandomStream stream = Rng(2).stream(RandomPurpose::kBackground, 0, 0);
  std::vector<std::vector<double>> rows;
  std::vector<std::int64_t> labels;
  for (int example = 0; example < 16; ++example) {
    const double copy = stream.uniform();
    rows.push_back({copy, copy, stream.uniform(), stream.uniform()});
    labels.push_back(2.0 * copy * rows.back()[2] + copy * copy > 0.7 ? 1 : 0);
  }
  return TableProblem({.data = matrix_of(rows),
                       .model =
                           [](Numbers numbers) {
                             const double pair = numbers[0] + numbers[1];
                             return std::vector{pair * numbers[2] + numbers[0] * numbers[1] - 0.7};
                           },
                       .metric = binary_metric("accuracy", labels)});
}

/// What an engine makes of the problem.
struct EngineRun {
  explicit EngineRun(const Attributor& engine) : result(engine.attribute(problem, Rng(5))) {}

  double attribution_of(const std::string& modality) const {
    return row_of(result, modality, result.rows.front().definition).value.value();
  }

  TableProblem problem = axiom_problem();
  Attribution result;
};

bool is_symmetric(const EngineRun& run) {
  return std::abs(run.attribution_of("a") - run.attribution_of("b")) <= kRounding;
}

bool ignores_null_players(const EngineRun& run) {
  return run.attribution_of("d") == 0.0;
}

/// Attributions sum to v(full) - v(empty), the mean over the games that the engine asked for.
bool is_efficient(const EngineRun& run) {
  const TableProblem& problem = run.problem;
  double sum = 0.0;
  for (const Players::Modality& modality : problem.players().modalities()) sum += run.attribution_of(modality.name);
  double total = 0.0;
  for (const RowMap& donors : problem.row_maps()) {
    total += problem.clean_score() - problem.score(Coalition::empty(problem.players().count()), donors);
  }
  return std::abs(sum - total / static_cast<double>(problem.row_maps().size())) <= kRounding;
}

/// Whether anything happens at all in the problem; a check on zeros would pass for every engine.
bool finds_an_effect(const EngineRun& run) {
  return run.attribution_of("a") != 0.0 && run.attribution_of("c") != 0.0;
}

class EngineAxioms : public testing::TestWithParam<std::size_t> {
 protected:
  std::unique_ptr<Attributor> engine_ = engine_registry()[GetParam()].make();
};

TEST_P(EngineAxioms, HoldWhereTheyArePromised) {
  const Guarantees guarantees = engine_->guarantees();
  const EngineRun run(*engine_);
  EXPECT_TRUE(finds_an_effect(run));
  EXPECT_TRUE(!guarantees.symmetry || is_symmetric(run));
  EXPECT_TRUE(!guarantees.null_player || ignores_null_players(run));
  EXPECT_TRUE(!guarantees.efficiency || is_efficient(run));
}

INSTANTIATE_TEST_SUITE_P(Registry, EngineAxioms, testing::Range<std::size_t>(0, engine_registry().size()),
                         [](const auto& instance) { return std::string(engine_registry()[instance.param].name); });

TEST(AxiomChecks, PassForARightEngine) {
  const EngineRun run{ShapleyOfOneDraw(EngineFault::kNone)};
  EXPECT_TRUE(finds_an_effect(run));
  EXPECT_TRUE(is_symmetric(run));
  EXPECT_TRUE(ignores_null_players(run));
  EXPECT_TRUE(is_efficient(run));
}

TEST(AxiomChecks, FailForAnEngineThatFavoursAModality) {
  EXPECT_FALSE(is_symmetric(EngineRun{ShapleyOfOneDraw(EngineFault::kFavoursTheFirst)}));
}

TEST(AxiomChecks, FailForAnEngineThatRewardsEveryone) {
  EXPECT_FALSE(ignores_null_players(EngineRun{ShapleyOfOneDraw(EngineFault::kRewardsEveryone)}));
}

TEST(AxiomChecks, FailForAnEngineThatIgnoresCoalitionSizes) {
  const EngineRun run{ShapleyOfOneDraw(EngineFault::kIgnoresCoalitionSizes)};
  EXPECT_FALSE(is_efficient(run));
  EXPECT_TRUE(is_symmetric(run));
  EXPECT_TRUE(ignores_null_players(run));
}

TEST(AxiomChecks, TellThatPermutationImportanceIsNotEfficient) {
  EXPECT_FALSE(is_efficient(EngineRun{*engine_registry().front().make()}));
}

}  // namespace
}  // namespace modattr
