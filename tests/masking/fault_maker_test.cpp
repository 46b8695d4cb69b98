#include "modattr/masking/fault_maker.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/timed_source.h"

namespace modattr {
namespace {

constexpr std::uint32_t kPicture = 2;

RandomStream stream_of(std::uint32_t draw) {
  return Rng(3).stream(RandomPurpose::kFault, 0, draw);
}

/// A file whose arrays are all inputs of one modality.
class FaultSet {
 public:
  /// `time`: of the first array.
  FaultSet(const std::vector<TestArray>& arrays, FaultMakerOptions options, std::optional<TimeAxis> time = {}) {
    write_npz(folder_ / "val.npz", arrays);
    DatasetOptions dataset = {.path = folder_ / "val.npz"};
    std::vector<SegmentedInput> inputs;
    for (const TestArray& array : arrays) {
      inputs.push_back({dataset.inputs.size(), {}});
      dataset.inputs.push_back(array.name);
    }
    if (time) dataset.source = timed_source(folder_ / "val.npz", {{arrays.front().name, *time}});
    dataset_ = std::make_unique<Dataset>(dataset);
    options.sample.resize(dataset_->example_count());
    std::iota(options.sample.begin(), options.sample.end(), 0U);
    maker_ = make_fault_maker(std::move(options), *dataset_, inputs);
  }

