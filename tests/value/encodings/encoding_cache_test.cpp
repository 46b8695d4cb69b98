#include "modattr/value/encodings/encoding_cache.h"

#include <atomic>
#include <numeric>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/array_writers.h"
#include "support/counting_progress.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"
#include "value/fake_synthetic_rows.h"

namespace modattr::encoding_cache_test {
namespace {

using Rows = std::vector<std::uint32_t>;

constexpr std::size_t kRowsPerCall = 4;
constexpr std::size_t kExampleCount = 11;
/// Two encodings of 2 and 1 floats.
constexpr std::size_t kRowBytes = 12;

/// Two encodings of modality 0: twice its input and the sum of its columns; modality 1 goes raw into the fusion.
class TwoEncodings final : public SplitModel {
 public:
  std::vector<at::Tensor> encode(std::size_t modality, std::span<const at::Tensor> inputs) const override {
    EXPECT_EQ(modality, 0U);
    EXPECT_EQ(inputs.front().size(0), static_cast<std::int64_t>(kRowsPerCall));
    ++call_count;
    return {inputs[0] * 2, inputs[0].sum(1)};
  }
  std::size_t encoding_count(std::size_t modality) const override { return modality == 0 ? 2 : 0; }
  std::vector<at::Tensor> encoding_row(std::size_t) const override { return {at::zeros({1, 2}), at::zeros({1})}; }
  const std::vector<std::size_t>& raw_inputs() const noexcept override { return raw_inputs_; }
  at::Tensor fuse(std::span<const at::Tensor>, std::span<const at::Tensor>) const override { return {}; }
  const PartSize& encoder_size(std::size_t) const override { return size_; }
  const PartSize& fusion_size() const noexcept override { return size_; }

  mutable std::atomic<std::size_t> call_count = 0;

 private:
  std::vector<std::size_t> raw_inputs_ = {1};
  PartSize size_;
};

class EncodingCacheTest : public testing::Test {
 protected:
  EncodingCacheTest() {
    // Examples 0 ... 10 have the contents 0 ... 6, 0 ... 3.
    std::vector<float> values;
    for (std::size_t example = 0; example < kExampleCount; ++example) {
      const auto content = static_cast<float>(example % kDistinctCount);
      values.insert(values.end(), {content, 10 * content});
    }
    write_npz(folder_ / "val.npz", {TestArray::of<float>("x", {kExampleCount, 2}, values),
                                    TestArray::of<float>("y", {kExampleCount}, std::vector<float>(kExampleCount))});
    dataset_ = std::make_unique<Dataset>(DatasetOptions{.path = folder_ / "val.npz", .inputs = {"x", "y"}});
    rows_ = std::make_unique<ModalityRows>(*dataset_, layout_);
  }

  void expect_encodings(const EncodingCache& store, const Rows& examples) {
    const std::vector<at::Tensor> encodings = store.gather(0, examples);
    ASSERT_EQ(encodings.size(), 2U);
    for (std::size_t place = 0; place < examples.size(); ++place) {
      const auto row = static_cast<std::int64_t>(place);
      const auto content = static_cast<float>(examples[place] % kDistinctCount);
      EXPECT_EQ(encodings[0][row][1].item<float>(), 20 * content);
      EXPECT_EQ(encodings[1][row].item<float>(), 11 * content);
    }
  }

