#include "modattr/value/games/model_problem.h"

#include <cmath>
#include <numeric>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/rng.h"
#include "modattr/engines/permutation/permutation.h"
#include "modattr/engines/shapley/modality_shapley.h"
#include "modattr/stats/metrics.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"
#include "value/fake_model.h"

namespace modattr::model_problem_test {
namespace {

constexpr std::size_t kExampleCount = 40;

/// Three inputs with a == b everywhere, and c; the model is |a - b| + c.
class ModelProblemTest : public testing::Test {
 protected:
  ModelProblemTest() {
    RandomStream stream = Rng(3).stream(RandomPurpose::kBackground, 0, 0);
    std::vector<float> a;
    std::vector<float> c;
    std::vector<float> labels;
    std::vector<std::int64_t> colours;
    for (std::size_t example = 0; example < kExampleCount; ++example) {
      a.push_back(static_cast<float>(stream.uniform()));
      c.push_back(static_cast<float>(stream.uniform()));
      labels.push_back(c.back() + 0.1F * static_cast<float>(stream.uniform()));
      colours.push_back(static_cast<std::int64_t>(example % 3));
    }
    write_npz(folder_ / "val.npz",
              {TestArray::of<float>("a", {kExampleCount}, a), TestArray::of<float>("b", {kExampleCount}, a),
               TestArray::of<float>("c", {kExampleCount}, c), TestArray::of<float>("label", {kExampleCount}, labels),
               TestArray::of<std::int64_t>("colour", {kExampleCount}, colours)});
    dataset_ = std::make_unique<Dataset>(DatasetOptions{.path = folder_ / "val.npz",
                                                        .inputs = layout_.input_names(),
                                                        .group = "colour",
                                                        .output_kind = OutputKind::kRegression});
    metric_ = make_metric("mse", {.kind = OutputKind::kRegression, .output_width = 1, .labels = dataset_->labels()});
  }

  Attribution permute(const EvaluatorOptions& evaluator_options, const PermutationOptions& options) {
    ModelEvaluator evaluator(model_, *dataset_, layout_, evaluator_options);
    ModelProblem problem(*dataset_, layout_, *metric_, evaluator, progress_);
    Attribution result = PermutationImportance(options).attribute(problem, Rng(1));
    evaluation_count_ = evaluator.evaluation_count();
    return result;
  }

  static const Score& row(const Attribution& result, std::string_view modality, std::string_view definition) {
    for (const Score& score : result.rows) {
      if (score.modality == modality && score.definition == definition && !score.group) return score;
    }
    throw std::out_of_range("no such row");
  }

