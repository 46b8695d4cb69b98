#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "shap_project.h"

namespace modattr {

/// A model that XGBoost would have saved, of one tree per list of node arrays.
inline Json xgboost_model(const std::vector<Json>& trees, std::size_t column_count,
                          const std::string& objective = "reg:squarederror") {
  Json model = Json::object();
  model["trees"] = trees;
  model["tree_info"] = std::vector<int>(trees.size(), 0);
  Json learner = Json::object();
  learner["feature_names"] = Json::array();
  learner["gradient_booster"] = {{"name", "gbtree"}, {"model", model}};
  learner["learner_model_param"] = {{"base_score", objective == "reg:squarederror" ? "0E0" : "5E-1"},
                                    {"num_class", "0"},
                                    {"num_feature", std::to_string(column_count)}};
  learner["objective"] = {{"name", objective}};
  return {{"learner", learner}, {"version", {1, 7, 4}}};
}

/// x0 < 0.5 ? 0 : (x1 < 2 ? 2 : 4), where a missing x0 goes right and a missing x1 left.
inline Json small_tree() {
  return {{"left_children", {1, -1, 3, -1, -1}},      {"right_children", {2, -1, 4, -1, -1}},
          {"split_indices", {0, 0, 1, 0, 0}},         {"split_conditions", {0.5, 0.0, 2.0, 2.0, 4.0}},
          {"default_left", {0, 0, 1, 0, 0}},          {"sum_hessian", {4.0, 2.0, 2.0, 1.0, 1.0}},
          {"tree_param", {{"size_leaf_vector", "0"}}}};
}

/// The small tree on columns a and b, each a modality.
inline Project tree_project(const std::string& objective = "reg:squarederror") {
  Project project("xgboost", {});
  project.config()["model"]["path"] = "model.json";
  project.add_modality("a", {"x[0]"}).add_modality("b", {"x[1]"});
  for (Json& modality : project.config()["modalities"]) modality["kind"] = "columns";
  write_file(project.path("model.json"), xgboost_model({small_tree()}, 2, objective).dump());
  const float missing = std::nanf("");
  project.data({TestArray::of<float>("x", {4, 2}, {0, 1, 1, 1, 1, 3, missing, missing}),
                TestArray::of<std::int64_t>("label", {4}, {0, 1, 1, 1})});
  return project;
}

/// Runs a command on the demo of boosted trees.
inline ProgramResult run_trees(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--config", (kConfigs / "boosted-trees.json").string()});
  return run_program({.arguments = arguments});
}

}  // namespace modattr
