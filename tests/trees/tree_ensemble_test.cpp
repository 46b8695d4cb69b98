#include "modattr/trees/tree_ensemble.h"

#include <cmath>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(TreeEnsemble, TurnsMarginsIntoPredictions) {
  EXPECT_EQ(linked(TreeLink::kIdentity, -2.0), -2.0);
  EXPECT_NEAR(linked(TreeLink::kExponential, 1.5), std::exp(1.5), 1e-15);
  EXPECT_NEAR(linked(TreeLink::kLogistic, 0.0), 0.5, 1e-15);
  EXPECT_EQ(linked(TreeLink::kSignedSquare, -3.0), -9.0);
}

TEST(TreeEnsemble, CountsItsNodes) {
  TreeEnsemble ensemble;
  ensemble.trees = {{.nodes = std::vector<TreeNode>(3)}, {.nodes = std::vector<TreeNode>(1)}};
  EXPECT_EQ(ensemble.parameter_count(), 4U);
}

}  // namespace
}  // namespace modattr