  TemporaryFolder folder_;
  InputLayout layout_ =
      make_input_layout(std::vector<ModalityInputs>{{"pair", {{"a", {}}, {"b", {}}}}, {"rest", {{"c", {}}}}});
  std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<Metric> metric_;
  Progress progress_;
  FakeModel model_{{{"a", "Tensor", false}, {"b", "Tensor", false}, {"c", "Tensor", false}},
                   [](std::span<const at::Tensor> inputs) { return at::abs(inputs[0] - inputs[1]) + inputs[2]; }};
  std::size_t evaluation_count_ = 0;
};

TEST_F(ModelProblemTest, MovesTheTensorsOfAModalityTogether) {
  const Attribution result = permute({.rows_per_call = 8}, {.repeats = 3});
  EXPECT_EQ(row(result, "pair", "permutation.drop").value, 0.0);
  EXPECT_GT(row(result, "rest", "permutation.drop").value.value(), 0.01);
  // Modalities share their draws and games of two modalities their mixes, so some pairs of rows come up again.
  EXPECT_LE(evaluation_count_, kExampleCount * (1 + 3 * 2));
  EXPECT_GT(evaluation_count_, kExampleCount * (1 + 2));
}

TEST_F(ModelProblemTest, AgreesWithAllPairsOfTheData) {
  const Attribution result = permute({.rows_per_call = 16}, {.draws = PermutationDraws::kAllPairs});
  const std::vector<double> labels = std::get<ValueLabels>(*dataset_->labels()).values;
  std::vector<std::uint32_t> all(kExampleCount);
  std::iota(all.begin(), all.end(), 0U);
  const at::Tensor c = dataset_->gather(2, all).to(at::kDouble);
  double sum = 0.0;
  for (std::size_t example = 0; example < kExampleCount; ++example) {
    for (std::size_t donor = 0; donor < kExampleCount; ++donor) {
      if (donor == example) continue;
      const double error = c[static_cast<std::int64_t>(donor)].item<double>() - labels[example];
      sum += error * error;
    }
  }
  EXPECT_NEAR(row(result, "rest", "permutation.without").value.value(),
              sum / static_cast<double>(kExampleCount * (kExampleCount - 1)), 1e-9);
  // The untouched data, and one grid of all pairs for both modalities.
  EXPECT_EQ(evaluation_count_, kExampleCount + kExampleCount * kExampleCount);
}

TEST_F(ModelProblemTest, GivesTheSameNumbersForEveryBatchSizeAndThreadCount) {
  const PermutationOptions options = {.repeats = 2};
  const Attribution expected = permute({.rows_per_call = 8, .batch_size = 8, .thread_count = 1}, options);
  for (const std::size_t batch_size : {1U, 24U, 500U}) {
    const Attribution result = permute({.rows_per_call = 8, .batch_size = batch_size, .thread_count = 3}, options);
    ASSERT_EQ(result.rows.size(), expected.rows.size());
    EXPECT_EQ(result.score, expected.score);
    for (std::size_t index = 0; index < result.rows.size(); ++index) {
      EXPECT_EQ(result.rows[index].value, expected.rows[index].value);
      EXPECT_EQ(result.rows[index].std_error, expected.rows[index].std_error);
    }
  }
}

TEST_F(ModelProblemTest, RemovesModalitiesOnceItIsToldHow) {
  ModelEvaluator evaluator(model_, *dataset_, layout_, {.rows_per_call = 8, .thread_count = 2});
  ModelProblem problem(*dataset_, layout_, *metric_, evaluator, progress_);
  EXPECT_EQ(problem.thread_count(), 2U);
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { return problem.removal_game(); }),
                       {"removal: expected a way to remove modalities, got none"}));
  const RemovalRows removal({.dataset = *dataset_,
                             .layout = layout_,
                             .rows = evaluator.modality_rows(),
                             .reference = dataset_.get(),
                             .baselines = std::vector<std::unique_ptr<Baseline>>(2)});
  const std::vector<Target> targets = {Target({.kind = OutputKind::kRegression,
                                               .output_width = 1,
                                               .value = ValueKind::kOutput,
                                               .classes = std::vector<std::uint32_t>(kExampleCount)})};
  problem.set_removal(removal, targets);
  const Attribution result = ModalityShapley({}).attribute(problem, Rng(1));
  EXPECT_EQ(row(result, "pair", "shapley.mean_abs").value, 0.0) << "a and b come from the same row";
  EXPECT_GT(row(result, "rest", "shapley.mean_abs").value.value(), 0.1);
  EXPECT_EQ(row(result, "rest", "share.abs").value, 1.0);
  EXPECT_EQ(result.examples.size(), kExampleCount);
}

TEST_F(ModelProblemTest, KnowsItsGroupsAndStrata) {
  ModelEvaluator evaluator(model_, *dataset_, layout_, {});
  ModelProblem problem(*dataset_, layout_, *metric_, evaluator, progress_);
  ASSERT_EQ(problem.groups().size(), 3U);
  EXPECT_EQ(problem.groups()[1].name, "1");
  EXPECT_EQ(problem.groups()[1].examples.front(), 1U);
  EXPECT_EQ(problem.strata("colour").size(), 3U);
  EXPECT_EQ(problem.players().modality_name(0), "pair");
  EXPECT_EQ(problem.example_count(), kExampleCount);
  EXPECT_THROW(static_cast<void>(problem.strata("shape")), ConfigError);
}

}  // namespace
}  // namespace modattr::model_problem_test
