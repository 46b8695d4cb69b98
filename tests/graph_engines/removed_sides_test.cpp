#include "graph_engines/removed_sides.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

namespace modattr {
namespace {

constexpr std::size_t kRoom = 1 << 20;

/// Results of two operations on removed data, and one on an example's.
SideMemo three_results() {
  SideMemo memo(kRoom);
  memo.keep({.step = 1, .modalities = 1, .side = {}}, {at::full({4}, 1.0F)});
  memo.keep({.step = 2, .modalities = 3, .side = {}}, {at::full({4}, 2.0F)});
  memo.keep({.step = 2, .modalities = 3, .side = {.own = 1}}, {at::full({4}, 3.0F)});
  return memo;
}

TEST(SideMemo, KnowsAnOperationByItsStepAndItsData) {
  const SideMemo memo = three_results();
  ASSERT_NE(memo.find({2, 3, 1}), nullptr);
  EXPECT_EQ(memo.find({2, 3, 1})->front().toTensor()[0].item<float>(), 3.0F);
  EXPECT_EQ(memo.find({2, 3, 0})->front().toTensor()[0].item<float>(), 2.0F);
  EXPECT_EQ(memo.find({2, 3, 2}), nullptr);
  EXPECT_EQ(memo.find({1, 3, 0}), nullptr);
  EXPECT_EQ(memo.byte_count(), 3U * 16U);
}

TEST(SideMemo, KeepsTheFirstResultAndNoMoreThanFits) {
  SideMemo memo(20);
  memo.keep({1, 1, 0}, {at::full({4}, 1.0F)});
  memo.keep({1, 1, 0}, {at::full({4}, 5.0F)});
  memo.keep({2, 1, 0}, {at::full({4}, 2.0F)});
  EXPECT_EQ(memo.find({1, 1, 0})->front().toTensor()[0].item<float>(), 1.0F);
  EXPECT_EQ(memo.find({2, 1, 0}), nullptr);
}

TEST(SideMemo, KeepsNoTape) {
  SideMemo memo(kRoom);
  const at::Tensor leaf = at::ones({2}).requires_grad_(true);
  memo.keep({1, 1, 1}, {leaf * 2.0});
  EXPECT_FALSE(memo.find({1, 1, 1})->front().toTensor().requires_grad());
}

TEST(RemovedSides, HandOnWhatComesFromRemovedDataOnly) {
  RemovedSides sides(kRoom);
  sides.keep({{7, 8}}, three_results());
  EXPECT_EQ(sides.find({{8, 7}}), nullptr);
  const SideMemo other(kRoom, sides.find({{7, 8}}));
  ASSERT_NE(other.find({2, 3, 0}), nullptr);
  EXPECT_EQ(other.find({2, 3, 0})->front().toTensor()[0].item<float>(), 2.0F);
  EXPECT_EQ(other.find({2, 3, 1}), nullptr);
}

TEST(RemovedSides, KeepWhatFits) {
  RemovedSides sides(40);
  sides.keep({{1}}, three_results());
  sides.keep({{2}}, three_results());
  EXPECT_NE(sides.find({{1}}), nullptr);
  EXPECT_EQ(sides.find({{2}}), nullptr);
}

}  // namespace
}  // namespace modattr
