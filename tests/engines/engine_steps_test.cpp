#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/permutation/permutation.h"
#include "modattr/engines/sage/sage.h"
#include "modattr/engines/shapley/estimators/shapley_methods.h"
#include "modattr/engines/shapley/feature_shapley.h"
#include "modattr/engines/shapley/modality_shapley.h"
#include "modattr/engines/surrogate/local_surrogate.h"
#include "support/attribution_bits.h"
#include "support/broken_engines_game.h"
#include "support/every_engine.h"
#include "support/formula_games.h"
#include "support/table_game.h"

// Both steps of every engine: what is kept of the examples between them may be parted, written, read and merged in any
// order, and gives the same scores without the model.

namespace modattr::engine_steps_test {
namespace {

constexpr std::size_t kExampleCount = 11;
constexpr std::uint64_t kSeed = 9;

/// An engine, and the problem that it is tried on.
struct EngineCase {
  std::string name;
  std::function<std::unique_ptr<Attributor>()> make;
  std::size_t modality_count = 3;
  std::string metric = "accuracy";
  /// Players of each modality of each example; empty = whole modalities.
  std::vector<std::vector<std::size_t>> player_counts = {};

  friend void PrintTo(const EngineCase& engine, std::ostream* stream) { *stream << engine.name; }
};

template <typename Engine, typename Options>
std::function<std::unique_ptr<Attributor>()> maker(Options options) {
  return [options] { return std::make_unique<Engine>(options); };
}

std::shared_ptr<const ShapleyEstimator> estimator(const std::string& name) {
  return make_shapley_estimator(name);
}

std::vector<EngineCase> engine_cases() {
  std::vector<EngineCase> cases;
  for (const EngineInUse& engine : every_engine()) {
    cases.push_back({std::string(engine.variant->name), [engine] { return engine.make(); }});
  }

  const std::vector<std::vector<std::size_t>> same_players(kExampleCount, {5, 4, 1});
  std::vector<std::vector<std::size_t>> own_players = same_players;
  for (std::size_t example = 0; example < kExampleCount; ++example) own_players[example][0] = example % 4;
  const auto pairs = PermutationDraws::kAllPairs;
  cases.push_back({"permute of all pairs", maker<PermutationImportance>(PermutationOptions{.draws = pairs})});
  cases.push_back({"permute of two modalities", maker<PermutationImportance>(PermutationOptions{.draws = pairs}), 2});
  cases.push_back({"permute of one modality", maker<PermutationImportance>(PermutationOptions{}), 1});
  cases.push_back({"permute in strata", maker<PermutationImportance>(PermutationOptions{.within = "half"})});
  cases.push_back({"permute of pairs in strata",
                   maker<PermutationImportance>(PermutationOptions{.draws = pairs, .within = "half"})});
  cases.push_back({"permute of a ranking",
                   maker<PermutationImportance>(PermutationOptions{.modalities = {2, 0}, .repeats = 3}), 3, "roc_auc"});
  cases.push_back({"shap with interactions", maker<ModalityShapley>(ModalityShapleyOptions{
                                                 .projection = AdditiveProjection::kComputed, .breakdown = "half"})});
  cases.push_back(
      {"shap of many modalities",
       maker<ModalityShapley>(ModalityShapleyOptions{.estimator = estimator("leverage"), .coalition_count = 60}), 13});
  cases.push_back({"shap of features",
                   maker<FeatureShapley>(FeatureShapleyOptions{
                       .index = ShapleyIndex::kShapley, .estimator = estimator("leverage"), .tolerance = 1e-3}),
                   3, "accuracy", own_players});
  cases.push_back({"shap of Owen values",
                   maker<FeatureShapley>(FeatureShapleyOptions{.estimator = estimator("auto"), .budget = 100}), 3,
                   "log_loss", own_players});
  cases.push_back({"shap of pairs",
                   maker<FeatureShapley>(FeatureShapleyOptions{
                       .estimator = estimator("auto"), .budget = 200, .pair_index = PairIndex::kStii}),
                   3, "accuracy", own_players});
  cases.push_back({"sage of features",
                   maker<Sage>(SageOptions{.players = SagePlayers::kFeatures,
                                           .index = ShapleyIndex::kShapley,
                                           .estimator = estimator("leverage"),
                                           .budget = 90,
                                           .tolerance = 1e-9}),
                   3, "accuracy", same_players});
  cases.push_back(
      {"sage of Owen values",
       maker<Sage>(SageOptions{.players = SagePlayers::kFeatures, .estimator = estimator("auto"), .breakdown = "half"}),
       3, "accuracy", same_players});
  for (const SurrogateKind kind : {SurrogateKind::kRidge, SurrogateKind::kLasso, SurrogateKind::kTree}) {
    cases.push_back({"lime of " + std::string(surrogate_names()[static_cast<std::size_t>(kind)]),
                     maker<LocalSurrogate>(LocalSurrogateOptions{.budget = 60, .surrogate = {.kind = kind}}), 3,
                     "accuracy", own_players});
  }
  cases.push_back({"lime of pairs",
                   maker<LocalSurrogate>(LocalSurrogateOptions{
                       .budget = 60, .surrogate = {.pairs = PairSearch::kAcrossModalities}, .breakdown = "half"}),
                   3, "accuracy", own_players});
  cases.push_back({"lime of all coalitions",
                   maker<LocalSurrogate>(LocalSurrogateOptions{.modalities = {1}, .size = NeighbourhoodSize::kAll}), 3,
                   "accuracy", own_players});
  cases.push_back({"shapley of one draw", [] { return std::make_unique<ShapleyOfOneDraw>(EngineFault::kNone); }});
  return cases;
}

/// Nothing is symmetric; `example` takes part.
double tangled(const Coalition& present, std::size_t example) {
  double sum = 0.3 * static_cast<double>(example);
  double product = 1.0;
  for (std::size_t player = 0; player < present.player_count(); ++player) {
    const double number = std::sin(static_cast<double>(3 * player + example));
    sum += present.contains(player) ? number : 0.1;
    product *= present.contains(player) ? number - 1.5 : 0.7;
  }
  return std::tanh(sum) + 0.2 * product;
}

/// Whether examples are known by their places, or by rows of a file in another order.
enum class Keys { kPlaces, kRows };

/// Counts how often the model, or a game, answers.
TableProblem problem_of(const EngineCase& engine, std::size_t& answer_count, Keys kind = Keys::kRows) {
  RandomStream stream = Rng(77).stream(RandomPurpose::kBackground, 0, 0);
  Matrix data(kExampleCount, engine.modality_count);
  for (double& number : data.values()) number = 3.0 * stream.uniform();
  std::vector<std::int64_t> labels;
  std::vector<std::uint32_t> keys;
  std::vector<Stratum> halves = {{"one", {}}, {"two", {}}};
  for (std::uint32_t example = 0; example < kExampleCount; ++example) {
    labels.push_back(data(example, 0) > 1.2 ? 1 : 0);
    if (kind == Keys::kRows) keys.push_back(static_cast<std::uint32_t>(example * 7 % kExampleCount + 20));
    halves[example % 3 == 0 ? 0 : 1].examples.push_back(example);
  }
  std::function<std::unique_ptr<ExampleGames>()> features;
  if (!engine.player_counts.empty()) {
    features = [&engine, &answer_count] {
      return std::make_unique<FormulaGames>(engine.player_counts,
                                            [&answer_count](const Coalition& present, std::uint32_t example) {
                                              ++answer_count;
                                              return tangled(present, example);
                                            });
    };
  }
  return TableProblem({.data = std::move(data),
                       .model =
                           [&answer_count](std::span<const double> numbers) {
                             ++answer_count;
                             double sum = -2.0;
                             for (const double number : numbers) sum += std::sin(number) * sum + number;
                             return std::vector{sum};
                           },
                       .metric = binary_metric(engine.metric, labels),
                       .groups = {halves[1]},
                       .columns = {{"half", halves}},
                       .game =
                           [&answer_count](const Coalition& present, std::size_t example) {
                             ++answer_count;
                             return std::vector{tangled(present, example), present.size() > 1 ? 1.0 : 0.0};
                           },
                       .game_width = 2,
                       .features = std::move(features),
                       .keys = std::move(keys)});
}

/// The examples whose keys `part` maps to each part, each part written and read.
std::vector<EvaluatedExamples> parts_of(const EvaluatedExamples& whole, std::size_t part_count,
                                        const std::function<std::size_t(std::size_t place)>& part) {
  std::vector<EvaluatedExamples> parts(part_count, EvaluatedExamples(whole.header()));
  std::size_t place = 0;
  for (const auto& [key, bytes] : whole.examples()) parts[part(place++)].add(key, bytes);
  for (EvaluatedExamples& one : parts) one = EvaluatedExamples::parse(one.serialise());
  return parts;
}

EvaluatedExamples merge(const std::vector<EvaluatedExamples>& parts, const std::vector<std::size_t>& order) {
  EvaluatedExamples merged = parts[order.front()];
  for (std::size_t place = 1; place < order.size(); ++place) merged.merge(parts[order[place]]);
  return merged;
}

class EngineSteps : public testing::TestWithParam<EngineCase> {
 protected:
  std::size_t answer_count_ = 0;
  TableProblem problem_ = problem_of(GetParam(), answer_count_);
  std::unique_ptr<Attributor> engine_ = GetParam().make();
  EvaluatedExamples whole_ = engine_->evaluate(problem_, Rng(kSeed));
};

TEST_P(EngineSteps, GiveTheSameBytesAndScoresFromPartsInAnyOrder) {
  std::size_t ignored = 0;
  TableProblem once = problem_of(GetParam(), ignored, Keys::kPlaces);
  const std::string scores = bytes_of(engine_->attribute(once, Rng(kSeed)));
  ASSERT_EQ(whole_.count(), kExampleCount);

  const std::vector<EvaluatedExamples> thirds = parts_of(whole_, 3, [](std::size_t place) { return place % 3; });
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    const EvaluatedExamples merged = merge(thirds, order);
    EXPECT_EQ(merged.serialise(), whole_.serialise());
    // Equal bytes are summarised alike: two orders are enough.
    if (order.front() == 2) {
      EXPECT_EQ(bytes_of(engine_->summarise(merged, problem_, Rng(kSeed))), scores);
    }
  } while (std::ranges::next_permutation(order).found);

