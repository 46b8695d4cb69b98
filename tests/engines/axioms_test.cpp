#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/engines/definitions.h"
#include "modattr/engines/permutation/permutation.h"
#include "modattr/engines/shapley/modality_shapley.h"
#include "support/broken_engines_game.h"
#include "support/every_engine.h"
#include "support/table_game.h"

// Every registered engine keeps the axioms that it promises; a broken one shows that each check can fail. The
// attribution of an engine is the definition of its first row.

namespace modattr::axioms_test {
namespace {

using Numbers = std::span<const double>;

constexpr double kRounding = 1e-12;

double axiom_model(Numbers numbers) {
  const double pair = numbers[0] + numbers[1];
  return pair * numbers[2] + numbers[0] * numbers[1] - 0.7;
}

/// A problem of four modalities: a and b are interchangeable, c joins in, d is never used. Removed ones come from the
/// first five examples: with all of them as donors, what one example gains another loses.
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
                       .model = [](Numbers numbers) { return std::vector{axiom_model(numbers)}; },
                       .metric = binary_metric("accuracy", labels),
                       .game =
                           [rows](const Coalition& present, std::size_t example) {
                             double sum = 0.0;
                             for (std::size_t donor = 0; donor < 5; ++donor) {
                               std::vector<double> numbers = rows[donor];
                               for (std::size_t modality = 0; modality < numbers.size(); ++modality) {
                                 if (present.contains(modality)) numbers[modality] = rows[example][modality];
                               }
                               sum += axiom_model(numbers);
                             }
                             return std::vector{sum / 5.0};
                           }});
}

/// What an engine makes of the problem.
struct EngineRun {
  explicit EngineRun(const Attributor& engine) : result(engine.attribute(problem, Rng(5))) {
    total = problem.removal_game_count() > 0 ? removal_total() : permuted_total();
  }

  double attribution_of(const std::string& modality) const {
    return row_of(result, modality, result.rows.front().definition).value.value();
  }

  TableProblem problem = axiom_problem();
  Attribution result;
  /// v(full) - v(empty), the mean over the examples, or over the games that the engine asked for.
  double total = 0.0;

 private:
  double permuted_total() const {
    double sum = 0.0;
    for (const RowMap& donors : problem.row_maps()) {
      sum += problem.clean_score() - problem.score(Coalition::empty(problem.players().count()), donors);
    }
    return sum / static_cast<double>(problem.row_maps().size());
  }
  double removal_total() {
    const std::vector<Coalition> ends = {Coalition::full(4), Coalition::empty(4)};
    const Matrix values = problem.removal_game()->evaluate(ends);
    double sum = 0.0;
    for (std::size_t example = 0; example < problem.example_count(); ++example) {
      sum += values(0, example) - values(1, example);
    }
    return sum / static_cast<double>(problem.example_count());
  }
};

bool has_legend(const Score& row) {
  const std::string family = row.definition.substr(0, row.definition.find('.'));
  return std::ranges::find(definition_legends(), family, &DefinitionLegend::family) != definition_legends().end();
}

bool is_symmetric(const EngineRun& run) {
  return std::abs(run.attribution_of("a") - run.attribution_of("b")) <= kRounding;
}

bool ignores_null_players(const EngineRun& run) {
  return run.attribution_of("d") == 0.0;
}

/// Attributions sum to the total.
bool is_efficient(const EngineRun& run) {
  double sum = 0.0;
  for (const Players::Modality& modality : run.problem.players().modalities()) {
    sum += run.attribution_of(modality.name);
  }
  return std::abs(sum - run.total) <= kRounding;
}

/// Whether anything happens at all in the problem; a check on zeros would pass for every engine.
bool finds_an_effect(const EngineRun& run) {
  return run.attribution_of("a") != 0.0 && run.attribution_of("c") != 0.0 && std::abs(run.total) > 0.01;
}

/// Engines that share a value out among modalities; others promise no axiom.
std::vector<EngineInUse> attributing_engines() {
  std::vector<EngineInUse> engines = every_engine();
  std::erase_if(engines, [](const EngineInUse& engine) {
    return engine.engine->needs(OptionValues(engine.engine->options)).game == GameKind::kErrors;
  });
  return engines;
}

class EngineAxioms : public testing::TestWithParam<std::size_t> {
 protected:
  std::unique_ptr<Attributor> engine_ = attributing_engines()[GetParam()].make();
};

TEST_P(EngineAxioms, HoldWhereTheyArePromised) {
  const Guarantees guarantees = engine_->guarantees();
  const EngineRun run(*engine_);
  EXPECT_TRUE(finds_an_effect(run));
  EXPECT_TRUE(!guarantees.symmetry || is_symmetric(run));
  EXPECT_TRUE(!guarantees.null_player || ignores_null_players(run));
  EXPECT_TRUE(!guarantees.efficiency || is_efficient(run));
}

TEST_P(EngineAxioms, GoWithALegendOfEveryDefinition) {
  const EngineRun run(*engine_);
  for (const Score& row : run.result.rows) EXPECT_TRUE(has_legend(row)) << row.definition;
}

INSTANTIATE_TEST_SUITE_P(Registry, EngineAxioms, testing::Range<std::size_t>(0, attributing_engines().size()),
                         [](const auto& instance) { return attributing_engines()[instance.param].test_name(); });

TEST(EnginesWithoutAxioms, PromiseNone) {
  for (const EngineInUse& engine : every_engine()) {
    if (engine.engine->needs(OptionValues(engine.engine->options)).game != GameKind::kErrors) continue;
    const Guarantees guarantees = engine.make()->guarantees();
    EXPECT_FALSE(guarantees.efficiency || guarantees.symmetry || guarantees.null_player) << engine.variant->name;
  }
}

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

/// Gives the last modality less than its Shapley value of the removal game.
class ShortOfTheTotal final : public Attributor {
 public:
  std::string_view name() const noexcept override { return "short-of-the-total"; }
  Guarantees guarantees() const noexcept override { return {}; }
  EvaluatedExamples evaluate(Problem& problem, const Rng& rng) const override {
    return ModalityShapley({}).evaluate(problem, rng);
  }
  Attribution summarise(const EvaluatedExamples& evaluated, const Problem& problem, const Rng& rng) const override {
    Attribution result = ModalityShapley({}).summarise(evaluated, problem, rng);
    for (Score& row : result.rows) {
      if (row.modality == "c") row.value = 0.9 * row.value.value();
    }
    return result;
  }
};

TEST(AxiomChecks, FailForAnEngineThatLosesAPartOfTheRemovalGame) {
  const EngineRun run{ShortOfTheTotal()};
  EXPECT_TRUE(finds_an_effect(run));
  EXPECT_FALSE(is_efficient(run));
}

TEST(AxiomChecks, TellThatPermutationImportanceIsNotEfficient) {
  EXPECT_FALSE(is_efficient(EngineRun{PermutationImportance(PermutationOptions{})}));
}

}  // namespace
}  // namespace modattr::axioms_test
