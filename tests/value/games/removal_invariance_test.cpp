#include <gtest/gtest.h>

#include "modattr/core/rng.h"
#include "modattr/model/torchscript_model.h"
#include "support/torchscript_models.h"
#include "value/removal_set.h"

// The game of removed modalities does not depend on how the model runs.

namespace modattr::removal_invariance_test {
namespace {

constexpr std::size_t kExampleCount = 21;

Columns random_columns(std::size_t row_count, std::uint32_t draw) {
  RandomStream stream = Rng(8).stream(RandomPurpose::kBackground, draw, 0);
  Columns columns(3, std::vector<float>(row_count));
  for (std::vector<float>& column : columns) {
    // Some rows are alike.
    for (float& number : column) number = static_cast<float>(stream.below(9)) / 7.0F;
  }
  return columns;
}

class RemovalInvariance : public testing::Test {
 protected:
  RemovalInvariance() {
    save_model(folder_ / "model.pt",
               "def forward(self, a, b, c):\n"
               "  x = torch.tanh(a * 3.0 - 0.5)\n"
               "  y = torch.sin(b * 5.0)\n"
               "  return torch.cat([x * y, y - c, torch.relu(c) * x], 1)");
    model_ = load_torchscript_model({.path = folder_ / "model.pt", .device = "cpu"});
    for (const ValueKind value : {ValueKind::kLogProbability, ValueKind::kCorrect}) {
      targets_.emplace_back(TargetInput{.kind = OutputKind::kLogits,
                                        .output_width = 3,
                                        .value = value,
                                        .classes = std::vector<std::uint32_t>(kExampleCount, 1)});
    }
  }

  enum class ModelUse { kWhole, kSplit };

  std::vector<double> values(const EvaluatorOptions& options, ModelUse model_use = ModelUse::kWhole,
                             std::size_t cache_bytes = 0) {
    ModelEvaluator evaluator(*model_, set_.dataset(), set_.layout(), options);
    if (model_use == ModelUse::kSplit) {
      EXPECT_EQ(evaluator.use_split(cache_bytes, progress_), "");
      EXPECT_NE(evaluator.split_model(), nullptr);
    }
    const Matrix values = set_.values(evaluator, targets_, progress_);
    evaluation_count_ = evaluator.evaluation_count();
    return {values.values().begin(), values.values().end()};
  }

  TemporaryFolder folder_;
  RemovalSet set_{
      {.own = random_columns(kExampleCount, 1),
       .reference = random_columns(11, 2),
       .removals = {
           {.type = RemovalType::kBackground}, {.type = RemovalType::kMean}, {.type = RemovalType::kBackground}}}};
  std::unique_ptr<Model> model_;
  std::vector<Target> targets_;
  Progress progress_;
  std::size_t evaluation_count_ = 0;
};

TEST_F(RemovalInvariance, HoldsForThreadsAndBatches) {
  const std::vector<double> expected = values({.rows_per_call = 8, .batch_size = 8, .thread_count = 1});
  ASSERT_EQ(expected.size(), 8 * kExampleCount * 2);
  for (const std::size_t thread_count : {1U, 2U, 5U}) {
    for (const std::size_t batch_size : {1U, 8U, 24U, 1000U}) {
      EXPECT_EQ(values({.rows_per_call = 8, .batch_size = batch_size, .thread_count = thread_count}), expected)
          << thread_count << " " << batch_size;
    }
  }
}

TEST_F(RemovalInvariance, HoldsForCutModelsAndTheirMemory) {
  const std::vector<double> expected = values({.rows_per_call = 8});
  const std::size_t whole_count = evaluation_count_;
  for (const std::size_t cache_bytes : {0U, 40U, 100000U}) {
    for (const std::size_t thread_count : {1U, 3U}) {
      EXPECT_EQ(values({.rows_per_call = 8, .thread_count = thread_count}, ModelUse::kSplit, cache_bytes), expected)
          << cache_bytes;
    }
  }
  EXPECT_EQ(evaluation_count_, whole_count) << "the fusion runs on the same mixes";
}

TEST_F(RemovalInvariance, HoldsWhetherEqualMixesAreSharedOrNot) {
  const std::vector<double> expected = values({.rows_per_call = 8});
  const std::size_t shared_count = evaluation_count_;
  EXPECT_EQ(values({.rows_per_call = 8, .sharing = MixSharing::kNone}), expected);
  // Without a or c, 11 rows each; without b alone or none, one.
  EXPECT_EQ(evaluation_count_, kExampleCount * (6 * 11 + 2));
  EXPECT_LT(shared_count, evaluation_count_ / 2);
}

}  // namespace
}  // namespace modattr::removal_invariance_test
