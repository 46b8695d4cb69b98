#include "modattr/value/games/case_games.h"

#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "modattr/core/rng.h"
#include "modattr/stats/label_judge.h"
#include "value/fake_model.h"
#include "value/removal_set.h"

namespace modattr {
namespace {

using Rows = std::vector<std::uint32_t>;

/// Six examples of two columns, of which the first one has equal data twice; the model answers 10 a + b.
class CaseGamesTest : public testing::Test {
 protected:
  std::vector<double> answers(CaseGames& game, const Rows& examples, const Rows& first, const Rows& second) {
    const std::array<std::span<const std::uint32_t>, 2> rows = {first, second};
    std::vector<double> result(examples.size(), std::nan(""));
    game.answer({.examples = examples, .rows = rows},
                [&](std::size_t query, std::span<const double> output) { result[query] = output[0]; });
    return result;
  }

  RemovalSet set_{{.own = {{1, 2, 3, 1, 5, 6}, {0.5F, 0.25F, 0.125F, 0.75F, 0, 1}}}};
  FakeModel model_{{{"a", "Tensor", false}, {"b", "Tensor", false}},
                   [](std::span<const at::Tensor> inputs) { return inputs[0] * 10.0 + inputs[1]; }};
  ModelEvaluator evaluator_{model_, set_.dataset(), set_.layout(), {.rows_per_call = 4}};
  std::vector<TracedModality> modalities_ = {{.kind = "columns", .inputs = {{0, {}}}},
                                             {.kind = "columns", .inputs = {{1, {}}}}};
  std::unique_ptr<AnswerJudge> judge_ =
      make_label_judge({.kind = OutputKind::kRegression,
                        .output_width = 1,
                        .labels = std::make_shared<const Labels>(ValueLabels{.values = {10, 20, 30, 10, 50, 60}})});
  Progress progress_;
  CaseGames game_{{.evaluator = evaluator_,
                   .dataset = set_.dataset(),
                   .modalities = modalities_,
                   .judge = *judge_,
                   .progress = progress_}};
};

TEST_F(CaseGamesTest, AnswerMixesOfExamples) {
  EXPECT_EQ(answers(game_, {0, 0, 5}, {0, 4, 1}, {0, 0, 2}), (std::vector<double>{10.5, 50.5, 20.125}));
}

TEST_F(CaseGamesTest, AnswerMixesWithFaultyRowsInAnyOrder) {
  RandomStream stream = Rng(1).stream(RandomPurpose::kFault, 0, 0);
  const std::uint32_t zero = game_.add_faulty_row(0, 4, {.kind = "zero"}, stream);
  const std::uint32_t scaled = game_.add_faulty_row(1, 5, {.kind = "scale", .strength = 3.0}, stream);
  EXPECT_EQ(zero, 6U);
  EXPECT_EQ(scaled, 6U) << "rows are numbered by modality";
  EXPECT_EQ(answers(game_, {4, 5, 1, 5}, {zero, 5, 1, zero}, {4, scaled, 1, scaled}),
            (std::vector<double>{0.0, 63.0, 20.25, 3.0}));
  // More rows, while those before stay what they are.
  const std::uint32_t other = game_.add_faulty_row(0, 1, {.kind = "scale", .strength = 2.0}, stream);
  EXPECT_EQ(other, 7U);
  EXPECT_EQ(answers(game_, {1, 4}, {other, zero}, {1, 4}), (std::vector<double>{40.25, 0.0}));
  game_.clear_faulty_rows();
  EXPECT_EQ(game_.add_faulty_row(0, 1, {.kind = "scale", .strength = 4.0}, stream), 6U);
  EXPECT_EQ(answers(game_, {1}, {6}, {1}), (std::vector<double>{80.25}));
}

TEST_F(CaseGamesTest, KnowEqualDataAndIdentities) {
  EXPECT_EQ(game_.example_count(), 6U);
  EXPECT_EQ(game_.modality_count(), 2U);
  EXPECT_EQ(game_.content(0, 0), game_.content(0, 3));
  EXPECT_NE(game_.content(0, 0), game_.content(0, 1));
  EXPECT_EQ(game_.content_count(0), 5U);
  EXPECT_EQ(game_.content_count(1), 6U);
  EXPECT_EQ(game_.identity(2), identity_of("2"));
}

TEST_F(CaseGamesTest, SayWhichFaultsDataCannotHave) {
  EXPECT_EQ(game_.why_not(0, {.kind = "swap"}), "");
  EXPECT_EQ(game_.why_not(0, {.kind = "zero"}), "");
  EXPECT_EQ(game_.why_not(0, {.kind = "occlusion"}), "its data has no height and width: float32[6, 1]");
}

TEST_F(CaseGamesTest, DescribeRowsAgainAsBefore) {
  game_.statistics(0, Rows{1, 0});
  const std::uint32_t scaled =
      game_.add_faulty_row(0, 4, {.kind = "scale", .strength = 3.0}, Rng(1).stream(RandomPurpose::kFault, 0, 0));
  // Known, new, equal to a known one, faulty, known, new.
  const FloatRows rows = game_.statistics(0, Rows{1, 2, 3, scaled, 0, 5});
  std::vector<float> numbers;
  for (std::size_t row = 0; row < rows.count(); ++row) numbers.push_back(rows.row(row)[0]);
  EXPECT_EQ(numbers, (std::vector<float>{2, 3, 1, 15, 1, 6}));
  EXPECT_EQ(game_.statistics(0, Rows{3, 1}).row(0)[0], 1.0F);
  EXPECT_EQ(game_.statistics(1, Rows{1}).row(0)[0], 0.25F) << "of another modality";
}

TEST_F(CaseGamesTest, DescribeRowsByTheirNumbersFaultyOrNot) {
  const RandomStream stream = Rng(1).stream(RandomPurpose::kFault, 0, 0);
  const std::uint32_t scaled = game_.add_faulty_row(0, 4, {.kind = "scale", .strength = 3.0}, stream);
  const FloatRows both = game_.statistics(0, Rows{1, scaled, 4});
  ASSERT_EQ(both.count(), 3U);
  const FloatRows alone = game_.statistics(0, Rows{4});
  EXPECT_TRUE(std::ranges::equal(both.row(2), alone.row(0)));
  EXPECT_FLOAT_EQ(both.row(0)[0], 2.0F);
  EXPECT_FLOAT_EQ(both.row(1)[0], 15.0F);
  // This model has no encoders.
  EXPECT_EQ(game_.encodings(0, Rows{1, 2}).width, 0U);
  EXPECT_EQ(game_.tokens(0, Rows{1}), (std::vector<std::vector<std::int64_t>>{{}}));
}

}  // namespace
}  // namespace modattr
