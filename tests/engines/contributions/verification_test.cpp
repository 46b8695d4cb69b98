#include "modattr/engines/contributions/verification.h"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace modattr {
namespace {

TEST(Verification, ComparesByHand) {
  const std::array values = {1.0, 2.0, 3.0};
  const std::array shapley = {1.0, 1.0, 4.0};
  const std::array modalities = {3.0, 3.0};
  const std::array shapley_modalities = {2.0, 4.0};
  const Verification result = compare_values(values, shapley, modalities, shapley_modalities);
  EXPECT_DOUBLE_EQ(result.squared_distance, 2.0 / 18.0);
  EXPECT_DOUBLE_EQ(result.modality_distance, 2.0 / 6.0);
  // Covariance 3, variances 2 and 6.
  EXPECT_NEAR(*result.correlation, 3.0 / std::sqrt(12.0), 1e-12);
}

TEST(Verification, HasNoCorrelationWithoutVariance) {
  const std::array values = {1.0, 1.0};
  const std::array modalities = {2.0};
  EXPECT_FALSE(compare_values(values, values, modalities, modalities).correlation);
}

TEST(Verification, KeepsItsNumbersAsBytes) {
  const Verification written{.squared_distance = 0.1,
                             .correlation = 0.9,
                             .modality_distance = 0.2,
                             .std_error = 0.01,
                             .method = "exact",
                             .evaluation_count = 12};
  ByteWriter writer;
  put_verification(written, writer);
  ByteReader reader(writer.bytes());
  const Verification read = take_verification(reader);
  EXPECT_EQ(read.squared_distance, 0.1);
  EXPECT_EQ(read.correlation, 0.9);
  EXPECT_EQ(read.modality_distance, 0.2);
  EXPECT_EQ(read.std_error, 0.01);
  EXPECT_EQ(read.method, "exact");
  EXPECT_EQ(read.evaluation_count, 12U);
}

TEST(Verification, RowsAreMeansOverExamples) {
  std::vector<Score> rows;
  const std::vector<Verification> verifications = {{.squared_distance = 0.2, .correlation = 0.8, .method = "exact"},
                                                   {.squared_distance = 0.4, .correlation = {}, .method = "exact"}};
  add_verification_rows(verifications, rows);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_NEAR(*rows[0].value, 0.3, 1e-12);
  EXPECT_EQ(rows[0].examples, 2U);
  EXPECT_NEAR(*rows[1].value, 0.8, 1e-12);
  EXPECT_EQ(rows[1].examples, 1U);
}

}  // namespace
}  // namespace modattr
