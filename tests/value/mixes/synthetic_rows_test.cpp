#include "modattr/value/mixes/synthetic_rows.h"

#include <stdexcept>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/model/torchscript_model.h"
#include "modattr/value/mixes/mixed_rows.h"
#include "modattr/value/model_evaluator.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"
#include "support/torchscript_models.h"
#include "value/fake_model.h"
#include "value/fake_synthetic_rows.h"
#include "value/number_set.h"

// Rows that no example has, on their way into the model.

namespace modattr::synthetic_rows_test {
namespace {

using Inputs = std::span<const at::Tensor>;
using Rows = std::vector<std::uint32_t>;
/// [mixes][examples]
using Outputs = std::vector<std::vector<double>>;

constexpr std::uint32_t kCount = 9;

/// Examples i with a = i and b = 100 i; synthetic row m has a = -1 - m and b = -100 (m + 1).
class SyntheticRowsTest : public testing::Test {
 protected:
  SyntheticRowsTest() {
    std::vector<float> a;
    std::vector<float> b;
    for (std::uint32_t example = 0; example < kCount; ++example) {
      a.push_back(static_cast<float>(example));
      b.push_back(100.0F * static_cast<float>(example));
    }
    write_npz(folder_ / "val.npz",
              {TestArray::of<float>("a", {kCount, 1}, a), TestArray::of<float>("b", {kCount, 1}, b)});
    dataset_ = std::make_unique<Dataset>(DatasetOptions{.path = folder_ / "val.npz", .inputs = {"a", "b"}});
  }

  static double number(std::size_t modality, std::uint32_t row) {
    const double factor = modality == 0 ? 1.0 : 100.0;
    return row < kCount ? factor * row : -factor * (row - kCount + 1);
  }

  Outputs evaluate(ModelEvaluator& evaluator, EncodedRows& rows, const std::vector<Mix>& mixes) {
    Outputs outputs(mixes.size(), std::vector<double>(kCount));
    Progress progress;
    evaluator.evaluate(
        mixes, rows,
        [&](std::size_t mix, std::size_t example, std::span<const double> output) {
          outputs[mix][example] = output.front();
        },
        progress);
    return outputs;
  }

  /// 3 a + b, as `mixes` say.
  static Outputs expected(const std::vector<Mix>& mixes) {
    Outputs outputs(mixes.size());
    for (std::size_t mix = 0; mix < mixes.size(); ++mix) {
      for (std::uint32_t example = 0; example < kCount; ++example) {
        const auto row = [&](std::size_t modality) {
          return mixes[mix].present.contains(modality) ? example : mixes[mix].baselines[modality][example];
        };
        outputs[mix].push_back(3.0 * number(0, row(0)) + number(1, row(1)));
      }
    }
    return outputs;
  }

