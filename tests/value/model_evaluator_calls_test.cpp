// How many rows the evaluator's calls have.

#include <chrono>
#include <thread>

#include <ATen/TensorOperators.h>

#include "evaluator_set.h"

namespace modattr::model_evaluator_calls_test {
namespace {

TEST_F(ModelEvaluatorTest, MakesTheSameCallsForEveryBatchSizeAndThreadCount) {
  // The output tells its place in the call, as floating-point kernels may.
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) {
    const at::Tensor rows = side_by_side(inputs);
    return at::sin(rows) + at::arange(rows.size(0), rows.options()).unsqueeze(1);
  });
  const Donors donors = draw_donors(3);
  const std::vector<Mix> mixes = {{Coalition::single(2, 0), donors}, {Coalition::single(2, 1), donors}, {full_, own_}};
  const Outputs expected = evaluate(model, mixes, {.rows_per_call = 5, .batch_size = 1, .thread_count = 1});
  for (const std::size_t batch_size : {1U, 5U, 6U, 12U, 1000U}) {
    for (const std::size_t thread_count : {1U, 2U, 7U}) {
      const EvaluatorOptions options = {.rows_per_call = 5, .batch_size = batch_size, .thread_count = thread_count};
      EXPECT_EQ(evaluate(model, mixes, options), expected) << batch_size << " " << thread_count;
    }
  }
}

TEST_F(ModelEvaluatorTest, GivesEveryCallTheSameNumberOfRows) {
  // 23 rows.
  EXPECT_EQ(rows_of_work(echo_, {.rows_per_call = 8, .batch_size = 8, .thread_count = 3}), CallSizes(3, 8));
}

TEST_F(ModelEvaluatorTest, TakesABatchSizeThatChangesNoByte) {
  EXPECT_EQ(rows_of_work(echo_, {.rows_per_call = 8, .batch_size = 20, .thread_count = 2}), CallSizes(2, 16))
      << "whole multiples";
  EXPECT_EQ(rows_of_work(echo_, {.rows_per_call = 8, .batch_size = 1}), CallSizes(3, 8));
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) {
    return side_by_side(inputs) + 1e-9 * static_cast<double>(inputs[0].size(0));
  });
  EXPECT_EQ(rows_of_work(model, {.rows_per_call = 8, .batch_size = 20}), CallSizes(3, 8));
}

TEST_F(ModelEvaluatorTest, LooksForFasterCallsInLongRuns) {
  for (const bool tells_place : {false, true}) {
    const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [&](Inputs inputs) {
      std::this_thread::sleep_for(std::chrono::microseconds(100));
      const at::Tensor rows = side_by_side(inputs);
      return tells_place ? rows + at::arange(rows.size(0), rows.options()).unsqueeze(1) : rows;
    });
    ModelEvaluator evaluator(model, *dataset_, layout_, {.rows_per_call = 1, .sharing = MixSharing::kNone});
    evaluate(evaluator, {{full_, own_}});
    EXPECT_EQ(evaluator.rows_per_call(), 1U) << "not worth it for 23 rows";
    std::vector<Donors> donors;
    for (std::uint32_t draw = 0; draw < 190; ++draw) donors.push_back(draw_donors(draw));
    std::vector<Mix> mixes;
    for (const Donors& each : donors) mixes.push_back({Coalition::single(2, 0), each});
    const Outputs outputs = evaluate(evaluator, mixes);
    EXPECT_EQ(evaluator.evaluation_count(), 191 * kExampleCount);
    EXPECT_EQ(outputs, echoes(mixes));
    EXPECT_EQ(evaluator.rows_per_call() > 1, !tells_place);
  }
}

TEST_F(ModelEvaluatorTest, FillsTheLastCallWithItsLastRow) {
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) {
    const at::Tensor first = inputs[0].select(1, 0);
    // 3 of the last 8 rows are fillings.
    const bool is_last = first[0].item<float>() == 2 * 16 + 0.5F;
    EXPECT_TRUE(!is_last || first[7].item<float>() == 2 * 22 + 0.5F);
    return first;
  });
  EXPECT_EQ(rows_of_work(model, {.rows_per_call = 8, .batch_size = 8}), CallSizes(3, 8));
}

}  // namespace
}  // namespace modattr::model_evaluator_calls_test
