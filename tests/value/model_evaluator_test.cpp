#include "modattr/value/model_evaluator.h"

#include <chrono>
#include <limits>
#include <numeric>
#include <thread>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "../support/array_writers.h"
#include "../support/temporary_folder.h"
#include "../support/thrown_message.h"
#include "fake_model.h"
#include "modattr/core/error.h"
#include "modattr/core/rng.h"

namespace modattr {
namespace {

using Inputs = std::span<const at::Tensor>;
using Donors = std::vector<std::uint32_t>;
/// [mixes][examples][outputs]
using Outputs = std::vector<std::vector<std::vector<double>>>;

constexpr std::size_t kExampleCount = 23;
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

/// Rows of two inputs side by side.
at::Tensor side_by_side(Inputs inputs) {
  return at::cat({inputs[0].to(at::kDouble), inputs[1].to(at::kDouble)}, 1);
}

Donors random_donors(std::uint32_t draw) {
  RandomStream stream = Rng(4).stream(RandomPurpose::kPermutation, 0, draw);
  Donors donors(kExampleCount);
  for (std::uint32_t& donor : donors) donor = stream.below(kExampleCount);
  return donors;
}

class ModelEvaluatorTest : public testing::Test {
 protected:
  ModelEvaluatorTest() {
    std::vector<float> floats(kExampleCount * 2);
    std::iota(floats.begin(), floats.end(), 0.5F);
    std::vector<std::int64_t> integers(kExampleCount * 3);
    std::iota(integers.begin(), integers.end(), 1000);
    std::vector<std::int64_t> ids(kExampleCount);
    std::iota(ids.begin(), ids.end(), 500);
    write_npz(folder_ / "val.npz", {TestArray::of<float>("a", {kExampleCount, 2}, floats),
                                    TestArray::of<std::int64_t>("b", {kExampleCount, 3}, integers),
                                    TestArray::of<std::int64_t>("id", {kExampleCount}, ids)});
    layout_ = make_input_layout(std::vector<ModalityInputs>{{"image", {{"a", {}}}}, {"text", {{"b", {}}}}});
    dataset_ = std::make_unique<Dataset>(DatasetOptions{.path = folder_ / "val.npz", .inputs = {"a", "b"}});
  }

  Outputs evaluate(const Model& model, const std::vector<Mix>& mixes, EvaluatorOptions options = {}) {
    ModelEvaluator evaluator(model, *dataset_, layout_, options);
    Outputs outputs(mixes.size(), std::vector<std::vector<double>>(kExampleCount));
    evaluator.evaluate(
        mixes,
        [&](std::size_t mix, std::size_t example, std::span<const double> output) {
          EXPECT_TRUE(outputs[mix][example].empty());
          outputs[mix][example].assign(output.begin(), output.end());
        },
        progress_);
    EXPECT_EQ(evaluator.evaluation_count(), mixes.size() * kExampleCount);
    return outputs;
  }

  std::string error_of(const Model& model, const Mix& mix, EvaluatorOptions options = {}) {
    return thrown_message<ModelError>([&] { return evaluate(model, {mix}, options); });
  }