  TemporaryFolder folder_;
  InputLayout layout_ = make_input_layout(std::vector<ModalityInputs>{{"first", {{"a", {}}}}, {"second", {{"b", {}}}}});
  std::unique_ptr<Dataset> dataset_;
  FakeSyntheticRows synthetic_{{3, 2},
                               [](std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) {
                                 EXPECT_EQ(input, modality);
                                 std::vector<float> numbers;
                                 for (const std::uint32_t row : rows) {
                                   EXPECT_LT(row, modality == 0 ? 3U : 2U);
                                   numbers.push_back(static_cast<float>(number(modality, kCount + row)));
                                 }
                                 return at::tensor(numbers).reshape({-1, 1});
                               }};
  FakeModel model_{{{"a", "Tensor", false}, {"b", "Tensor", false}},
                   [](Inputs inputs) { return inputs[0].to(at::kDouble) * 3.0 + inputs[1]; }};
  /// Example rows and synthetic rows side by side.
  Rows first_ = {9, 3, 10, 11, 9, 0, 1, 11, 10};
  Rows second_ = {10, 9, 8, 7, 10, 10, 0, 9, 9};
  std::vector<std::span<const std::uint32_t>> baselines_ = {first_, second_};
  std::vector<Mix> mixes_ = {{Coalition(2), {}, baselines_},
                             {Coalition::single(2, 0), {}, baselines_},
                             {Coalition::single(2, 1), {}, baselines_},
                             {Coalition::full(2), {}, baselines_}};
};

TEST_F(SyntheticRowsTest, AreGatheredBesideExamples) {
  MixedRows rows(2, 4);
  rows.own = {0, 1, 2, 3};
  rows.by_modality = {{9, 1, 11, 3}, {0, 10, 2, 3}};
  const auto gather = [&](std::size_t input) { return gather_input(*dataset_, layout_, input, rows, &synthetic_); };
  EXPECT_TRUE(gather(0).equal(at::tensor(std::vector<float>{-1, 1, -3, 3}).reshape({4, 1})));
  EXPECT_TRUE(gather(1).equal(at::tensor(std::vector<float>{0, -200, 200, 300}).reshape({4, 1})));
  rows.by_modality = {{9, 9, 10, 11}, {0, 1, 2, 3}};
  EXPECT_TRUE(gather(0).equal(at::tensor(std::vector<float>{-1, -1, -2, -3}).reshape({4, 1}))) << "synthetic ones only";
  EXPECT_TRUE(gather(1).equal(at::tensor(std::vector<float>{0, 100, 200, 300}).reshape({4, 1}))) << "examples only";
}

TEST_F(SyntheticRowsTest, ReachTheWholeModel) {
  for (const std::size_t thread_count : {1U, 3U}) {
    ModelEvaluator evaluator(model_, *dataset_, layout_, {.rows_per_call = 4, .thread_count = thread_count});
    EncodedRows rows = evaluator.encode(synthetic_);
    EXPECT_EQ(evaluate(evaluator, rows, mixes_), expected(mixes_));
    const std::size_t count = evaluator.evaluation_count();
    EXPECT_EQ(evaluate(evaluator, rows, mixes_), expected(mixes_));
    EXPECT_EQ(evaluator.evaluation_count(), count) << "known";
    EXPECT_LE(evaluator.evaluation_count(), 4 * kCount);
  }
}

TEST_F(SyntheticRowsTest, AreEvaluatedOnceWhereMixesAreEqual) {
  ModelEvaluator evaluator(model_, *dataset_, layout_, {.rows_per_call = 4});
  EncodedRows rows = evaluator.encode(synthetic_);
  const Rows constant(kCount, kCount + 1);
  const std::vector<std::span<const std::uint32_t>> both = {constant, constant};
  const std::vector<Mix> mixes = {{Coalition(2), {}, both}, {Coalition::single(2, 0), {}, both}};
  EXPECT_EQ(evaluate(evaluator, rows, mixes), expected(mixes));
  EXPECT_EQ(evaluator.evaluation_count(), 1U + kCount);
}

TEST_F(SyntheticRowsTest, ReachTheFusionOfASplitModel) {
  save_model(folder_ / "model.pt",
             "def forward(self, a, b): return torch.relu(a + 50.0) * 3.0 + torch.relu(b + 5000.0)");
  const std::unique_ptr<Model> model = load_torchscript_model({.path = folder_ / "model.pt", .device = "cpu"});
  Outputs shifted = expected(mixes_);
  for (std::vector<double>& outputs : shifted) {
    for (double& output : outputs) output += 5150.0;
  }
  for (const std::size_t cache_bytes : {0U, 20U, 100000U}) {
    for (const std::size_t thread_count : {1U, 3U}) {
      ModelEvaluator evaluator(*model, *dataset_, layout_, {.rows_per_call = 4, .thread_count = thread_count});
      Progress progress;
      ASSERT_EQ(evaluator.use_split(cache_bytes, progress), "");
      const std::size_t encoded_count = evaluator.encoding_cache()->encoded_row_count();
      EncodedRows rows = evaluator.encode(synthetic_);
      EXPECT_EQ(evaluator.encoding_cache()->encoded_row_count(), encoded_count + 5) << "encoded at once";
      EXPECT_EQ(evaluate(evaluator, rows, mixes_), shifted) << cache_bytes;
    }
  }
}

TEST_F(SyntheticRowsTest, AreEncodedAnewForAnotherSplit) {
  save_model(folder_ / "model.pt",
             "def forward(self, a, b): return torch.relu(a + 50.0) * 3.0 + torch.relu(b + 5000.0)");
  const std::unique_ptr<Model> model = load_torchscript_model({.path = folder_ / "model.pt", .device = "cpu"});
  ModelEvaluator evaluator(*model, *dataset_, layout_, {.rows_per_call = 4});
  EncodedRows of_whole_model = evaluator.encode(synthetic_);
  const Outputs whole = evaluate(evaluator, of_whole_model, mixes_);
  Progress progress;
  ASSERT_EQ(evaluator.use_split(100000, progress), "");
  EXPECT_THROW(evaluate(evaluator, of_whole_model, mixes_), std::logic_error);
  EncodedRows of_split = evaluator.encode(synthetic_);
  EXPECT_EQ(evaluate(evaluator, of_split, mixes_), whole);
  ASSERT_EQ(evaluator.use_split(100000, progress), "");
  EXPECT_THROW(evaluate(evaluator, of_split, mixes_), std::logic_error) << "split again";
  EXPECT_THROW(evaluator.encode(synthetic_, &of_split), std::logic_error);
  EXPECT_THROW(evaluator.encodings(0, first_, of_split), std::logic_error);
  EncodedRows of_next_split = evaluator.encode(synthetic_);
  EXPECT_EQ(evaluate(evaluator, of_next_split, mixes_), whole);
  evaluator.forget_split();
  EXPECT_THROW(evaluate(evaluator, of_next_split, mixes_), std::logic_error) << "runs whole";
  EncodedRows of_examples = evaluator.encode(synthetic_);
  evaluator.forget_examples();
  EXPECT_THROW(evaluate(evaluator, of_examples, mixes_), std::logic_error) << "other examples";
  ModelEvaluator other(*model, *dataset_, layout_, {.rows_per_call = 4});
  EncodedRows of_other = other.encode(synthetic_);
  EXPECT_THROW(evaluate(evaluator, of_other, mixes_), std::logic_error) << "another evaluator";
}

TEST_F(SyntheticRowsTest, MayBeginWithRowsThatAreEncodedAlready) {
  save_model(folder_ / "model.pt",
             "def forward(self, a, b): return torch.relu(a + 50.0) * 3.0 + torch.relu(b + 5000.0)");
  const std::unique_ptr<Model> model = load_torchscript_model({.path = folder_ / "model.pt", .device = "cpu"});
  ModelEvaluator evaluator(*model, *dataset_, layout_, {.rows_per_call = 4});
  Progress progress;
  ASSERT_EQ(evaluator.use_split(100000, progress), "");
  EncodedRows all = evaluator.encode(synthetic_);
  const Outputs expected = evaluate(evaluator, all, mixes_);
  const FakeSyntheticRows fewer({2, 1},
                                [&](std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) {
                                  return synthetic_.gather(input, modality, rows);
                                });
  const EncodedRows known = evaluator.encode(fewer);
  std::size_t heard_count = 0;
  const std::size_t encoded_count = evaluator.encoding_cache()->encoded_row_count();
  EncodedRows rows = evaluator.encode(synthetic_, &known, [&](std::size_t count) { heard_count += count; });
  EXPECT_EQ(evaluator.encoding_cache()->encoded_row_count(), encoded_count + 2);
  EXPECT_EQ(heard_count, 2U);
  EXPECT_EQ(evaluate(evaluator, rows, mixes_), expected);
}

TEST_F(SyntheticRowsTest, OfOneNumberAreTakenFromTheCallsOwnRows) {
  ModelEvaluator evaluator(model_, *dataset_, layout_, {.rows_per_call = 4});
  EncodedRows rows = evaluator.encode(synthetic_);
  const FakeSyntheticRows others({3, 2}, [](std::size_t, std::size_t, std::span<const std::uint32_t> numbers) {
    return at::full({static_cast<std::int64_t>(numbers.size()), 1}, 7.0F);
  });
  EncodedRows other_rows = evaluator.encode(others);
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_EQ(evaluate(evaluator, rows, mixes_), expected(mixes_));
    const Outputs outputs = evaluate(evaluator, other_rows, mixes_);
    EXPECT_EQ(outputs[0][0], 3.0 * 7.0 + 7.0);
    EXPECT_EQ(outputs[2][0], 3.0 * 7.0 + 0.0);
  }
}

TEST_F(SyntheticRowsTest, AreNamedWhereTheOutputIsNotFinite) {
  const FakeModel model({{"a", "Tensor", false}, {"b", "Tensor", false}}, [](Inputs inputs) {
    const at::Tensor sum = inputs[0].to(at::kDouble) + inputs[1];
    return at::where(sum < 0.0, at::full_like(sum, 1.0 / 0.0), sum);
  });
  ModelEvaluator evaluator(model, *dataset_, layout_, {.rows_per_call = 4});
  EncodedRows encoded = evaluator.encode(synthetic_);
  const auto message = [&](std::size_t mix) {
    return thrown_message<ModelError>([&] { return evaluate(evaluator, encoded, {mixes_[mix]}); });
  };
  EXPECT_EQ(message(0),
            "model.pt: output for example 0 with first and second removed: expected finite numbers, got inf");
  EXPECT_EQ(message(1), "model.pt: output for example 0 with second removed: expected finite numbers, got inf");
  const Rows donors = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  const Rows synthetic(kCount, kCount);
  const std::vector<std::span<const std::uint32_t>> both = {donors, synthetic};
  EXPECT_EQ(
      thrown_message<ModelError>([&] {
        return evaluate(evaluator, encoded, {{Coalition(2), {}, both}});
      }),
      "model.pt: output for example 0 with first of example 1 and second removed: expected finite numbers, got inf");
}

TEST(SyntheticRows, FillTheColumnsOfTheirModality) {
  const TemporaryFolder folder;
  write_npz(folder / "val.npz", {TestArray::of<std::int64_t>("x", {2, 3}, {0, 1, 2, 10, 11, 12})});
  const auto part = [](const char* text) { return parse_input_reference(text).value(); };
  const InputLayout layout =
      make_input_layout(std::vector<ModalityInputs>{{"first", {part("x[0]")}}, {"second", {part("x[1]")}}});
  const Dataset dataset({.path = folder / "val.npz", .inputs = {"x"}});
  const FakeSyntheticRows synthetic({1, 2}, [](std::size_t, std::size_t modality, std::span<const std::uint32_t> rows) {
    std::vector<at::Tensor> tensors;
    for (const std::uint32_t row : rows) {
      tensors.push_back(at::full({3}, -10 * (static_cast<std::int64_t>(modality) + 1) - row, at::kLong));
    }
    return at::stack(tensors);
  });
  MixedRows rows(2, 3);
  rows.own = {0, 1, 1};
  rows.by_modality = {{2, 1, 0}, {3, 2, 1}};
  const std::vector<std::int64_t> expected = {-10, -21, 2, 10, -20, 12, 0, 11, 12};
  EXPECT_TRUE(
      gather_input(dataset, layout, 0, rows, &synthetic).equal(at::tensor(expected, at::kLong).reshape({3, 3})));
}

TEST(RowOrigins, KeepThePlacesOfExamplesAndSyntheticRows) {
  const Rows rows = {4, 1, 7, 0, 4};
  const RowOrigins origins(rows, 4);
  EXPECT_EQ(origins.examples, (Rows{1, 0}));
  EXPECT_EQ(origins.example_places, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(origins.synthetic, (Rows{0, 3, 0}));
  EXPECT_EQ(origins.synthetic_places, (std::vector<std::int64_t>{0, 2, 4}));
  const at::Tensor merged = merge_rows(origins, at::tensor(std::vector<std::int64_t>{10, 20}, at::kLong),
                                       at::tensor(std::vector<std::int64_t>{-1, -2, -3}, at::kLong));
  EXPECT_TRUE(merged.equal(at::tensor(std::vector<std::int64_t>{-1, 10, -2, 20, -3}, at::kLong)));
}

}  // namespace
}  // namespace modattr::synthetic_rows_test