  const std::vector<EvaluatedExamples> single =
      parts_of(whole_, kExampleCount, [](std::size_t place) { return place; });
  order = {10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  RandomStream stream = Rng(1).stream(RandomPurpose::kBackground, 0, 0);
  for (int round = 0; round < 4; ++round) {
    const EvaluatedExamples merged = merge(single, order);
    EXPECT_EQ(merged.serialise(), whole_.serialise());
    if (round == 3) {
      EXPECT_EQ(bytes_of(engine_->summarise(merged, problem_, Rng(kSeed))), scores);
    }
    for (std::uint32_t place = 10; place > 0; --place) std::swap(order[place], order[stream.below(place + 1)]);
  }
}

TEST_P(EngineSteps, AnnounceEveryEvaluation) {
  EXPECT_EQ(problem_.progress().done_outside, 0U);
  EXPECT_LE(problem_.progress().done, problem_.progress().announced);
}

TEST_P(EngineSteps, SummariseWithoutTheModel) {
  EXPECT_GT(answer_count_, 0U);
  answer_count_ = 0;
  const CountingProgress before = problem_.progress();
  const Attribution result = engine_->summarise(whole_, problem_, Rng(kSeed));
  EXPECT_FALSE(result.rows.empty());
  EXPECT_EQ(answer_count_, 0U);
  EXPECT_EQ(problem_.progress().announced, before.announced);
}

TEST_P(EngineSteps, RefuseToSummariseAPartOfTheExamples) {
  const std::vector<EvaluatedExamples> parts =
      parts_of(whole_, 2, [](std::size_t place) { return place == 0 ? 0 : 1; });
  EXPECT_THROW(engine_->summarise(parts[1], problem_, Rng(kSeed)), DataError);
}

TEST_P(EngineSteps, NeverCrashOnDamagedBytes) {
  RandomStream stream = Rng(3).stream(RandomPurpose::kBackground, 0, 0);
  for (int round = 0; round < 20; ++round) {
    EvaluatedExamples damaged(whole_.header());
    for (auto [key, bytes] : whole_.examples()) {
      if (stream.below(4) == 0) bytes.resize(stream.below(static_cast<std::uint32_t>(bytes.size())));
      // Counts are small numbers: their upper bytes tell them from other values.
      if (!bytes.empty()) bytes[stream.below(static_cast<std::uint32_t>(bytes.size()))] = '\x7f';
      damaged.add(key, bytes);
    }
    try {
      engine_->summarise(damaged, problem_, Rng(kSeed));
    } catch (const DataError&) {
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Registry, EngineSteps, testing::ValuesIn(engine_cases()), [](const auto& instance) {
  std::string name = instance.param.name;
  std::erase_if(name, [](char letter) { return std::isalnum(static_cast<unsigned char>(letter)) == 0; });
  return name;
});

TEST(EngineSteps, RefuseWhatOtherOptionsEvaluated) {
  const EngineCase shap{"shap", {}};
  std::size_t ignored = 0;
  TableProblem problem = problem_of(shap, ignored);
  const FeatureShapley less({.estimator = estimator("auto"), .budget = 60});
  const FeatureShapley more({.estimator = estimator("auto"), .budget = 70});
  const EvaluatedExamples evaluated = less.evaluate(problem, Rng(1));
  EXPECT_THROW(more.summarise(evaluated, problem, Rng(1)), DataError);
  EXPECT_THROW(less.summarise(evaluated, problem, Rng(2)), DataError) << "another seed";
  EXPECT_NO_THROW(less.summarise(evaluated, problem, Rng(1)));
}

}  // namespace
}  // namespace modattr::engine_steps_test