  TemporaryFolder folder_;
  InputLayout layout_;
  std::unique_ptr<Dataset> dataset_;
  Progress progress_;
  FakeModel echo_{{{"a", "Tensor", false}, {"b", "Tensor", false}}, side_by_side};
  Donors own_ = [] {
    Donors donors(kExampleCount);
    std::iota(donors.begin(), donors.end(), 0U);
    return donors;
  }();
  Coalition full_ = Coalition::full(2);
};

TEST_F(ModelEvaluatorTest, TakesAbsentModalitiesFromTheDonor) {
  const Donors first = random_donors(1);
  const Donors second = random_donors(2);
  const std::vector<Mix> mixes = {
      {full_, first}, {Coalition::single(2, 0), first}, {Coalition::single(2, 1), second}, {Coalition(2), second}};
  const Outputs outputs = evaluate(echo_, mixes, {.rows_per_call = 4, .batch_size = 8, .thread_count = 2});
  for (std::size_t mix = 0; mix < mixes.size(); ++mix) {
    for (std::size_t example = 0; example < kExampleCount; ++example) {
      const auto row_of = [&](std::size_t modality) {
        return static_cast<double>(mixes[mix].present.contains(modality) ? example : mixes[mix].donors[example]);
      };
      const double a = 2.0 * row_of(0) + 0.5;
      const double b = 3.0 * row_of(1) + 1000.0;
      EXPECT_EQ(outputs[mix][example], (std::vector{a, a + 1, b, b + 1, b + 2})) << mix << " " << example;
    }
  }
  EXPECT_EQ(echo_.input_names(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(ModelEvaluatorTest, MakesTheSameCallsForEveryBatchSizeAndThreadCount) {
  // The output tells its place in the call, as floating-point kernels may.
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) {
    const at::Tensor rows = side_by_side(inputs);
    return at::sin(rows) + at::arange(rows.size(0), rows.options()).unsqueeze(1);
  });
  const Donors donors = random_donors(3);
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
  evaluate(echo_, {{full_, own_}, {Coalition(2), own_}}, {.rows_per_call = 8, .batch_size = 20, .thread_count = 3});
  // 46 rows in calls of 8.
  EXPECT_EQ(echo_.rows_of_calls(), std::vector<std::int64_t>(6, 8));
}

TEST_F(ModelEvaluatorTest, FillsTheLastCallWithItsLastRow) {
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) {
    const at::Tensor first = inputs[0].select(1, 0);
    // 3 of the last 8 rows are fillings.
    const bool is_last = first[0].item<float>() == 2 * 16 + 0.5F;
    EXPECT_TRUE(!is_last || first[7].item<float>() == 2 * 22 + 0.5F);
    return first;
  });
  evaluate(model, {{full_, own_}}, {.rows_per_call = 8});
  EXPECT_EQ(model.rows_of_calls().size(), 3U);
}

TEST_F(ModelEvaluatorTest, NamesTheExampleWhoseOutputIsNotFinite) {
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) {
    const at::Tensor first = inputs[0].select(1, 0).to(at::kDouble);
    return at::where(first > 20.0, at::full_like(first, kNotANumber), first);
  });
  EXPECT_EQ(error_of(model, {full_, own_}), "model.pt: output for example 510: expected finite numbers, got nan");
  Donors donors = own_;
  donors[3] = 20;
  EXPECT_EQ(error_of(model, {Coalition::single(2, 1), donors}),
            "model.pt: output for example 503 with image of example 520: expected finite numbers, got nan");
  EXPECT_EQ(error_of(model, {Coalition(2), donors}),
            "model.pt: output for example 503 with image and text of example 520: expected finite numbers, got nan");
}

TEST_F(ModelEvaluatorTest, ReportsTheFirstFailureWhicheverThreadMeetsIt) {
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) -> at::Tensor {
    const float first = inputs[0].select(1, 0)[0].item<float>();
    if (first < 10.0F) return inputs[0];
    // The earlier the failure the longer it takes.
    std::this_thread::sleep_for(std::chrono::microseconds(static_cast<int>(40.0F * (50.0F - first))));
    throw ModelError("row " + std::to_string(static_cast<int>(first / 2.0F)) + " failed");
  });
  for (int trial = 0; trial < 100; ++trial) {
    ASSERT_EQ(error_of(model, {full_, own_}, {.rows_per_call = 1, .batch_size = 1, .thread_count = 6}), "row 5 failed");
  }
}

TEST_F(ModelEvaluatorTest, StopsWhenTheUserInterrupts) {
  class Impatient final : public Progress {
   public:
    void advance(std::size_t) override { throw Interrupted("interrupted"); }
  } impatient;
  ModelEvaluator evaluator(echo_, *dataset_, layout_, {.rows_per_call = 2, .batch_size = 2, .thread_count = 1});
  const std::vector<Mix> mixes = {{full_, own_}};
  EXPECT_THROW(evaluator.evaluate(
                   mixes, [](auto, auto, auto) {}, impatient),
               Interrupted);
  EXPECT_EQ(echo_.rows_of_calls().size(), 1U);
}

