#include "modattr/value/games/removal_game.h"

#include <cmath>
#include <limits>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/core/rng.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "support/counting_progress.h"
#include "support/thrown_message.h"
#include "value/fake_model.h"
#include "value/removal_set.h"

namespace modattr::removal_game_test {
namespace {

using Inputs = std::span<const at::Tensor>;
using Numbers = std::vector<double>;

/// A model of one number per example and input.
using Formula = std::function<Numbers(const Numbers& row)>;

FakeModel model_of(std::size_t input_count, Formula formula) {
  std::vector<ModelArgument> arguments;
  for (std::size_t input = 0; input < input_count; ++input) {
    arguments.push_back({std::string(1, static_cast<char>('a' + input)), "Tensor", false});
  }
  return {std::move(arguments), [formula = std::move(formula)](Inputs inputs) {
            std::vector<at::Tensor> rows;
            for (std::int64_t row = 0; row < inputs.front().size(0); ++row) {
              Numbers numbers;
              for (const at::Tensor& input : inputs) numbers.push_back(input[row].item<float>());
              rows.push_back(at::tensor(formula(numbers), at::kDouble));
            }
            return at::stack(rows);
          }};
}

Columns random_columns(std::size_t input_count, std::size_t row_count, std::uint32_t draw) {
  RandomStream stream = Rng(8).stream(RandomPurpose::kBackground, draw, 0);
  Columns columns(input_count, std::vector<float>(row_count));
  for (std::vector<float>& column : columns) {
    for (float& number : column) number = static_cast<float>(stream.uniform());
  }
  return columns;
}

Target regression_target(std::size_t example_count) {
  return Target({.kind = OutputKind::kRegression,
                 .output_width = 1,
                 .value = ValueKind::kOutput,
                 .classes = std::vector<std::uint32_t>(example_count)});
}

/// v of every coalition of a set, with a fake model.
Matrix values_of(RemovalSet& set, const Formula& formula, const std::vector<Target>& targets,
                 EvaluatorOptions options = {.rows_per_call = 8}) {
  const FakeModel model = model_of(set.dataset().input_count(), formula);
  ModelEvaluator evaluator(model, set.dataset(), set.layout(), options);
  Progress progress;
  return set.values(evaluator, targets, progress);
}

Numbers logits(const Numbers& row) {
  return {row[0] * row[1] - row[2], 3.0 * row[2] * row[0] - row[1], row[1] - 0.3};
}

TEST(RemovalGame, IsTheMeanOverTheBackgroundAndThenTheValue) {
  const Columns own = random_columns(3, 6, 1);
  const Columns reference = random_columns(3, 7, 2);
  RemovalSet set({.own = own, .reference = reference});
  std::vector<Target> targets;
  for (const ValueKind value : {ValueKind::kLogProbability, ValueKind::kCorrect, ValueKind::kMargin}) {
    targets.emplace_back(
        TargetInput{.kind = OutputKind::kLogits, .output_width = 3, .value = value, .classes = {0, 1, 2, 0, 1, 2}});
  }
  const Matrix values = values_of(set, logits, targets);
  for (std::size_t coalition = 0; coalition < 8; ++coalition) {
    for (std::size_t example = 0; example < 6; ++example) {
      for (std::size_t target = 0; target < targets.size(); ++target) {
        Numbers mean(targets[target].width(), 0.0);
        for (std::size_t draw = 0; draw < 7; ++draw) {
          Numbers row;
          for (std::size_t input = 0; input < 3; ++input) {
            row.push_back((coalition >> input & 1) != 0 ? own[input][example] : reference[input][draw]);
          }
          Numbers prediction(mean.size());
          targets[target].prediction(logits(row), example, prediction);
          for (std::size_t place = 0; place < mean.size(); ++place) mean[place] += prediction[place] / 7.0;
        }
        EXPECT_NEAR(values(coalition, example * 3 + target), targets[target].value(mean, example), 1e-12)
            << coalition << " " << example << " " << target;
      }
    }
  }
}

TEST(RemovalGame, AveragesPredictionsBeforeTheLoss) {
  // f = 2 a + b of two fair signs, labels f: 4 and 1; the mean of losses would give 8 and 2.
  const Columns signs = {{-1, -1, 1, 1}, {-1, 1, -1, 1}};
  RemovalSet set({.own = signs, .reference = signs});
  const std::vector<Target> targets = {Target({.kind = OutputKind::kRegression,
                                               .output_width = 1,
                                               .value = ValueKind::kLoss,
                                               .classes = {0, 0, 0, 0},
                                               .label_values = {-3, -1, 1, 3}})};
  const Matrix values = values_of(
      set, [](const Numbers& row) { return Numbers{2.0 * row[0] + row[1]}; }, targets);
  Numbers means(2, 0.0);
  for (std::size_t example = 0; example < 4; ++example) {
    const Numbers game = {values(0, example), values(1, example), values(2, example), values(3, example)};
    const Numbers shapley = shapley_values(game, 2);
    for (const std::size_t player : {0U, 1U}) means[player] += shapley[player] / 4.0;
  }
  EXPECT_NEAR(means[0], 4.0, 1e-12);
  EXPECT_NEAR(means[1], 1.0, 1e-12);
}

TEST(RemovalGame, TakesAllAbsentModalitiesFromTheSameRow) {
  // a and b are equal everywhere, so |a - b| + c depends on c alone, unless a and b come from different rows.
  Columns own = random_columns(3, 5, 3);
  Columns reference = random_columns(3, 3, 4);
  own[1] = own[0];
  reference[1] = reference[0];
  const Formula formula = [](const Numbers& row) { return Numbers{std::abs(row[0] - row[1]) + row[2]}; };
  RemovalSet apart({.own = own, .reference = reference});
  const Matrix values = values_of(apart, formula, {regression_target(5)});
  for (std::size_t example = 0; example < 5; ++example) {
    EXPECT_EQ(values(4, example), own[2][example]) << "both absent";
    EXPECT_EQ(values(7, example), own[2][example]);
    EXPECT_GT(values(5, example), own[2][example]) << "one of them absent";
  }
}

TEST(RemovalGame, GivesAnIgnoredModalityExactlyNothing) {
  // As one modality, a and b matter for nothing. Sums of thirds round.
  for (const std::size_t row_count : {3U, 7U, 50U}) {
    Columns own = random_columns(3, 6, 5);
    Columns reference = random_columns(3, row_count, 6);
    own[1] = own[0];
    reference[1] = reference[0];
    RemovalSet set(
        {.own = own, .reference = reference, .modalities = {{"pair", {{"a", {}}, {"b", {}}}}, {"rest", {{"c", {}}}}}});
    const Matrix values =
        values_of(set, [](const Numbers& row) { return Numbers{std::abs(row[0] - row[1]) + row[2] / 3.0}; },
                  {regression_target(6)});
    for (std::size_t example = 0; example < 6; ++example) {
      EXPECT_EQ(values(1, example), values(0, example)) << row_count;
      EXPECT_EQ(values(3, example), values(2, example)) << row_count;
      EXPECT_NE(values(3, example), values(1, example));
    }
  }
}

TEST(RemovalGame, MixesABackgroundWithBaselines) {
  const Columns own = random_columns(3, 4, 7);
  const Columns reference = random_columns(3, 5, 8);
  RemovalSet set({.own = own,
                  .reference = reference,
                  .removals = {{.type = RemovalType::kBackground},
                               {.type = RemovalType::kValue, .value = 0.25},
                               {.type = RemovalType::kZero}}});
  const Formula formula = [](const Numbers& row) { return Numbers{row[0] * row[1] + row[2] * row[2]}; };
  const Matrix values = values_of(set, formula, {regression_target(4)});
  for (std::size_t coalition = 0; coalition < 8; ++coalition) {
    for (std::size_t example = 0; example < 4; ++example) {
      double mean = 0.0;
      for (std::size_t draw = 0; draw < 5; ++draw) {
        mean +=
            formula({(coalition & 1) != 0 ? own[0][example] : reference[0][draw],
                     (coalition & 2) != 0 ? own[1][example] : 0.25, (coalition & 4) != 0 ? own[2][example] : 0.0})[0] /
            5.0;
      }
      EXPECT_NEAR(values(coalition, example), mean, 1e-12);
    }
  }
}

TEST(RemovalGame, CountsWhatItEvaluates) {
  RemovalSet set({.own = random_columns(2, 4, 7),
                  .reference = random_columns(2, 5, 8),
                  .removals = {{.type = RemovalType::kBackground}, {.type = RemovalType::kZero}}});
  const FakeModel model = model_of(2, [](const Numbers& row) { return Numbers{row[0] + row[1]}; });
  ModelEvaluator evaluator(model, set.dataset(), set.layout(), {.rows_per_call = 4});
  const auto rows = set.removal_rows(evaluator.modality_rows());
  EncodedRows encoded = evaluator.encode(*rows);
  CountingProgress progress;
  const std::vector<Target> targets = {regression_target(4)};
  RemovalGame game({.evaluator = evaluator,
                    .players = set.layout().modalities,
                    .removal = *rows,
                    .rows = encoded,
                    .targets = targets,
                    .progress = progress});
  EXPECT_EQ(game.example_count(), 4U);
  EXPECT_EQ(game.width(), 1U);
  const std::vector<Coalition> coalitions = set.coalitions();
  // Only where a is absent the background is needed.
  EXPECT_EQ(game.evaluation_count(std::span(coalitions).first(1)), 20U);
  EXPECT_EQ(game.evaluation_count(std::span(coalitions).subspan(1, 1)), 4U);
  EXPECT_EQ(game.evaluation_count(coalitions), 20U + 4U + 20U + 4U);
  game.evaluate(coalitions);
  EXPECT_EQ(progress.done, 48U);
  EXPECT_EQ(evaluator.evaluation_count(), 5U + 4U + 20U + 4U) << "without a and b, all examples are alike";
}

TEST(RemovalGame, LetsNotANumberVanishWithItsModality) {
  RemovalSet set({.own = {{std::numeric_limits<float>::quiet_NaN(), 1}, {2, 3}},
                  .removals = {{.type = RemovalType::kZero}, {.type = RemovalType::kZero}}});
  const FakeModel model = model_of(2, [](const Numbers& row) { return Numbers{row[0] + row[1]}; });
  ModelEvaluator evaluator(model, set.dataset(), set.layout(), {.rows_per_call = 4});
  const auto rows = set.removal_rows(evaluator.modality_rows());
  EncodedRows encoded = evaluator.encode(*rows);
  Progress progress;
  const std::vector<Target> targets = {regression_target(2)};
  RemovalGame game({.evaluator = evaluator,
                    .players = set.layout().modalities,
                    .removal = *rows,
                    .rows = encoded,
                    .targets = targets,
                    .progress = progress});
  const Coalition second = Coalition::single(2, 1);
  EXPECT_EQ(game.evaluate(std::span(&second, 1))(0, 0), 2.0);
  const Coalition first = Coalition::single(2, 0);
  EXPECT_EQ(thrown_message<ModelError>([&] { return game.evaluate(std::span(&first, 1)); }),
            "model.pt: output for example 0 with b removed: expected finite numbers, got nan; input 'a' of example 0 "
            "is not finite, " +
                option("skip_invalid") + " leaves such examples out");
}

TEST(RemovalGame, SumsManyDrawsPieceByPiece) {
  // More predictions than are held at once: 80 draws of 100 examples, 600 logits each.
  const Columns own = random_columns(2, 100, 9);
  const Columns reference = random_columns(2, 80, 10);
  RemovalSet set({.own = own, .reference = reference});
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) {
    const at::Tensor columns = at::arange(600, at::kDouble).unsqueeze(0) / 600.0;
    return inputs[0].to(at::kDouble) + (inputs[1].to(at::kDouble) - columns).abs();
  });
  ModelEvaluator evaluator(model, set.dataset(), set.layout(), {.rows_per_call = 64});
  Progress progress;
  const std::vector<Target> targets = {Target({.kind = OutputKind::kLogits,
                                               .output_width = 600,
                                               .value = ValueKind::kMargin,
                                               .classes = std::vector<std::uint32_t>(100, 300)})};
  const Matrix values = set.values(evaluator, targets, progress);
  const auto margin = [](const std::vector<float>& numbers) {
    Numbers mean(600, 0.0);
    for (const float number : numbers) {
      for (std::size_t place = 0; place < 600; ++place) {
        mean[place] += std::abs(number - static_cast<double>(place) / 600.0) / static_cast<double>(numbers.size());
      }
    }
    return mean[300] - std::max(mean.front(), mean.back());
  };
  // a cancels.
  EXPECT_NEAR(values(0, 3), margin(reference[1]), 1e-12);
  EXPECT_NEAR(values(1, 99), margin(reference[1]), 1e-12);
  EXPECT_NEAR(values(2, 99), margin({own[1][99]}), 1e-12);
}

}  // namespace
}  // namespace modattr::removal_game_test
