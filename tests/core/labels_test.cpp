#include "modattr/core/labels.h"

#include <array>
#include <stdexcept>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(AnswerCounts, KeepsWhatWasCounted) {
  AnswerCounts counts;
  counts.add_example(std::array{0.0, 2.0, 8.0});
  counts.add_example(std::array{0.0, 0.0, 0.0});
  counts.add_example(std::array{1.0, 0.0, 0.0});
  EXPECT_EQ(counts.example_count(), 3U);
  EXPECT_EQ(counts.answer_count(), 3U);
  ASSERT_EQ(counts.entries(0).size(), 2U);
  EXPECT_EQ(counts.entries(0)[0].answer, 1U);
  EXPECT_EQ(counts.entries(0)[1].count, 8.0F);
  EXPECT_TRUE(counts.entries(1).empty());
  EXPECT_EQ(counts.entries(2)[0].answer, 0U);
}

TEST(AnswerCounts, GivesFullMarksFromThreeMatchesOn) {
  AnswerCounts counts;
  counts.add_example(std::array{0.0, 1.0, 2.0, 3.0, 4.0, 1.5});
  EXPECT_EQ(counts.soft_accuracy(0, 0), 0.0);
  EXPECT_DOUBLE_EQ(counts.soft_accuracy(0, 1), 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(counts.soft_accuracy(0, 2), 2.0 / 3.0);
  EXPECT_EQ(counts.soft_accuracy(0, 3), 1.0);
  EXPECT_EQ(counts.soft_accuracy(0, 4), 1.0);
  EXPECT_DOUBLE_EQ(counts.soft_accuracy(0, 5), 0.5);
  EXPECT_EQ(counts.soft_accuracy(0, 77), 0.0);
}

TEST(AnswerCounts, IsEmptyAtFirst) {
  EXPECT_EQ(AnswerCounts().example_count(), 0U);
  EXPECT_EQ(AnswerCounts().answer_count(), 0U);
  EXPECT_THROW(static_cast<void>(AnswerCounts().entries(0)), std::out_of_range);
}

}  // namespace
}  // namespace modattr
