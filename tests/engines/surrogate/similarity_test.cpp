#include "modattr/engines/surrogate/similarity.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/shapley_game.h"

namespace modattr {
namespace {

TEST(CoalitionDistance, IsThatOfVectorsOfZerosAndOnes) {
  const Coalition half = coalition_of_bits(0b0011, 4);
  // (1, 1, 1, 1) . (1, 1, 0, 0) / (2 sqrt 2)
  EXPECT_DOUBLE_EQ(coalition_distance(half, Similarity::kCosine), 1.0 - 2.0 / (2.0 * std::sqrt(2.0)));
  EXPECT_DOUBLE_EQ(coalition_distance(half, Similarity::kEuclidean), std::sqrt(2.0));
  EXPECT_EQ(coalition_distance(Coalition::full(4), Similarity::kCosine), 0.0);
  EXPECT_EQ(coalition_distance(Coalition::full(4), Similarity::kEuclidean), 0.0);
  EXPECT_EQ(coalition_distance(Coalition::empty(4), Similarity::kCosine), 1.0);
  EXPECT_EQ(coalition_distance(Coalition::empty(0), Similarity::kCosine), 0.0);
}

TEST(KernelWeight, IsTheOneOfLimeAndTheOneOfCaptum) {
  // Weights of lime's image explainer for 3, 2, 1 and 0 of 3 superpixels.
  const std::array expected = {1.0, 0.763846796175913, 0.2395334131789507, 0.00033546262790251185};
  const std::array coalitions = {0b111U, 0b011U, 0b001U, 0b000U};
  for (std::size_t row = 0; row < 4; ++row) {
    const double distance = coalition_distance(coalition_of_bits(coalitions[row], 3), Similarity::kCosine);
    EXPECT_NEAR(kernel_weight(distance, 0.25), expected[row], 1e-12) << row;
  }
  EXPECT_NEAR(kernel_weight(3.0, 2.0), std::exp(-9.0 / (2.0 * 4.0)), 1e-15);
}

TEST(DefaultKernelWidth, IsThePeersOwn) {
  EXPECT_EQ(default_kernel_width(Similarity::kCosine, 9), 0.25);
  EXPECT_EQ(default_kernel_width(Similarity::kEuclidean, 16), 3.0);
  EXPECT_EQ(default_kernel_width(Similarity::kInputCosine, 9), 1.0);
  // lime's text: width 25 for a hundredfold distance.
  EXPECT_NEAR(kernel_weight(0.3, 0.25), std::sqrt(std::exp(-std::pow(100.0 * 0.3, 2.0) / (25.0 * 25.0))), 1e-15);
}

TEST(ParseSimilarity, NamesTheNearestWord) {
  for (const std::string& name : similarity_names()) {
    EXPECT_EQ(similarity_names()[static_cast<std::size_t>(parse_similarity(name))], name);
  }
  EXPECT_FALSE(is_measured(parse_similarity("euclidean")));
  EXPECT_TRUE(is_measured(parse_similarity("encoder")));
  EXPECT_THROW(parse_similarity("cosin"), ConfigError);
}

}  // namespace
}  // namespace modattr
