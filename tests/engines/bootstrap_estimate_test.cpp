#include "modattr/engines/bootstrap_estimate.h"

#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/metric.h"
#include "modattr/core/progress.h"

namespace modattr {
namespace {

TEST(BootstrapError, IsTheDeviationOfTheReplicates) {
  // Around 2 by 1, with 4 - 1 degrees of freedom.
  EXPECT_NEAR(bootstrap_error({2.0, {1.0, 3.0, 1.0, 3.0}}).value(), std::sqrt(4.0 / 3.0), 1e-15);
  EXPECT_NEAR(bootstrap_error({2.0, {1.0, 3.0, std::nullopt, 1.0, 3.0}}).value(), std::sqrt(4.0 / 3.0), 1e-15);
  EXPECT_EQ(bootstrap_error({2.0, {1.0, std::nullopt, std::nullopt, 3.0, std::nullopt}}), std::nullopt);
  EXPECT_EQ(bootstrap_error({2.0, {}}), std::nullopt);
}

TEST(NormalPValue, IsTwoSided) {
  const double error = std::sqrt(4.0 / 3.0);
  // The quantiles of the normal distribution.
  EXPECT_NEAR(normal_p_value({1.959963984540054 * error, {1.0, 3.0, 1.0, 3.0}}).value(), 0.05, 1e-12);
  EXPECT_NEAR(normal_p_value({-2.575829303548901 * error, {1.0, 3.0, 1.0, 3.0}}).value(), 0.01, 1e-12);
}

TEST(NormalPValue, IsOneForNoEffectAndUnknownWithoutAnError) {
  EXPECT_EQ(normal_p_value({0.0, {0.0, 0.0, 0.0}}), 1.0);
  EXPECT_EQ(normal_p_value({1.0, {1.0, 1.0, 1.0}}), std::nullopt);
  EXPECT_EQ(normal_p_value({1.0, {}}), std::nullopt);
  EXPECT_EQ(normal_p_value({std::nullopt, {1.0, 2.0}}), std::nullopt);
}

/// The user asks to stop at the third question.
class Impatient final : public Progress {
 public:
  void stop_if_asked() const override {
    if (++asked_ == 3) throw Interrupted("interrupted");
  }

 private:
  mutable int asked_ = 0;
};

TEST(BootstrapEstimates, StopWhenTheUserAsks) {
  class Mean final : public OutcomeScorer {
   public:
    std::optional<double> score(std::span<const std::uint32_t>) const override {
      ++count;
      return 1.0;
    }
    mutable int count = 0;
  };
  std::vector<std::unique_ptr<OutcomeScorer>> draws;
  draws.push_back(std::make_unique<Mean>());
  const Mean& mean = static_cast<const Mean&>(*draws.front());
  std::vector<DrawScorer> scorers;
  scorers.emplace_back(std::move(draws));
  const Impatient progress;
  EXPECT_THROW(bootstrap_estimates(scorers, {.example_count = 5, .progress = &progress}, Rng(1)), Interrupted);
  EXPECT_EQ(mean.count, 3) << "the sample itself and two resamples";
}

}  // namespace
}  // namespace modattr
