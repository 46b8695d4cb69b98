// Interactions of the peers' own test suites, replayed through the real program.

#include <string>

#include <gtest/gtest.h>

#include "peer_case.h"
#include "shap_project.h"

namespace modattr {
namespace {

/// Every column of input x is a modality 0, 1, ... that is removed by zeros.
Project columns_project(const Json& peer, const std::string& forward) {
  Project project("regression", {});
  const TestArray x = input_of(peer, 0, "x");
  for (std::int64_t column = 0; column < x.shape[1]; ++column) {
    const std::string number = std::to_string(column);
    project.add_modality(number, {"x[" + number + "]"});
    project.config()["modalities"].back()["removal"] = {{"type", "zero"}};
  }
  project.model(forward).data({x});
  return project;
}

void expect_interactions(const std::string& id, const std::string& forward) {
  const Json peer = peer_case(id);
  const double tolerance = peer.at("tolerance").at("abs_exact").get<double>();
  const Json line = explained_examples(columns_project(peer, forward), {"--method", "exact"}).at(0);
  const Json& shapley = peer.at("expected").at("shapley");
  for (std::size_t player = 0; player < shapley.size(); ++player) {
    EXPECT_NEAR(line.at("modalities").at(std::to_string(player)).get<double>(), shapley[player].get<double>(),
                tolerance);
  }
  const Json& pairs = peer.at("expected").at("sii_pairs");
  EXPECT_EQ(line.at("interactions").size(), pairs.size());
  for (const auto& [pair, value] : pairs.items()) {
    std::string name = pair;
    name[name.find(',')] = '|';
    EXPECT_NEAR(line.at("interactions").at(name).get<double>(), value.get<double>(), tolerance) << pair;
  }
}

TEST(ShapPeerCases, PairsOfModalitiesInteract) {
  expect_interactions("interactions_pair_game5",
                      "def forward(self, x):\n"
                      "  s = 0.2 * x[:, 1] - 0.1 * x[:, 2] - 0.9 * x[:, 3]\n"
                      "  p = 0.4 * x[:, 0] * x[:, 1] + 0.3 * x[:, 1] * x[:, 3] + x[:, 2] * x[:, 4]\n"
                      "  return (s + p).unsqueeze(1)");
  expect_interactions("interactions_dummy7",
                      "def forward(self, x):\n"
                      "  return (x.sum(1) / 7.0 + x[:, 1] * x[:, 2]).unsqueeze(1)");
}

}  // namespace
}  // namespace modattr
