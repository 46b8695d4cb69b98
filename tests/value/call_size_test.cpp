#include "modattr/value/call_size.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>
#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Two outputs per row that depend on the row alone.
at::Tensor rows_apart(std::size_t first, std::size_t count) {
  const at::Tensor rows = at::arange(static_cast<std::int64_t>(first), static_cast<std::int64_t>(first + count));
  return at::stack({at::sin(rows.to(at::kDouble)), rows.to(at::kDouble)}, 1);
}

/// Larger calls than `most` add `difference` to their last row.
ProbeCall differs_above(std::size_t most, double difference) {
  return [=](std::size_t first, std::size_t count) {
    at::Tensor outputs = rows_apart(first, count);
    if (count > most) outputs.select(0, static_cast<std::int64_t>(count) - 1).add_(difference);
    return outputs;
  };
}

ProbeCall fails_above(std::size_t most) {
  return [=](std::size_t first, std::size_t count) {
    if (count > most) throw ModelError("too many rows");
    return rows_apart(first, count);
  };
}

/// Each call takes as long as any other.
at::Tensor constant_time(std::size_t first, std::size_t count) {
  std::this_thread::sleep_for(milliseconds(4));
  return rows_apart(first, count);
}

TEST(GivesSameBytes, IsTrueForRowsThatStandAlone) {
  for (const std::size_t row_count : {1U, 3U, 4U, 5U, 8U, 100U}) {
    EXPECT_TRUE(gives_same_bytes(rows_apart, 4, row_count)) << row_count;
  }
}

TEST(GivesSameBytes, SeesRounding) {
  for (const std::size_t row_count : {5U, 8U, 100U}) {
    EXPECT_FALSE(gives_same_bytes(differs_above(4, 1e-14), 4, row_count)) << row_count;
  }
  EXPECT_TRUE(gives_same_bytes(differs_above(4, 1e-14), 4, 3));
  EXPECT_FALSE(gives_same_bytes(differs_above(3, 1e-14), 4, 3)) << "the reference differs";
}

TEST(GivesSameBytes, SeesThePlaceInACall) {
  const ProbeCall call = [](std::size_t first, std::size_t count) {
    return rows_apart(first, count) + at::arange(static_cast<std::int64_t>(count), at::kDouble).unsqueeze(1);
  };
  EXPECT_FALSE(gives_same_bytes(call, 4, 8));
  EXPECT_FALSE(gives_same_bytes(call, 4, 2));
  EXPECT_TRUE(gives_same_bytes(call, 4, 4));
}

TEST(GivesSameBytes, TakesAnOutputThatIsNoNumberForEqual) {
  const ProbeCall call = [](std::size_t first, std::size_t count) {
    at::Tensor outputs = rows_apart(first, count);
    outputs.masked_fill_(outputs.remainder(3.0) == 1.0, std::numeric_limits<double>::quiet_NaN());
    return outputs;
  };
  EXPECT_TRUE(gives_same_bytes(call, 4, 8));
}

TEST(GivesSameBytes, IsFalseWhenACallFails) {
  EXPECT_FALSE(gives_same_bytes(fails_above(4), 4, 8));
  EXPECT_FALSE(gives_same_bytes(fails_above(3), 4, 2));
  EXPECT_TRUE(gives_same_bytes(fails_above(4), 4, 2));
}

TEST(GivesSameBytes, IsFalseWhenAnOutputHasAnotherShape) {
  const ProbeCall by_size = [](std::size_t first, std::size_t count) {
    return rows_apart(first, count).narrow(1, 0, count > 4 ? 1 : 2);
  };
  EXPECT_FALSE(gives_same_bytes(by_size, 4, 8));
  const ProbeCall by_row = [](std::size_t first, std::size_t count) {
    return rows_apart(first, count).narrow(1, 0, first > 3 ? 1 : 2);
  };
  EXPECT_FALSE(gives_same_bytes(by_row, 4, 8));
}

TEST(GivesSameAnswers, OverlooksRoundingOnly) {
  EXPECT_TRUE(gives_same_answers(rows_apart, 4, 16));
  EXPECT_TRUE(gives_same_answers(differs_above(4, 1e-6), 4, 16));
  EXPECT_FALSE(gives_same_answers(differs_above(4, 0.1), 4, 16));
  EXPECT_FALSE(gives_same_answers(fails_above(4), 4, 16));
}