  const FaultMaker& maker() const { return *maker_; }
  at::Tensor own(std::size_t input, std::uint32_t example) const {
    return dataset_->gather(input, std::span(&example, 1));
  }
  at::Tensor make(std::size_t input, std::uint32_t example, const Fault& fault, std::uint32_t draw = 0) const {
    return maker_->make(input, {example, fault, stream_of(draw)});
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<FaultMaker> maker_;
};

/// Four pictures of bytes, three colours of 8 x 8; picture i holds 40 i + colour.
FaultSet pictures() {
  std::vector<std::uint8_t> bytes;
  for (std::uint8_t picture = 0; picture < 4; ++picture) {
    for (std::uint8_t colour = 0; colour < 3; ++colour) {
      for (int pixel = 0; pixel < 64; ++pixel) bytes.push_back(static_cast<std::uint8_t>(40 * picture + colour));
    }
  }
  return FaultSet({TestArray::of<std::uint8_t>("image", {4, 3, 8, 8}, bytes)}, {.kind = "image"});
}

TEST(FaultMaker, BlanksPicturesInTheMiddleOfTheRange) {
  const FaultSet set = pictures();
  // Numbers go from 0 to 122.
  const at::Tensor blank = set.make(0, kPicture, {"blank"});
  EXPECT_EQ(blank.scalar_type(), at::kByte);
  EXPECT_TRUE(blank.eq(61).all().item<bool>());
}

TEST(FaultMaker, CoversHalfOfAPicture) {
  const FaultSet set = pictures();
  std::set<double> sums;
  for (std::uint32_t draw = 0; draw < 20; ++draw) {
    const at::Tensor covered = set.make(0, kPicture, {"occlusion"}, draw);
    EXPECT_EQ(covered.eq(61).sum().item<std::int64_t>(), 3 * 32);
    sums.insert(covered[0][0][0].to(at::kDouble).sum().item<double>());
  }
  // From different sides.
  EXPECT_GE(sums.size(), 2U);
}

TEST(FaultMaker, TakesAColourAway) {
  const FaultSet set = pictures();
  const at::Tensor lost = set.make(0, kPicture, {"channel"});
  EXPECT_EQ(lost.eq(0).sum().item<std::int64_t>(), 64);
}

TEST(FaultMaker, AddsNoiseOfTheAskedSize) {
  const FaultSet set = pictures();
  const at::Tensor noisy = set.make(0, kPicture, {"noise", 0.1}).to(at::kDouble);
  const double deviation = (noisy - set.own(0, kPicture).to(at::kDouble)).std().item<double>();
  EXPECT_NEAR(deviation, 0.1 * 122.0, 2.5);
  EXPECT_GE(noisy.min().item<double>(), 0.0);
  EXPECT_LE(noisy.max().item<double>(), 122.0);
  EXPECT_TRUE(at::equal(set.make(0, kPicture, {"noise", 0.1}, 5), set.make(0, kPicture, {"noise", 0.1}, 5)));
  EXPECT_FALSE(at::equal(set.make(0, kPicture, {"noise", 0.1}, 5), set.make(0, kPicture, {"noise", 0.1}, 6)));
}

TEST(FaultMaker, BlursAnEdgeAndKeepsEvenPictures) {
  std::vector<float> numbers(64, 0.0F);
  for (int pixel = 0; pixel < 64; ++pixel) numbers[static_cast<std::size_t>(pixel)] = pixel % 8 < 4 ? 0.0F : 1.0F;
  const FaultSet edge({TestArray::of<float>("image", {1, 1, 8, 8}, numbers)}, {.kind = "image"});
  const at::Tensor blurred = edge.make(0, 0, {"blur", 0.25});
  EXPECT_NEAR(blurred.mean().item<double>(), 0.5, 1e-6);
  EXPECT_GT(blurred[0][0][0][3].item<double>(), 0.3);
  EXPECT_LT(blurred[0][0][0][0].item<double>(), 0.3);
  const FaultSet even = pictures();
  EXPECT_TRUE(at::equal(even.make(0, kPicture, {"blur"}), even.own(0, kPicture)));
}

TEST(FaultMaker, DamagesColumnsByTheirOwnDeviation) {
  std::vector<float> numbers;
  for (int row = 0; row < 50; ++row) {
    numbers.push_back(static_cast<float>(row % 2));
    numbers.push_back(1000.0F * static_cast<float>(row % 2));
    numbers.push_back(7.0F);
    numbers.push_back(static_cast<float>(row));
  }
  const FaultSet set({TestArray::of<float>("x", {50, 4}, numbers)}, {.kind = "columns"});
  double largest_first = 0.0;
  double largest_second = 0.0;
  for (std::uint32_t draw = 0; draw < 50; ++draw) {
    const at::Tensor change = set.make(0, 1, {"noise", 1.0}, draw) - set.own(0, 1);
    largest_first = std::max(largest_first, std::abs(change[0][0].item<double>()));
    largest_second = std::max(largest_second, std::abs(change[0][1].item<double>()));
    EXPECT_EQ(change[0][2].item<double>(), 0.0);
  }
  EXPECT_LT(largest_first, 2.5);
  EXPECT_GT(largest_second, 500.0);
  EXPECT_TRUE(set.make(0, 1, {"zero"}).eq(0).all().item<bool>());
  EXPECT_TRUE(at::equal(set.make(0, 1, {"scale", 3.0}), set.own(0, 1) * 3.0F));
  const at::Tensor dropped = set.make(0, 1, {"dropout"});
  EXPECT_EQ(dropped.eq(0).sum().item<std::int64_t>(), 2);
}

/// Three texts of up to six tokens, with an attention mask.
FaultSet texts(std::vector<std::string> vocabulary = {}) {
  return FaultSet(
      {TestArray::of<std::int64_t>("ids", {3, 6}, {5, 6, 7, 8, 0, 0, 9, 4, 0, 0, 0, 0, 5, 7, 9, 6, 8, 4}),
       TestArray::of<std::int64_t>("attention_mask", {3, 6}, {1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1})},
      {.kind = "tokens", .special_ids = {0}, .vocabulary = std::move(vocabulary)});
}

std::vector<std::int64_t> numbers_of(const at::Tensor& row) {
  const at::Tensor wide = row.to(at::kLong).contiguous();
  return {wide.data_ptr<std::int64_t>(), wide.data_ptr<std::int64_t>() + wide.numel()};
}

using Ids = std::vector<std::int64_t>;

TEST(FaultMaker, CutsATextAndItsMask) {
  const FaultSet set = texts();
  EXPECT_EQ(numbers_of(set.make(0, 0, {"truncate"})), (Ids{5, 6, 0, 0, 0, 0}));
  EXPECT_EQ(numbers_of(set.make(1, 0, {"truncate"})), (Ids{1, 1, 0, 0, 0, 0}));
  // A text that fills its row has no padding of its own.
  EXPECT_EQ(numbers_of(set.make(0, 2, {"truncate", 1.0})), (Ids{5, 0, 0, 0, 0, 0}));
  EXPECT_EQ(numbers_of(set.make(1, 2, {"truncate", 1.0})), (Ids{1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(set.maker().tokens({0, {"truncate"}, stream_of(0)}), (Ids{5, 6}));
}

TEST(FaultMaker, DropsHalfOfTheTokensAndClosesTheGap) {
  const FaultSet set = texts();
  for (std::uint32_t draw = 0; draw < 10; ++draw) {
    const Ids ids = numbers_of(set.make(0, 0, {"drop"}, draw));
    EXPECT_EQ(std::ranges::count(ids, 0), 4);
    EXPECT_NE(ids[0], 0);
    EXPECT_LT(ids[0], ids[1]);
    EXPECT_EQ(numbers_of(set.make(1, 0, {"drop"}, draw)), (Ids{1, 1, 0, 0, 0, 0}));
  }
}

TEST(FaultMaker, ShufflesTokensAndLeavesPadding) {
  const FaultSet set = texts();
  bool any_change = false;
  for (std::uint32_t draw = 0; draw < 10; ++draw) {
    Ids ids = numbers_of(set.make(0, 0, {"shuffle"}, draw));
    any_change = any_change || ids != Ids{5, 6, 7, 8, 0, 0};
    EXPECT_EQ(set.maker().tokens({0, {"shuffle"}, stream_of(draw)}), Ids(ids.begin(), ids.begin() + 4));
    std::sort(ids.begin(), ids.begin() + 4);
    EXPECT_EQ(ids, (Ids{5, 6, 7, 8, 0, 0}));
  }
  EXPECT_TRUE(any_change);
}

TEST(FaultMaker, ReplacesTokensByThoseOfTheSet) {
  const FaultSet set = texts({"<pad>", "<unk>", "a", "b", "c", "d", "e", "f", "g", "h"});
  const Ids random = numbers_of(set.make(0, 0, {"random"}));
  for (std::size_t position = 0; position < 4; ++position) EXPECT_TRUE(random[position] >= 4 && random[position] <= 9);
  EXPECT_EQ(std::ranges::count(numbers_of(set.make(0, 0, {"unknown"})), 1), 2);
  EXPECT_TRUE(set.maker().why_not({"unknown"}).empty());
}

TEST(FaultMaker, SaysWhichFaultsDataCannotHave) {
  EXPECT_NE(texts().maker().why_not({"unknown"}).find("unknown token"), std::string::npos);
  const FaultSet grey({TestArray::of<float>("image", {2, 8, 8}, std::vector<float>(128, 1.0F))}, {.kind = "image"});
  EXPECT_NE(grey.maker().why_not({"channel"}).find("no channels"), std::string::npos);
  EXPECT_TRUE(grey.maker().why_not({"blur"}).empty());
}

TEST(FaultMaker, LeavesColumnsOfOtherModalitiesAlone) {
  TemporaryFolder folder;
  write_npz(folder / "val.npz", {TestArray::of<float>("x", {3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})});
  const Dataset dataset({.path = folder / "val.npz", .inputs = {"x"}});
  const SegmentedInput input{0, {{1, 3}}};
  const auto maker = make_fault_maker({.kind = "columns", .sample = {0, 1, 2}}, dataset, std::span(&input, 1));
  const at::Tensor row = maker->make(0, {1, {"zero"}, stream_of(0)});
  EXPECT_TRUE(at::equal(row, at::tensor({5.0F, 0.0F, 0.0F, 8.0F}).reshape({1, 4})));
}

TEST(FaultMaker, LosesStretchesOfTime) {
  // A spectrogram of four frames of three bands.
  const FaultSet set({TestArray::of<float>("x", {1, 4, 3}, std::vector<float>(12, 1.0F))}, {.kind = "audio"},
                     TimeAxis{.axis = 0, .seconds_per_step = 0.1});
  const at::Tensor lost = set.make(0, 0, {"dropout", 0.5});
  EXPECT_TRUE(at::equal(lost.sum(2), at::where(lost.sum(2) > 0, at::full({}, 3.0F), at::zeros({}))));
  EXPECT_EQ(lost.sum().item<float>(), 6.0F);
}

TEST(FaultMaker, LeavesMasksOfSoundsAlone) {
  const FaultSet set({TestArray::of<float>("x", {2, 3}, {1, 2, 3, 4, 5, 6}),
                      TestArray::of<std::int64_t>("attention_mask", {2, 3}, {1, 1, 0, 1, 1, 1})},
                     {.kind = "audio"});
  EXPECT_FALSE(at::equal(set.make(0, 0, {"noise", 1.0}), set.own(0, 0)));
  EXPECT_TRUE(at::equal(set.make(1, 0, {"noise", 1.0}), set.own(1, 0)));
  EXPECT_TRUE(at::equal(set.make(1, 0, {"zero"}), set.own(1, 0)));
}

}  // namespace
}  // namespace modattr
