// Local surrogates of the peers' own test suites, replayed through the real program.

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lime_project.h"
#include "peer_case.h"

namespace modattr {
namespace {

using Words = std::vector<std::string>;

/// A case of the network of four units behind the sum of its inputs a, b, ...; they are one modality, removed by the
/// case's baselines and cut by its masks.
Project step_project(const Json& peer) {
  Project project("regression", {});
  Words names;
  std::vector<TestArray> arrays;
  std::string arguments;
  std::string sum;
  for (std::size_t input = 0; input < peer.at("inputs").size(); ++input) {
    names.emplace_back(1, static_cast<char>('a' + input));
    arrays.push_back(input_of(peer, input, names.back()));
    arrays.push_back(array_of(peer.at("feature_mask").at(input), names.back() + "__players"));
    arrays.push_back(array_of(peer.at("baselines").at(input), names.back() + "__baseline"));
    arguments += ", " + names.back();
    sum += (input == 0 ? "" : " + ") + names.back();
  }
  project.add_modality("all", names);
  project.config()["modalities"][0]["players"] = {{"type", "mask"}};
  project.config()["modalities"][0]["removal"] = {{"type", "file"}};
  project.data(arrays).model("def forward(self" + arguments + "):\n  h = torch.relu((" + sum +
                                 ").sum(1, True) + self.bias).sum(1, True)\n  return torch.cat([h - 1.0, h + 1.0], 1)",
                             {{"bias", {4}, {-10.0F, 1.0F, 1.0F, 1.0F}}});
  return project;
}

void expect_line(const Json& line, const Json& coefficients, const Json& intercept, double tolerance) {
  ASSERT_EQ(line.at("players").size(), coefficients.size()) << line;
  for (std::size_t player = 0; player < coefficients.size(); ++player) {
    EXPECT_NEAR(line.at("players")[player].at("value").get<double>(), coefficients[player].get<double>(), tolerance);
  }
  EXPECT_NEAR(line.at("intercept").get<double>(), intercept.get<double>(), tolerance);
  EXPECT_EQ(line.at("held_out"), nullptr);
  EXPECT_EQ(line.at("stability"), 1.0);
}

class CaptumCases : public testing::TestWithParam<std::string> {};

TEST_P(CaptumCases, AreTheLassoOnEveryCoalitionOnce) {
  const Json peer = peer_case(GetParam());
  const Project project = step_project(peer);
  const std::vector<Json> lines =
      lime_examples(project, {"--budget", "all", "--surrogate", "lasso", "--alpha", "1", "--selection", "none",
                              "--similarity", "input-cosine", "--kernel-width", "10", "--target", "0"});
  ASSERT_EQ(lines.size(), 1U);
  expect_line(lines[0], peer.at("expected").at("coefficients_all_coalitions_once"), peer.at("expected").at("intercept"),
              peer.at("tolerance").at("abs_exact").get<double>());
  const Json& theirs = peer.at("expected").at("peer_test_value");
  for (std::size_t player = 0; player < theirs.size(); ++player) {
    EXPECT_NEAR(lines[0].at("players")[player].at("value").get<double>(), theirs[player].get<double>(),
                peer.at("tolerance").at("peer_test_delta").get<double>());
  }
}

INSTANTIATE_TEST_SUITE_P(PeerCases, CaptumCases,
                         testing::Values("lime_captum_step_mlp", "lime_captum_grouped", "lime_captum_grouped_base4",
                                         "lime_captum_3in_groups"),
                         [](const auto& instance) { return instance.param; });

TEST(LimePeerCases, SuperpixelsAreARidgeOfEveryCoalition) {
  const Json peer = peer_case("lime_image_kernel_ridge");
  const double tolerance = peer.at("tolerance").at("abs_exact").get<double>();
  // lime's defaults are ours.
  const Json line = lime_examples(step_project(peer), {"--budget", "all", "--target", "0"}).at(0);
  expect_line(line, peer.at("expected").at("coefficients"), peer.at("expected").at("intercept"), tolerance);
  EXPECT_NEAR(line.at("r2").get<double>(), peer.at("expected").at("score_r2").get<double>(), tolerance);
}

}  // namespace
}  // namespace modattr