TEST_F(ModelEvaluatorTest, TellsProgressEveryRow) {
  class Counting final : public Progress {
   public:
    void begin(std::string_view, std::size_t evaluation_count) override { announced += evaluation_count; }
    void advance(std::size_t evaluation_count) override { done += evaluation_count; }
    std::size_t announced = 0;
    std::size_t done = 0;
  } counting;
  ModelEvaluator evaluator(echo_, *dataset_, layout_, {.rows_per_call = 4, .batch_size = 4, .thread_count = 3});
  EXPECT_EQ(evaluator.finite_examples(counting).size(), kExampleCount);
  EXPECT_EQ(counting.announced, kExampleCount);
  EXPECT_EQ(counting.done, kExampleCount);
}

TEST_F(ModelEvaluatorTest, ListsTheExamplesWithFiniteOutput) {
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) {
    const at::Tensor example = (inputs[0].select(1, 0).to(at::kDouble) - 0.5) / 2.0;
    return at::where(at::remainder(example, 3.0) == 1.0, at::full_like(example, 1.0 / 0.0), example);
  });
  ModelEvaluator evaluator(model, *dataset_, layout_, {.rows_per_call = 4, .batch_size = 4, .thread_count = 2});
  std::vector<std::uint32_t> expected;
  for (std::uint32_t example = 0; example < kExampleCount; ++example) {
    if (example % 3 != 1) expected.push_back(example);
  }
  EXPECT_EQ(evaluator.finite_examples(progress_), expected);
}

TEST_F(ModelEvaluatorTest, KnowsTheWidthOfTheOutput) {
  ModelEvaluator evaluator(echo_, *dataset_, layout_, {.rows_per_call = 64});
  EXPECT_EQ(evaluator.output_width(), 5U);
  EXPECT_EQ(echo_.rows_of_calls(), std::vector<std::int64_t>{64});
}

TEST_F(ModelEvaluatorTest, RefusesAnOutputWhoseWidthChanges) {
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) {
    return inputs[0].select(1, 0)[0].item<float>() < 10.0F ? inputs[0] : inputs[1];
  });
  ModelEvaluator evaluator(model, *dataset_, layout_, {.rows_per_call = 4});
  EXPECT_EQ(evaluator.output_width(), 2U);
  const std::vector<Mix> mixes = {{full_, own_}};
  EXPECT_EQ(thrown_message<ModelError>([&] {
              evaluator.evaluate(
                  mixes, [](auto, auto, auto) {}, progress_);
              return 0;
            }),
            "model.pt: output: expected rows of 2 like those before, got 3");
}

TEST_F(ModelEvaluatorTest, MovesTheColumnsOfAModality) {
  const auto columns = [](const char* text) { return parse_input_reference(text).value(); };
  layout_ = make_input_layout(
      std::vector<ModalityInputs>{{"image", {columns("b[0]"), columns("a[1]")}}, {"text", {columns("b[2]")}}});
  dataset_ = std::make_unique<Dataset>(DatasetOptions{.path = folder_ / "val.npz", .inputs = layout_.input_names()});
  const FakeModel model({{"b", "Tensor", false}, {"a", "Tensor", false}}, side_by_side);
  const Donors donors = random_donors(5);
  const Outputs outputs = evaluate(model, {{Coalition::single(2, 1), donors}}, {.rows_per_call = 4});
  for (std::size_t example = 0; example < kExampleCount; ++example) {
    const double own_b = 3.0 * static_cast<double>(example) + 1000.0;
    const double own_a = 2.0 * static_cast<double>(example) + 0.5;
    const double donor_b = 3.0 * donors[example] + 1000.0;
    const double donor_a = 2.0 * donors[example] + 0.5;
    // Columns that no modality names stay the example's own, as does text.
    EXPECT_EQ(outputs[0][example], (std::vector{donor_b, own_b + 1, own_b + 2, own_a, donor_a + 1}));
  }
}

}  // namespace
}  // namespace modattr