  static constexpr std::size_t kDistinctCount = 7;
  TemporaryFolder folder_;
  InputLayout layout_ = make_input_layout(std::vector<ModalityInputs>{{"first", {{"x", {}}}}, {"second", {{"y", {}}}}});
  std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<ModalityRows> rows_;
  TwoEncodings model_;
  Progress progress_;
};

TEST_F(EncodingCacheTest, EncodesEveryDistinctRowOnce) {
  EncodingCache store(model_, *dataset_, {{0}, {1}}, *rows_,
                      {.rows_per_call = kRowsPerCall, .thread_count = 3, .budget_bytes = 1000});
  store.fill(progress_);
  EXPECT_EQ(store.distinct_row_count(0), kDistinctCount);
  EXPECT_EQ(store.distinct_row_count(1), 0U);
  EXPECT_EQ(store.row_bytes(0), kRowBytes);
  EXPECT_EQ(store.encoded_row_count(), kDistinctCount);
  EXPECT_TRUE(store.is_complete());
  expect_encodings(store, {0, 10, 6, 3, 3, 7});
  EXPECT_EQ(store.encoded_row_count(), kDistinctCount);
}

TEST_F(EncodingCacheTest, AnswersTheSameWhateverItsMemory) {
  for (const std::size_t kept_count : {0U, 1U, 3U, 6U, 7U}) {
    EncodingCache store(model_, *dataset_, {{0}, {1}}, *rows_,
                        {.rows_per_call = kRowsPerCall, .budget_bytes = kept_count * kRowBytes + 5});
    store.fill(progress_);
    EXPECT_EQ(store.encoded_row_count(), kept_count);
    EXPECT_EQ(store.is_complete(), kept_count == kDistinctCount);
    Rows all(kExampleCount);
    std::iota(all.begin(), all.end(), 0U);
    expect_encodings(store, all);
    expect_encodings(store, {9, 6, 6, 0, 2});
    expect_encodings(store, {5});
  }
}

TEST_F(EncodingCacheTest, TellsProgressTheRowsItKeeps) {
  CountingProgress counting;
  EncodingCache store(model_, *dataset_, {{0}, {1}}, *rows_,
                      {.rows_per_call = kRowsPerCall, .budget_bytes = 5 * kRowBytes});
  store.fill(counting);
  EXPECT_EQ(counting.announced, 5U);
  EXPECT_EQ(counting.done, 5U);
}

TEST_F(EncodingCacheTest, EncodesSyntheticRowsAtOnceBesideItsBudget) {
  // Synthetic row m has the content 100 + m.
  const FakeSyntheticRows synthetic(
      {6, 3}, [](std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) {
        EXPECT_EQ(input, 0U) << "the second modality has no encoder";
        EXPECT_EQ(modality, 0U);
        std::vector<float> values;
        for (const std::uint32_t row : rows) {
          EXPECT_LT(row, 6U);
          values.insert(values.end(), {100.0F + static_cast<float>(row), 10 * (100.0F + static_cast<float>(row))});
        }
        return at::tensor(values).reshape({-1, 2});
      });
  const auto content = [](std::uint32_t row) {
    return row < kExampleCount ? static_cast<float>(row % kDistinctCount)
                               : 100.0F + static_cast<float>(row - kExampleCount);
  };
  for (const std::size_t kept_count : {0U, 3U, 7U}) {
    EncodingCache store(model_, *dataset_, {{0}, {1}}, *rows_,
                        {.rows_per_call = kRowsPerCall, .thread_count = 2, .budget_bytes = kept_count * kRowBytes});
    store.fill(progress_);
    const SyntheticEncodings synthetic_encodings = store.encode_synthetic_rows(synthetic);
    EXPECT_EQ(store.encoded_row_count(), kept_count + 6);
    for (const Rows& rows : {Rows{11, 0, 16, 6, 6, 13}, Rows{15, 12, 12}, Rows{3, 10}}) {
      const std::vector<at::Tensor> encodings = store.gather(0, rows, &synthetic_encodings);
      ASSERT_EQ(encodings.size(), 2U);
      ASSERT_EQ(encodings[0].size(0), static_cast<std::int64_t>(rows.size()));
      for (std::size_t place = 0; place < rows.size(); ++place) {
        const auto row = static_cast<std::int64_t>(place);
        EXPECT_EQ(encodings[0][row][1].item<float>(), 20 * content(rows[place]));
        EXPECT_EQ(encodings[1][row].item<float>(), 11 * content(rows[place]));
      }
    }
    const FakeSyntheticRows others({1, 0}, [](std::size_t, std::size_t, std::span<const std::uint32_t> rows) {
      return at::full({static_cast<std::int64_t>(rows.size()), 2}, 5.0F);
    });
    const SyntheticEncodings other_encodings = store.encode_synthetic_rows(others);
    const std::vector<at::Tensor> encodings = store.gather(0, Rows{11, 1}, &other_encodings);
    ASSERT_EQ(encodings.size(), 2U);
    EXPECT_EQ(encodings[1][0].item<float>(), 10.0F);
    EXPECT_EQ(encodings[1][1].item<float>(), 11.0F);
    expect_encodings(store, {0, 10, 6});
  }
}

/// One encoding: a row of it is as long as the batch's largest number.
class RowsOfAnyLength final : public SplitModel {
 public:
  std::vector<at::Tensor> encode(std::size_t, std::span<const at::Tensor> inputs) const override {
    return {inputs[0].narrow(1, 0, inputs[0][0][0].item<float>() < 4 ? 1 : 2)};
  }
  std::size_t encoding_count(std::size_t modality) const override { return modality == 0 ? 1 : 0; }
  std::vector<at::Tensor> encoding_row(std::size_t) const override { return {at::zeros({1, 1})}; }
  const std::vector<std::size_t>& raw_inputs() const noexcept override { return raw_inputs_; }
  at::Tensor fuse(std::span<const at::Tensor>, std::span<const at::Tensor>) const override { return {}; }
  const PartSize& encoder_size(std::size_t) const override { return size_; }
  const PartSize& fusion_size() const noexcept override { return size_; }

 private:
  std::vector<std::size_t> raw_inputs_;
  PartSize size_;
};

TEST_F(EncodingCacheTest, StretchesNoEncodingToAnotherShape) {
  constexpr const char* kMessage = "the shape of an encoder's answer depends on the rows of its batch";
  const RowsOfAnyLength model;
  EncodingCache kept(model, *dataset_, {{0}, {}}, *rows_, {.rows_per_call = kRowsPerCall, .budget_bytes = 1000});
  EXPECT_EQ(thrown_message<ModelError>([&] { return kept.fill(progress_), 0; }), kMessage);
  EncodingCache missing(model, *dataset_, {{0}, {}}, *rows_, {.rows_per_call = kRowsPerCall, .budget_bytes = 0});
  missing.fill(progress_);
  EXPECT_EQ(thrown_message<ModelError>([&] { return missing.gather(0, Rows{5}), 0; }), kMessage);
}

}  // namespace
}  // namespace modattr::encoding_cache_test
