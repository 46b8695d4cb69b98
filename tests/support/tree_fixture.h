#pragma once

#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "modattr/trees/tree_ensemble.h"
#include "modattr/trees/tree_reader.h"

namespace modattr::testing {

inline std::string tree_fixture_path(const std::string& file) {
  return MODATTR_TEST_DIR "/fixtures/trees/" + file;
}

/// A table of numbers, null being NaN, row after row.
inline std::vector<double> numbers_of(const nlohmann::json& table) {
  std::vector<double> numbers;
  for (const nlohmann::json& row : table) {
    for (const nlohmann::json& number : row) {
      numbers.push_back(number.is_null() ? std::numeric_limits<double>::quiet_NaN() : number.get<double>());
    }
  }
  return numbers;
}

/// What XGBoost says of a small model (fixtures/trees/make.py).
struct TreeFixture {
  std::string name;
  TreeEnsemble ensemble;
  std::vector<double> rows;
  std::vector<double> background;
  std::vector<std::uint32_t> outputs;
  /// The whole description.
  nlohmann::json expected;

  std::vector<double> table(const char* key) const { return numbers_of(expected.at(key)); }
};

inline std::vector<TreeFixture> tree_fixtures() {
  std::vector<TreeFixture> fixtures;
  const nlohmann::json expected = nlohmann::json::parse(std::ifstream(tree_fixture_path("expected.json")));
  for (const nlohmann::json& model : expected) {
    const auto name = model.at("name").get<std::string>();
    fixtures.push_back({.name = name,
                        .ensemble = load_trees(tree_fixture_path(name + ".json"), TreeSplitRule::kXgboost),
                        .rows = numbers_of(model.at("rows")),
                        .background = numbers_of(model.at("background")),
                        .outputs = model.at("outputs").get<std::vector<std::uint32_t>>(),
                        .expected = model});
  }
  return fixtures;
}

}  // namespace modattr::testing
