#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "peer_case.h"
#include "shap_project.h"

namespace modattr {

/// A case whose inputs a, b, ... are one modality; removed by the case's baselines, cut by its masks or into elements.
class PeerProject {
 public:
  explicit PeerProject(const std::string& id, const std::string& forward,
                       const std::vector<ModelParameter>& parameters = {})
      : peer_(peer_case(id)) {
    std::vector<std::string> names;
    for (std::size_t input = 0; input < peer_.at("inputs").size(); ++input) {
      names.emplace_back(1, static_cast<char>('a' + input));
      arrays_.push_back(input_of(peer_, input, names.back()));
    }
    project_.add_modality("all", names).model(forward, parameters);
    Json& modality = project_.config()["modalities"][0];
    modality["players"] = {{"type", add_companions("feature_mask", "__players") ? "mask" : "element"}};
    modality["removal"] = {{"type", add_companions("baselines", "__baseline") ? "file" : "zero"}};
    project_.data(arrays_);
  }

  const Json& expected(const char* key) const { return peer_.at("expected").at(key); }
  double tolerance() const { return peer_.at("tolerance").at("abs_exact").get<double>(); }
  const Project& project() const { return project_; }
  Json& modality() { return project_.config()["modalities"][0]; }

  /// Removes by the case's baselines as rows of a reference set.
  void use_background() {
    write_npz(project_.path("reference.npz"), {array_of(peer_.at("baselines").at(0), "a")});
    modality()["removal"] = {{"type", "background"}, {"path", "reference.npz"}, {"rows", 0}};
  }

  /// The players of every example, and that they add up; `values`: [examples][players].
  void expect_players(const Json& values, const std::vector<std::string>& arguments) const {
    const std::vector<Json> lines = explained_examples(project_, arguments);
    ASSERT_EQ(lines.size(), values.size());
    for (std::size_t example = 0; example < lines.size(); ++example) {
      const Json& players = lines[example].at("players");
      ASSERT_EQ(players.size(), values[example].size()) << players;
      for (std::size_t player = 0; player < players.size(); ++player) {
        EXPECT_NEAR(players[player].at("value").get<double>(), values[example][player].get<double>(), tolerance())
            << players[player];
        EXPECT_EQ(players[player].at("std_error"), 0.0);
      }
      EXPECT_NEAR(lines[example].at("efficiency_gap").get<double>(), 0.0, tolerance());
    }
  }

 private:
  bool add_companions(const char* key, const std::string& suffix) {
    const Json& tensors = peer_.at(key);
    for (std::size_t input = 0; input < tensors.size(); ++input) {
      arrays_.push_back(array_of(tensors[input], std::string(1, static_cast<char>('a' + input)) + suffix));
    }
    return !tensors.empty();
  }

  Json peer_;
  std::vector<TestArray> arrays_;
  Project project_{"regression", {}};
};

}  // namespace modattr