TEST(GivesSameAnswers, MeasuresByTheLargestOutput) {
  const auto agree = [](double scale, double difference) {
    const ProbeCall call = [=](std::size_t first, std::size_t count) {
      return differs_above(4, difference)(first, count) * scale;
    };
    return gives_same_answers(call, 4, 16);
  };
  // Outputs up to 15.
  EXPECT_TRUE(agree(1.0, 1e-3));
  EXPECT_FALSE(agree(1.0, 5e-3));
  EXPECT_TRUE(agree(1e6, 1e-3));
  EXPECT_FALSE(agree(1e6, 5e-3));
  EXPECT_TRUE(agree(1e-2, 5e-3)) << "small outputs are measured by 1";
  EXPECT_FALSE(agree(1e-2, 5e-2));
}

/// The largest answer of a few: a busy processor may make a larger call look slow.
std::size_t fastest_of_tries(const ProbeCall& call, std::size_t reference, std::size_t most) {
  constexpr int kTryCount = 10;
  std::size_t largest = 0;
  for (int attempt = 0; attempt < kTryCount && 2 * largest <= most; ++attempt) {
    largest = std::max(largest, fastest_call_size(call, reference, most));
  }
  return largest;
}

TEST(FastestCallSize, TakesLargerCallsAsLongAsTheyAreFaster) {
  EXPECT_EQ(fastest_of_tries(constant_time, 4, 64), 64U);
  EXPECT_EQ(fastest_of_tries(constant_time, 4, 63), 32U);
  EXPECT_EQ(fastest_call_size(constant_time, 4, 7), 4U);
  EXPECT_EQ(fastest_call_size(constant_time, 4, 0), 4U);
}

TEST(FastestCallSize, StaysWhereLargerCallsAreSlower) {
  const ProbeCall call = [](std::size_t first, std::size_t count) {
    std::this_thread::sleep_for(microseconds(40 * count * count));
    return rows_apart(first, count);
  };
  // A busy processor may make a smaller call look slow.
  std::size_t smallest = 64;
  for (int attempt = 0; attempt < 10 && smallest > 4; ++attempt) {
    smallest = std::min(smallest, fastest_call_size(call, 4, 64));
  }
  EXPECT_EQ(smallest, 4U);
}

TEST(FastestCallSize, StopsBeforeBytesChange) {
  const ProbeCall call = [](std::size_t first, std::size_t count) {
    std::this_thread::sleep_for(milliseconds(4));
    return differs_above(16, 1e-14)(first, count);
  };
  EXPECT_EQ(fastest_of_tries(call, 4, 256), 16U);
}

TEST(FastestCallSize, LeavesFailuresToTheRun) {
  const ProbeCall call = [](std::size_t first, std::size_t count) {
    std::this_thread::sleep_for(milliseconds(4));
    return fails_above(8)(first, count);
  };
  EXPECT_EQ(fastest_of_tries(call, 4, 256), 8U);
  EXPECT_EQ(fastest_call_size(fails_above(0), 4, 256), 4U);
}

TEST(FastestCallSize, TriesNothingWhenCallsTakeLong) {
  std::vector<std::size_t> sizes;
  const ProbeCall call = [&](std::size_t first, std::size_t count) {
    sizes.push_back(count);
    std::this_thread::sleep_for(milliseconds(11));
    return rows_apart(first, count);
  };
  EXPECT_EQ(fastest_call_size(call, 4, 256), 4U);
  EXPECT_EQ(sizes, (std::vector<std::size_t>(3, 4)));
}

TEST(SecondsPerRow, IsTheShortestOfAFewCalls) {
  std::vector<std::size_t> sizes;
  const ProbeCall call = [&](std::size_t first, std::size_t count) {
    // The first call takes longer, as it often does.
    std::this_thread::sleep_for(milliseconds(sizes.empty() ? 200 : 2));
    sizes.push_back(count);
    return rows_apart(first, count);
  };
  const double seconds = seconds_per_row(call, 4);
  EXPECT_GE(seconds, 0.002 / 4);
  EXPECT_LT(seconds, 0.2 / 4);
  EXPECT_GT(sizes.size(), 1U);
  EXPECT_EQ(sizes, std::vector<std::size_t>(sizes.size(), 4));
}

}  // namespace
}  // namespace modattr
