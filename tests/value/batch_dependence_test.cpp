#include "modattr/value/batch_dependence.h"

#include <vector>

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "fake_model.h"
#include "modattr/core/error.h"
#include "number_set.h"

namespace modattr {
namespace {

using Inputs = std::span<const at::Tensor>;

/// What is found out about a function of the first input, numbers 0 ... 39.
BatchDependence behaviour_of(const FakeModel::Function& function, std::size_t rows_per_call = 64) {
  std::vector<std::vector<std::int64_t>> numbers(2);
  for (std::int64_t example = 0; example < 40; ++example) {
    numbers[0].push_back(example);
    numbers[1].push_back(1);
  }
  const NumberSet set(numbers);
  const FakeModel model({}, function);
  return probe_batch_dependence(model, set.dataset(), set.layout(), rows_per_call);
}

at::Tensor first_of(Inputs inputs) {
  return inputs[0].to(at::kDouble).reshape({inputs[0].size(0), -1});
}

TEST(BatchDependence, IsIndependentWhereRowsAreApart) {
  EXPECT_EQ(behaviour_of([](Inputs inputs) { return at::sin(first_of(inputs)); }), BatchDependence::kIndependent);
  EXPECT_EQ(behaviour_of([](Inputs inputs) { return at::sin(first_of(inputs)); }, 1), BatchDependence::kIndependent);
}

TEST(BatchDependence, SeesSumsOverTheBatch) {
  const auto less_mean = [](Inputs inputs) { return first_of(inputs) - first_of(inputs).mean(); };
  EXPECT_EQ(behaviour_of(less_mean), BatchDependence::kDependsOnNeighbours);
}

TEST(BatchDependence, SeesALoopThatEndsEarlierAmongLikeRows) {
  // Only where all rows of the batch are below 10.
  const auto shortcut = [](Inputs inputs) {
    const at::Tensor rows = first_of(inputs);
    return at::lt(rows, 10.0).all().item<bool>() ? rows + 1.0 : rows;
  };
  EXPECT_EQ(behaviour_of(shortcut), BatchDependence::kDependsOnNeighbours);
}

TEST(BatchDependence, SeesChance) {
  double call = 0.0;
  const auto drifting = [&](Inputs inputs) { return first_of(inputs) + ++call; };
  EXPECT_EQ(behaviour_of(drifting), BatchDependence::kRandom);
}

TEST(BatchDependence, LeavesFailuresToTheRun) {
  const auto failing = [](Inputs) -> at::Tensor { throw ModelError("64 rows, please"); };
  EXPECT_EQ(behaviour_of(failing), BatchDependence::kIndependent);
}

}  // namespace
}  // namespace modattr
