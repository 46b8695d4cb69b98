// Numbers from the peers' own test suites, replayed through the real program.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "peer_case.h"

namespace modattr {
namespace {

/// Every column of input x is a modality.
Project column_project(const Json& peer, const char* kind, const char* metric) {
  Project project(kind, {});
  const auto columns = peer.at("inputs").at(0).at("shape").at(1).get<int>();
  for (int column = 0; column < columns; ++column) {
    const std::string number = std::to_string(column);
    project.add_modality("x" + number, {"x[" + number + "]"});
  }
  project.config()["metric"] = metric;
  return project;
}

std::string column_name(std::size_t column) {
  return "x" + std::to_string(column);
}

constexpr double kRepeats = 2000.0;

TEST(PeerCases, SquaredErrorOfALinearModelIsExact) {
  const Json peer = peer_case("permutation_importance_mse_exact");
  Project project = column_project(peer, "regression", "mse");
  project.model("def forward(self, x):\n  return x @ self.weight", {{"weight", {3, 1}, {1.0F, 2.0F, 0.0F}}})
      .data({input_of(peer, 0, "x"),
             TestArray::of<double>("label", {5}, peer.at("params").at("labels").get<std::vector<double>>())});
  const double tolerance = peer.at("tolerance").at("abs_exact").get<double>();
  const Scores exact = project.permute({"--exact"});
  const Scores sampled = project.permute({"--repeats", "2000"});
  EXPECT_NEAR(exact.score(), peer.at("params").at("base_loss").get<double>(), tolerance);
  for (std::size_t column = 0; column < 3; ++column) {
    const double pairs = peer.at("expected").at("mean_over_pairs_i_ne_j").at(column).get<double>();
    const double all = peer.at("expected").at("mean_over_all_permutations").at(column).get<double>();
    const std::string name = column_name(column);
    EXPECT_NEAR(exact.drop(name), pairs, tolerance);
    EXPECT_NEAR(exact.drop(name) * (1.0 - 1.0 / 5.0), all, tolerance);
    EXPECT_EQ(exact.std_error(name), 0.0);
    EXPECT_NEAR(sampled.drop(name), all, 3.0 * sampled.std_error(name) + tolerance);
  }
}

TEST(PeerCases, AccuracyOfAThresholdKeepsTheIdentityPermutation) {
  const Json peer = peer_case("permutation_importance_accuracy_docstring");
  Project project = column_project(peer, "logits", "accuracy");
  project.model("def forward(self, x):\n  z = x[:, 0] - 0.5\n  return torch.stack([-z, z], dim=1)")
      .data(
          {input_of(peer, 0, "x"),
           TestArray::of<std::int64_t>("label", {6}, peer.at("params").at("labels").get<std::vector<std::int64_t>>())});
  const double tolerance = peer.at("tolerance").at("abs_exact").get<double>();
  const Scores exact = project.permute({"--exact"});
  const Scores sampled = project.permute({"--repeats", "2000"});
  EXPECT_EQ(exact.score(), peer.at("params").at("baseline_score").get<double>());
  for (std::size_t column = 0; column < 3; ++column) {
    const double pairs = peer.at("expected").at("mean_over_pairs_i_ne_j").at(column).get<double>();
    const double all = peer.at("expected").at("mean_over_all_permutations").at(column).get<double>();
    const std::string name = column_name(column);
    EXPECT_NEAR(exact.drop(name), pairs, tolerance);
    EXPECT_NEAR(exact.drop(name) * (1.0 - 1.0 / 6.0), all, tolerance);
    EXPECT_NEAR(sampled.drop(name), all, 3.0 * sampled.std_error(name) + tolerance);
  }
  // The standard deviation of a standard deviation from R draws is about sd / sqrt(2 R).
  const double deviation = peer.at("expected").at("std_over_all_permutations").get<double>();
  EXPECT_NEAR(sampled.std_error("x0") * std::sqrt(kRepeats), deviation, 4.0 * deviation / std::sqrt(2.0 * kRepeats));
}

TEST(PeerCases, InputsOfOneModalityShareTheirPermutation) {
  const Json peer = peer_case("permutation_same_modality_two_tensors");
  Project project("regression", {});
  project.add_modality("A", {"a", "b"}).add_modality("C", {"c"});
  project.model("def forward(self, a, b, c):\n  return ((a - b).abs() + c).sum(dim=1, keepdim=True)")
      .data({input_of(peer, 0, "a"), input_of(peer, 1, "b"), input_of(peer, 2, "c"),
             TestArray::of<float>("label", {5}, {1.5F, 1.5F, 1.5F, 1.5F, 1.5F})});
  const Json& expected = peer.at("expected").at("mean_change_of_output");
  const double tolerance = peer.at("tolerance").at("abs_exact").get<double>();
  const Scores output = project.permute({"--metric", "output"});
  EXPECT_EQ(output.drop("A"), expected.at("modality A = inputs 0 and 1 (one shared permutation)").get<double>());
  EXPECT_NEAR(output.drop("C"), expected.at("modality C = input 2").get<double>(), tolerance);
  const Scores error = project.permute({"--metric", "mse"});
  EXPECT_EQ(error.drop("A"), 0.0);
  EXPECT_EQ(error.row("A", "permutation.drop").at("ci95"), Json({0.0, 0.0}));
}

TEST(PeerCases, OneRowPerGroupShowsTheSwapOfTwoRows) {
  const Json peer = peer_case("permutation_two_rows_swap");
  Project project = column_project(peer, "regression", "output");
  project.config()["data"]["group"] = "row";
  project.model("def forward(self, x):\n  return x.sum(dim=-1)")
      .data({input_of(peer, 0, "x"), TestArray::of<std::int64_t>("row", {2}, {0, 1})});
  const Scores exact = project.permute({"--exact"});
  const Json& attribution = peer.at("expected").at("attribution");
  for (std::size_t row = 0; row < 2; ++row) {
    for (std::size_t column = 0; column < 4; ++column) {
      EXPECT_NEAR(exact.drop(column_name(column), std::to_string(row)), attribution.at(row).at(column).get<double>(),
                  peer.at("tolerance").at("abs_exact").get<double>());
    }
  }
}

}  // namespace
}  // namespace modattr
