#include "modattr/value/model_evaluator.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <thread>

#include <ATen/TensorOperators.h>

#include "evaluator_set.h"
#include "modattr/data/array_file.h"
#include "modattr/data/raw/decoded_rows.h"
#include "modattr/model/torchscript_model.h"
#include "modattr/stats/masked_logit.h"
#include "support/counting_progress.h"
#include "support/torchscript_models.h"

namespace modattr::model_evaluator_test {
namespace {

TEST_F(ModelEvaluatorTest, TakesAbsentModalitiesFromTheDonor) {
  const Donors first = draw_donors(1);
  const Donors second = draw_donors(2);
  const std::vector<Mix> mixes = {
      {full_, first}, {Coalition::single(2, 0), first}, {Coalition::single(2, 1), second}, {Coalition(2), second}};
  const EvaluatorOptions options = {.rows_per_call = 4, .batch_size = 8, .thread_count = 2};
  EXPECT_EQ(evaluate(echo_, mixes, options), echoes(mixes));
  EXPECT_EQ(echo_.input_names(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(ModelEvaluatorTest, EvaluatesEqualMixesOnce) {
  const Donors first = draw_donors(1);
  const std::vector<Mix> mixes = {
      {full_, own_},        {Coalition::single(2, 0), first}, {full_, first},
      {Coalition(2), own_}, {Coalition::single(2, 0), first}, {Coalition::single(2, 1), first}};
  for (const std::size_t thread_count : {1U, 3U}) {
    EXPECT_EQ(evaluate(echo_, mixes, {.rows_per_call = 4, .batch_size = 4, .thread_count = thread_count}),
              echoes(mixes));
  }
}

TEST_F(ModelEvaluatorTest, RemembersMixesFromOneEvaluationToTheNext) {
  ModelEvaluator evaluator(echo_, *dataset_, layout_, {.rows_per_call = 4, .batch_size = 4, .thread_count = 2});
  const Donors first = draw_donors(1);
  const std::vector<Mix> mixes = {{Coalition::single(2, 0), first}, {full_, own_}};
  evaluate(evaluator, mixes);
  const std::size_t count = evaluator.evaluation_count();
  EXPECT_GT(count, kExampleCount);
  EXPECT_EQ(evaluate(evaluator, mixes), echoes(mixes));
  EXPECT_EQ(evaluator.evaluation_count(), count);
  // Another view of the same pairs, and new ones.
  const Donors second = draw_donors(2);
  const std::vector<Mix> others = {{full_, second}, {Coalition::single(2, 1), second}, mixes.front()};
  EXPECT_EQ(evaluate(evaluator, others), echoes(others));
  EXPECT_LE(evaluator.evaluation_count(), count + kExampleCount);
  EXPECT_GT(evaluator.evaluation_count(), count);
}

TEST_F(ModelEvaluatorTest, IsRightAfterAnEvaluationThatFailed) {
  for (const bool throws : {false, true}) {
    std::atomic<bool> broken = false;
    const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [&](Inputs inputs) {
      at::Tensor rows = side_by_side(inputs);
      if (!broken) return rows;
      const at::Tensor late = rows.select(1, 0) > 20.0;
      if (throws && late.any().item<bool>()) throw ModelError("broken");
      rows.select(1, 1).masked_fill_(late, kNotANumber);
      return rows;
    });
    ModelEvaluator evaluator(model, *dataset_, layout_, {.rows_per_call = 4, .batch_size = 4, .thread_count = 2});
    const Donors donors = draw_donors(1);
    const std::vector<Mix> mixes = {{full_, own_}, {Coalition::single(2, 0), donors}};
    evaluate(evaluator, {mixes.front()});
    broken = true;
    EXPECT_THROW(evaluate(evaluator, mixes), ModelError);
    broken = false;
    EXPECT_EQ(evaluate(evaluator, mixes), echoes(mixes));
  }
}

TEST_F(ModelEvaluatorTest, ForgetsTheExamples) {
  ModelEvaluator evaluator(echo_, *dataset_, layout_, {.rows_per_call = 4, .batch_size = 4});
  EXPECT_EQ(evaluate(evaluator, {{full_, own_}}), echoes({{full_, own_}}));
  EXPECT_EQ(evaluator.modality_rows().modality(0).example_of.size(), kExampleCount);
  const Donors kept = {20, 3, 7, 11, 2};
  dataset_->keep(kept);
  evaluator.forget_examples();
  EXPECT_EQ(evaluator.modality_rows().modality(0).example_of.size(), kept.size());
  const Donors donors = {4, 4, 0, 1, 2};
  const Outputs outputs = evaluate(evaluator, {{Coalition::single(2, 0), donors}});
  ASSERT_EQ(outputs.front().size(), kept.size());
  for (std::size_t example = 0; example < kept.size(); ++example) {
    EXPECT_EQ(outputs[0][example].front(), 2.0 * kept[example] + 0.5);
    EXPECT_EQ(outputs[0][example].back(), 3.0 * kept[donors[example]] + 1002.0);
  }
}

TEST_F(ModelEvaluatorTest, RunsAllRowsOfAList) {
  ModelEvaluator evaluator(echo_, *dataset_, layout_, {.rows_per_call = 4, .batch_size = 4, .thread_count = 2});
  // Rows 0 ... 9 of the work; the last two are equal.
  const auto source = [](std::size_t index, std::size_t modality) {
    return static_cast<std::uint32_t>(index == 9 ? 8 * (modality + 1) : index * (modality + 1));
  };
  std::vector<std::vector<double>> outputs(10);
  const auto write = [&](std::size_t index, MixedRows& rows, std::size_t row) {
    rows.own[row] = static_cast<std::uint32_t>(index);
    for (const std::size_t modality : {0U, 1U}) rows.by_modality[modality][row] = source(index, modality);
  };
  const auto receive = [&](std::size_t index, std::span<const double> output) {
    EXPECT_TRUE(outputs[index].empty());
    outputs[index].assign(output.begin(), output.end());
  };
  evaluator.evaluate_rows({.row_count = 10, .write = write, .receive = receive}, progress_);
  EXPECT_EQ(evaluator.evaluation_count(), 10U);
  for (std::size_t index = 0; index < 10; ++index) {
    EXPECT_EQ(outputs[index].front(), 2.0 * source(index, 0) + 0.5);
    EXPECT_EQ(outputs[index].back(), 3.0 * source(index, 1) + 1002.0);
  }
}

TEST(ModelEvaluator, PlansLargeSetsPieceByPiece) {
  // So many possible mixes that none is remembered, and more places than one plan holds.
  constexpr std::size_t kCount = 2100;
  constexpr std::size_t kMixCount = 40;
  std::vector<std::int64_t> numbers(kCount);
  std::iota(numbers.begin(), numbers.end(), 0);
  const NumberSet set({numbers, numbers});
  const FakeModel model({}, [](Inputs inputs) { return inputs[0] * 10000 + inputs[1]; });
  ModelEvaluator evaluator(model, set.dataset(), set.layout(), {.rows_per_call = 512, .thread_count = 2});
  std::vector<Donors> donors;
  for (std::uint32_t mix = 0; mix < kMixCount; ++mix) donors.push_back(random_donors(kCount, mix / 2));
  std::vector<Mix> mixes;
  for (const Donors& each : donors) mixes.push_back({Coalition::single(2, 0), each});
  Progress progress;
  std::vector<std::atomic<int>> received(kMixCount * kCount);
  for (int round = 1; round <= 2; ++round) {
    evaluator.evaluate(
        mixes,
        [&](std::size_t mix, std::size_t example, std::span<const double> output) {
          ++received[mix * kCount + example];
          ASSERT_EQ(output.front(), 10000.0 * static_cast<double>(example) + donors[mix][example]);
        },
        progress);
    for (const std::atomic<int>& times : received) ASSERT_EQ(times, round);
    // 20 mixes come twice, side by side, so most of them fall into the same plan.
    EXPECT_LE(evaluator.evaluation_count(), static_cast<std::size_t>(round) * (kMixCount / 2 + 1) * kCount);
    EXPECT_GT(evaluator.evaluation_count(), static_cast<std::size_t>(round) * (kMixCount / 2 - 1) * kCount);
  }
}

TEST_F(ModelEvaluatorTest, AnswersTheSameOnceTheModelIsSplit) {
  save_model(folder_ / "model.pt",
             "def forward(self, a, b): return torch.relu(a - 20.0) * torch.tanh(b.float()[:, :2] - 1030.0)");
  const std::unique_ptr<Model> model = load_torchscript_model({.path = folder_ / "model.pt", .device = "cpu"});
  const Donors donors = draw_donors(6);
  const std::vector<Mix> mixes = {{Coalition::single(2, 0), donors}, {full_, own_}};
  const Outputs expected = evaluate(*model, mixes, {.rows_per_call = 4});
  for (const std::size_t cache_bytes : {0U, 100U, 100000U}) {
    ModelEvaluator evaluator(*model, *dataset_, layout_, {.rows_per_call = 4, .thread_count = 2});
    EXPECT_EQ(evaluate(evaluator, mixes), expected);
    const std::size_t count = evaluator.evaluation_count();
    EXPECT_EQ(evaluator.use_split(cache_bytes, progress_), "");
    ASSERT_NE(evaluator.split_model(), nullptr);
    EXPECT_EQ(evaluator.encoding_cache()->is_complete(), cache_bytes > 1000);
    EXPECT_EQ(evaluate(evaluator, mixes), expected);
    EXPECT_EQ(evaluator.evaluation_count(), 2 * count) << "what the whole model said is forgotten";
    evaluator.forget_examples();
    EXPECT_EQ(evaluator.split_model(), nullptr);
    EXPECT_EQ(evaluate(evaluator, mixes), expected);
  }
}

TEST_F(ModelEvaluatorTest, DecodesTheFilesThatASplitIsTriedOnByAllThreads) {
  save_model(folder_ / "model.pt",
             "def forward(self, a, b): return torch.relu(a - 20.0) * torch.tanh(b.float()[:, :2] - 1030.0)");
  const std::unique_ptr<Model> model = load_torchscript_model({.path = folder_ / "model.pt", .device = "cpu"});
  auto source = std::make_shared<DataSource>();
  source->arrays = open_array_file(folder_ / "val.npz");
  std::mutex mutex;
  std::set<std::thread::id> threads;
  Array& decoded = *std::ranges::find(source->arrays, "a", &Array::name);
  decoded = decoded_array("a", decoded.dtype, decoded.shape,
                          [&, stored = decoded](std::size_t row, std::span<std::byte> destination) {
                            std::this_thread::sleep_for(std::chrono::milliseconds(3));
                            stored.storage->copy(stored.storage_offset() + row * stored.row_bytes(), destination);
                            const std::lock_guard lock(mutex);
                            threads.insert(std::this_thread::get_id());
                          });
  const Dataset dataset({.path = folder_ / "val.npz", .inputs = {"a", "b"}, .source = source});
  ModelEvaluator evaluator(*model, dataset, layout_, {.rows_per_call = 4, .thread_count = 2});
  EXPECT_EQ(evaluator.use_split(0, progress_), "");
  EXPECT_EQ(threads.size(), 2U);
}

TEST_F(ModelEvaluatorTest, TakesMaskedLogitsBesideFiniteOnes) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto answering = [](const std::vector<double>& row) {
    return FakeModel({{"a", "Tensor", false}, {"b", "Tensor", false}}, [row](Inputs inputs) {
      return at::tensor(row, at::kDouble).unsqueeze(0).repeat({inputs[0].size(0), 1});
    });
  };
  const EvaluatorOptions masked{.masked_logits = MaskedLogits::kAllowed};
  EXPECT_EQ(error_of(answering({1, -kInfinity}), {full_, own_}, masked), "nothing was thrown");
  EXPECT_TRUE(mentions(error_of(answering({1, -kInfinity}), {full_, own_}), {"expected finite numbers, got -inf"}));
  EXPECT_TRUE(mentions(error_of(answering({-kInfinity, -kInfinity}), {full_, own_}, masked), {"got -inf"}));
  EXPECT_TRUE(mentions(error_of(answering({1, -kInfinity, kInfinity}), {full_, own_}, masked), {"got inf"}));
  EXPECT_TRUE(mentions(error_of(answering({1, -kInfinity, kNotANumber}), {full_, own_}, masked), {"got nan"}));
  const FakeModel model = answering({1, -kInfinity});
  ModelEvaluator evaluator(model, *dataset_, layout_, masked);
  EXPECT_EQ(evaluator.finite_examples(progress_).size(), kExampleCount);
  const auto is_first = [](std::size_t example, std::span<const double>) { return example == 0; };
  EXPECT_EQ(evaluator.finite_examples(progress_, is_first), std::vector<std::uint32_t>{0});
}

TEST_F(ModelEvaluatorTest, NamesTheExampleThatAMaskedLogitIsOf) {
  ModelEvaluator evaluator(echo_, *dataset_, layout_, {});
  const std::vector<Mix> mixes = {{full_, own_}};
  const auto refuse = [](std::size_t, std::size_t example, std::span<const double>) {
    if (example == 3) throw_masked(2, "value 'logit'", "value probability");
  };
  EXPECT_EQ(thrown_message<MaskedLogitError>([&] { evaluator.evaluate(mixes, refuse, progress_); }),
            "model.pt: output for example 503: value 'logit': expected a finite logit of class 2, got -inf; use value "
            "probability");
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
  evaluator.output_width();
  evaluator.rows_per_call();
  const std::size_t call_count = echo_.rows_of_calls().size();
  const std::vector<Mix> mixes = {{full_, own_}};
  EXPECT_THROW(evaluator.evaluate(
                   mixes, [](auto, auto, auto) {}, impatient),
               Interrupted);
  // One that is interrupted and one that was read ahead.
  EXPECT_LE(echo_.rows_of_calls().size(), call_count + 2);
}

TEST_F(ModelEvaluatorTest, TellsProgressEveryRow) {
  CountingProgress counting;
  ModelEvaluator evaluator(echo_, *dataset_, layout_, {.rows_per_call = 4, .batch_size = 4, .thread_count = 3});
  EXPECT_EQ(evaluator.finite_examples(counting).size(), kExampleCount);
  EXPECT_EQ(counting.announced, kExampleCount);
  EXPECT_EQ(counting.done, kExampleCount);
  const std::vector<Mix> mixes = {{full_, own_}, {Coalition(2), own_}, {Coalition::single(2, 0), own_}};
  for (const std::size_t round : {1U, 2U}) {
    evaluator.evaluate(
        mixes, [](auto, auto, auto) {}, counting);
    EXPECT_EQ(counting.done, (1 + 3 * round) * kExampleCount) << "equal mixes count, too, and known ones";
  }
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
  EXPECT_THROW(evaluate(evaluator, {{full_, own_}}), ModelError) << "what was checked is not known for good";
}

TEST_F(ModelEvaluatorTest, KnowsTheWidthOfTheOutput) {
  ModelEvaluator evaluator(echo_, *dataset_, layout_, {.rows_per_call = 64});
  EXPECT_EQ(evaluator.output_width(), 5U);
  EXPECT_EQ(evaluator.output_width(), 5U);
  EXPECT_EQ(echo_.rows_of_calls().size(), 1U);
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
  const Donors donors = draw_donors(5);
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
}  // namespace modattr::model_evaluator_test
