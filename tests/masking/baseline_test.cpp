#include "modattr/masking/baseline.h"

#include <cmath>
#include <limits>
#include <numeric>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr::baseline_test {
namespace {

using Examples = std::vector<std::uint32_t>;

/// A data file whose arrays are all inputs, and baselines for a modality of all of them.
class TestSet {
 public:
  explicit TestSet(const std::vector<TestArray>& arrays, const std::vector<TestArray>& others = {}) {
    std::vector<TestArray> all = arrays;
    all.insert(all.end(), others.begin(), others.end());
    write_npz(folder_ / "val.npz", all);
    DatasetOptions options = {.path = folder_ / "val.npz"};
    for (const TestArray& array : arrays) options.inputs.push_back(array.name);
    dataset_ = std::make_unique<Dataset>(options);
    inputs_.resize(arrays.size());
    std::iota(inputs_.begin(), inputs_.end(), std::size_t{0});
  }

  Dataset& dataset() { return *dataset_; }
  std::unique_ptr<Baseline> baseline(const BaselineOptions& options) const {
    return make_baseline(options, "photo", *dataset_, inputs_);
  }
  at::Tensor rows(const BaselineOptions& options, std::size_t input, const Examples& examples) const {
    return baseline(options)->rows(input, examples);
  }
  /// The only error that there is.
  std::string error_of(const BaselineOptions& options) const {
    return thrown_message<ConfigError>([&] { return baseline(options); });
  }
  Array array(const std::string& name) const {
    for (const Array& array : dataset_->arrays()) {
      if (array.name == name) return array;
    }
    throw std::out_of_range(name);
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Dataset> dataset_;
  std::vector<std::size_t> inputs_;
};

at::Tensor floats(const std::vector<float>& values, const std::vector<std::int64_t>& shape) {
  return at::tensor(values).reshape(shape);
}

at::Tensor integers(const std::vector<std::int64_t>& values, const std::vector<std::int64_t>& shape) {
  return at::tensor(values, at::kLong).reshape(shape);
}

constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();

TEST(Baseline, OfAMeanCountsARowAsOftenAsItIsShared) {
  // Rows 0, 1, 2 are used twice, never and once.
  TestSet set({TestArray::of<float>("x", {3, 2}, {3, 30, 500, 500, 6, 60}),
               TestArray::of<std::uint8_t>("y", {3}, {10, 20, 60})},
              {TestArray::of<std::int64_t>("x__rows", {3}, {0, 2, 0})});
  const auto baseline = set.baseline({.type = RemovalType::kMean});
  EXPECT_TRUE(baseline->rows(0, Examples{1}).equal(floats({4, 40}, {1, 2})));
  EXPECT_TRUE(baseline->rows(1, Examples{1}).equal(at::tensor({30}, at::kByte)));
}

TEST(Baseline, OfAMeanLeavesOutRowsThatAreNotFinite) {
  TestSet set({TestArray::of<float>("x", {3, 2}, {1, 10, kNotANumber, 500, 3, 30})});
  EXPECT_TRUE(set.rows({.type = RemovalType::kMean}, 0, {0}).equal(floats({2, 20}, {1, 2})));
}

TEST(Baseline, OfAMeanReadsRowsInBlocks) {
  // More rows than a block holds; the mean of 0 ... 999.
  std::vector<float> values(1000);
  std::iota(values.begin(), values.end(), 0.0F);
  TestSet set({TestArray::of<float>("x", {1000, 1}, values)});
  EXPECT_TRUE(
      set.rows({.type = RemovalType::kMean, .thread_count = 2}, 0, Examples{7}).equal(floats({499.5F}, {1, 1})));
}

TEST(Baseline, OfAMeanIsThatOfTheExamples) {
  TestSet set({TestArray::of<float>("x", {3, 2}, {1, 10, 2, 20, 6, 60}),
               TestArray::of<c10::Half>("h", {3}, {c10::Half(1.0F), c10::Half(2.0F), c10::Half(1.5F)})});
  const auto baseline = set.baseline({.type = RemovalType::kMean});
  EXPECT_EQ(baseline->variety(), BaselineVariety::kOneForAll);
  EXPECT_TRUE(baseline->rows(0, Examples{2, 0}).equal(floats({3, 30, 3, 30}, {2, 2})));
  const at::Tensor halves = baseline->rows(1, Examples{0});
  EXPECT_EQ(halves.scalar_type(), at::kHalf);
  EXPECT_EQ(halves.item<float>(), 1.5F);
  set.dataset().keep(Examples{0, 1});
  EXPECT_TRUE(set.rows({.type = RemovalType::kMean}, 0, {0}).equal(floats({1.5F, 15}, {1, 2})));
}

TEST(Baseline, OfAMeanOverManyExamplesLosesNoDigit) {
  // More than one block; in single precision ones would vanish beside 2^24.
  std::vector<float> values(1000, 1.0F);
  values.front() = 16777216.0F;
  const TestSet set({TestArray::of<float>("x", {1000}, values)});
  EXPECT_EQ(set.rows({.type = RemovalType::kMean}, 0, {5}).item<float>(), static_cast<float>(16778215.0 / 1000.0));
}

TEST(Baseline, OfSharedRowsCountsThemAsOftenAsTheyAreUsed) {
  const TestSet set({TestArray::of<float>("x", {2, 1}, {0, 4})},
                    {TestArray::of<std::int64_t>("x__rows", {4}, {1, 1, 0, 1})});
  EXPECT_EQ(set.rows({.type = RemovalType::kMean}, 0, {0}).item<float>(), 3.0F);
}

TEST(Baseline, OfAConstantHasTheTypeOfItsInput) {
  const TestSet set({TestArray::of<float>("x", {2, 2}, {1, 2, 3, 4}), TestArray::of<std::int64_t>("t", {2, 1}, {5, 6}),
                     TestArray::of<bool>("b", {2}, {true, true}), TestArray::of<std::uint8_t>("p", {2}, {7, 8}),
                     TestArray::of<c10::Half>("h", {2}, {c10::Half(1.0F), c10::Half(2.0F)})});
  const std::vector<c10::ScalarType> types = {at::kFloat, at::kLong, at::kBool, at::kByte, at::kHalf};
  for (const RemovalType type : {RemovalType::kZero, RemovalType::kValue}) {
    const auto baseline = set.baseline({.type = type, .value = 1.0});
    EXPECT_EQ(baseline->variety(), BaselineVariety::kOneForAll);
    for (std::size_t input = 0; input < types.size(); ++input) {
      const at::Tensor rows = baseline->rows(input, Examples{1, 0, 1});
      EXPECT_EQ(rows.scalar_type(), types[input]);
      EXPECT_EQ(rows.size(0), 3);
      EXPECT_TRUE(rows.is_contiguous());
      EXPECT_TRUE(rows.to(at::kFloat).eq(type == RemovalType::kZero ? 0.0F : 1.0F).all().item<bool>()) << input;
    }
    EXPECT_EQ(baseline->rows(0, Examples{1}).sizes().vec(), (std::vector<std::int64_t>{1, 2}));
  }
  EXPECT_EQ(TestSet({TestArray::of<float>("x", {1}, {0})})
                .rows({.type = RemovalType::kValue, .value = -0.1}, 0, {0})
                .item<float>(),
            -0.1F);
}

TEST(Baseline, OfAValueIsRefusedWhereTheTypeCannotHoldIt) {
  const auto message = [](const TestArray& array, double value) {
    return TestSet({array}).error_of({.type = RemovalType::kValue, .value = value});
  };
  const TestArray ids = TestArray::of<std::int64_t>("t", {1}, {5});
  const TestArray pixels = TestArray::of<std::uint8_t>("p", {1}, {5});
  const TestArray halves = TestArray::of<c10::Half>("h", {1}, {c10::Half(1.0F)});
  EXPECT_TRUE(mentions(message(ids, 0.5), {"modality 'photo'", "removal 'value'", "int64[1]", "got 0.5"}));
  EXPECT_TRUE(mentions(message(pixels, 256.0), {"uint8[1]", "got 256"}));
  EXPECT_TRUE(mentions(message(pixels, -1.0), {"got -1"}));
  EXPECT_TRUE(mentions(message(halves, 1e6), {"float16[1]", "got 1e+06"}));
  EXPECT_TRUE(mentions(message(TestArray::of<bool>("b", {1}, {true}), 2.0), {"bool[1]", "got 2"}));
  EXPECT_EQ(message(ids, 7.0), "nothing was thrown");
}

TEST(Baseline, OfTokensKeepsSpecialIdsAndTheOtherInputs) {
  const TestSet set({TestArray::of<std::int64_t>("ids", {2, 4}, {101, 7, 102, 0, 101, 8, 9, 102}),
                     TestArray::of<std::int64_t>("mask", {2, 4}, {1, 1, 1, 0, 1, 1, 1, 1})});
  const BaselineOptions options = {.type = RemovalType::kToken, .token_id = 103, .special_ids = {101, 102, 0}};
  EXPECT_EQ(set.baseline(options)->variety(), BaselineVariety::kOnePerContent);
  EXPECT_TRUE(set.rows(options, 0, {1, 0}).equal(integers({101, 103, 103, 102, 101, 103, 102, 0}, {2, 4})));
  EXPECT_TRUE(set.rows(options, 1, {1, 0}).equal(integers({1, 1, 1, 1, 1, 1, 1, 0}, {2, 4})));
  EXPECT_TRUE(set.rows({.type = RemovalType::kToken, .token_id = 5}, 0, {0}).equal(integers({5, 5, 5, 5}, {1, 4})))
      << "no id is special unless named";
}

TEST(Baseline, OfTokensTakesAnyIntegers) {
  const TestSet set({TestArray::of<std::int32_t>("ids", {1, 3}, {4, 5, 6})});
  const at::Tensor rows = set.rows({.type = RemovalType::kToken, .token_id = 9, .special_ids = {5}}, 0, {0});
  EXPECT_EQ(rows.scalar_type(), at::kInt);
  EXPECT_TRUE(rows.to(at::kLong).equal(integers({9, 5, 9}, {1, 3})));
  EXPECT_TRUE(mentions(set.error_of({.type = RemovalType::kToken, .token_id = std::int64_t{1} << 40}),
                       {"removal 'token'", "int32[1, 3]", "got 1099511627776"}));
}

TEST(Baseline, OfABlurLeavesAConstantImageAsItIs) {
  const TestSet set({TestArray::of<float>("image", {2, 3, 12, 5}, std::vector<float>(360, 0.25F))});
  const at::Tensor rows = set.rows({.type = RemovalType::kBlur}, 0, {1, 0});
  EXPECT_EQ(rows.sizes().vec(), (std::vector<std::int64_t>{2, 3, 12, 5}));
  EXPECT_EQ(rows.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(rows, at::full_like(rows, 0.25), 1e-6)) << rows;
}

TEST(Baseline, OfABlurIsAGaussianOfATenthOfTheLongerSide) {
  // sigma = 2; a point far from the border.
  constexpr std::int64_t kSide = 20;
  std::vector<float> pixels(kSide * kSide, 0.0F);
  pixels[10 * kSide + 9] = 1.0F;
  const TestSet set({TestArray::of<float>("image", {1, kSide, kSide}, pixels)});
  const at::Tensor image = set.rows({.type = RemovalType::kBlur}, 0, {0})[0];
  EXPECT_NEAR(image.sum().item<double>(), 1.0, 1e-6);
  const auto at_place = [&](std::int64_t row, std::int64_t column) { return image[row][column].item<double>(); };
  for (const std::int64_t step : {1, 2, 4}) {
    const double fall = std::exp(-static_cast<double>(step * step) / 8.0);
    EXPECT_NEAR(at_place(10 + step, 9) / at_place(10, 9), fall, 1e-5);
    EXPECT_NEAR(at_place(10, 9 - step) / at_place(10, 9), fall, 1e-5);
    EXPECT_NEAR(at_place(10 - step, 9 + step) / at_place(10, 9), fall * fall, 1e-5);
  }
}

TEST(Baseline, OfABlurTellsTheAxesAndChannelsApart) {
  // Rows alike, columns not, in one of two channels.
  std::vector<float> pixels(2 * 4 * 30, 0.0F);
  for (std::size_t row = 0; row < 4; ++row) pixels[120 + row * 30 + 15] = 1.0F;
  const TestSet set({TestArray::of<double>("image", {1, 2, 4, 30}, {pixels.begin(), pixels.end()})});
  const auto baseline = set.baseline({.type = RemovalType::kBlur});
  EXPECT_EQ(baseline->variety(), BaselineVariety::kOnePerContent);
  const at::Tensor image = baseline->rows(0, Examples{0})[0];
  EXPECT_EQ(image.scalar_type(), at::kDouble);
  EXPECT_EQ(image[0].abs().max().item<double>(), 0.0);
  for (std::int64_t row = 1; row < 4; ++row) EXPECT_TRUE(at::allclose(image[1][row], image[1][0]));
  // sigma = 3, cut off at 9 pixels.
  double sum = 0.0;
  for (int offset = -9; offset <= 9; ++offset) sum += std::exp(-offset * offset / 18.0);
  EXPECT_NEAR(image[1][2][15].item<double>(), 1.0 / sum, 1e-12);
  EXPECT_NEAR(image[1][2][18].item<double>(), std::exp(-0.5) / sum, 1e-12);
  EXPECT_EQ(image[1][2][25].item<double>(), 0.0);
}

TEST(Baseline, OfAFileIsOneRowOrThatOfTheExample) {
  TestSet set(
      {TestArray::of<float>("x", {3, 2}, {1, 2, 3, 4, 5, 6})},
      {TestArray::of<float>("one", {1, 2}, {-1, -2}), TestArray::of<float>("each", {3, 2}, {10, 20, 30, 40, 50, 60})});
  const BaselineOptions one = {.type = RemovalType::kFile, .baselines = {set.array("one")}};
  EXPECT_EQ(set.baseline(one)->variety(), BaselineVariety::kOneForAll);
  EXPECT_TRUE(set.rows(one, 0, {2, 0}).equal(floats({-1, -2, -1, -2}, {2, 2})));
  const BaselineOptions each = {.type = RemovalType::kFile, .baselines = {set.array("each")}};
  EXPECT_EQ(set.baseline(each)->variety(), BaselineVariety::kOnePerExample);
  EXPECT_TRUE(set.rows(each, 0, {2, 0}).equal(floats({50, 60, 10, 20}, {2, 2})));
  set.dataset().keep(Examples{2, 1});
  EXPECT_TRUE(set.rows(each, 0, {0, 1}).equal(floats({50, 60, 30, 40}, {2, 2}))) << "rows of the file";
}

TEST(Baseline, OfAFileForSharedRowsHasARowPerExample) {
  const TestSet set({TestArray::of<float>("x", {2, 1}, {1, 2})},
                    {TestArray::of<std::int64_t>("x__rows", {3}, {1, 0, 1}),
                     TestArray::of<float>("each", {3, 1}, {7, 8, 9}), TestArray::of<float>("two", {2, 1}, {7, 8})});
  EXPECT_TRUE(set.rows({.type = RemovalType::kFile, .baselines = {set.array("each")}}, 0, {2, 1})
                  .equal(floats({9, 8}, {2, 1})));
  EXPECT_TRUE(mentions(set.error_of({.type = RemovalType::kFile, .baselines = {set.array("two")}}),
                       {"modality 'photo'", "removal 'file'", "got float32[2, 1]"}));
}

TEST(Baseline, OfAFileIsRefusedWhereItIsUnlikeTheInput) {
  const TestSet set({TestArray::of<float>("x", {3, 2}, {1, 2, 3, 4, 5, 6})},
                    {TestArray::of<double>("type", {1, 2}, {1, 2}), TestArray::of<float>("shape", {1, 3}, {1, 2, 3}),
                     TestArray::of<float>("rows", {2, 2}, {1, 2, 3, 4}), TestArray::of<float>("number", {}, {1})});
  const auto message = [&](const std::string& name) {
    return set.error_of({.type = RemovalType::kFile, .baselines = {set.array(name)}});
  };
  EXPECT_TRUE(mentions(message("type"), {"modality 'photo'", "float32[3, 2]", "got float64[1, 2]", "save type"}));
  EXPECT_TRUE(mentions(message("shape"), {"got float32[1, 3]"}));
  EXPECT_TRUE(mentions(message("rows"), {"got float32[2, 2]"}));
  EXPECT_TRUE(mentions(message("number"), {"got float32[]"}));
}

TEST(Baseline, LetsNotANumberVanish) {
  // Selected, not multiplied with 0.
  const TestSet set({TestArray::of<float>("x", {2, 1}, {kNotANumber, 1})},
                    {TestArray::of<float>("baseline", {1, 1}, {4})});
  for (const BaselineOptions& options : {BaselineOptions{.type = RemovalType::kZero},
                                         {.type = RemovalType::kValue, .value = 2.0},
                                         {.type = RemovalType::kFile, .baselines = {set.array("baseline")}}}) {
    EXPECT_TRUE(set.rows(options, 0, {0, 1}).isfinite().all().item<bool>());
  }
}

TEST(Baseline, IsRefusedWhereItDoesNotGoWithTheInput) {
  const auto message = [](const TestArray& array, RemovalType type) {
    return TestSet({array}).error_of({.type = type});
  };
  const TestArray ids = TestArray::of<std::int64_t>("ids", {2, 3}, {1, 2, 3, 4, 5, 6});
  const TestArray numbers = TestArray::of<float>("x", {2, 3}, {1, 2, 3, 4, 5, 6});
  const TestArray flags = TestArray::of<bool>("b", {2}, {true, false});
  EXPECT_TRUE(mentions(message(ids, RemovalType::kMean), {"modality 'photo': removal 'mean': expected",
                                                          "floating-point", "got int64[2, 3]", "use token"}));
  EXPECT_TRUE(mentions(message(flags, RemovalType::kMean), {"removal 'mean'", "got bool[2]"}));
  EXPECT_TRUE(mentions(message(numbers, RemovalType::kToken), {"removal 'token'", "token ids", "got float32[2, 3]"}));
  EXPECT_TRUE(mentions(message(flags, RemovalType::kToken), {"removal 'token'", "got bool[2]"}));
  EXPECT_TRUE(mentions(message(numbers, RemovalType::kBlur), {"removal 'blur'", "images", "got float32[2, 3]"}));
  EXPECT_TRUE(mentions(message(TestArray::of<std::int32_t>("p", {1, 2, 2}, {1, 2, 3, 4}), RemovalType::kBlur),
                       {"floating-point", "got int32[1, 2, 2]"}));
  EXPECT_TRUE(mentions(message(TestArray::of<float>("p", {1, 4, 1}, {1, 2, 3, 4}), RemovalType::kBlur),
                       {"got float32[1, 4, 1]"}))
      << "one column is no image";
  EXPECT_TRUE(mentions(message(numbers, RemovalType::kBackground), {"modality 'photo'", "expected a baseline"}));
}

TEST(Baseline, HasNamesForItsTypes) {
  const std::vector<std::string> names(removal_names().begin(), removal_names().end());
  EXPECT_EQ(names, (std::vector<std::string>{"background", "mean", "zero", "value", "token", "empty", "blur", "file"}));
}

}  // namespace
}  // namespace modattr::baseline_test
