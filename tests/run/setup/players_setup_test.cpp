#include "run/setup/players_setup.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "run/run_set.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

std::vector<std::string> labels_of(RunSet& set, std::size_t modality) {
  const auto experiment = set.open();
  return PlayersSetup(*experiment).segmentations().at(modality)->layout(0)->labels;
}

TEST(PlayersSetup, CutsModalitiesByTheirKind) {
  RunSet set;
  EXPECT_EQ(labels_of(set, 0).size(), 2U);
  set.config["modalities"][0]["players"] = {{"type", "whole"}};
  EXPECT_EQ(labels_of(set, 0).size(), 1U);
  EXPECT_EQ(labels_of(set, 1).size(), 2U);
}

TEST(PlayersSetup, NamesTheInputsOfEachModality) {
  RunSet set;
  std::swap(set.config["modalities"][0], set.config["modalities"][1]);
  const auto experiment = set.open();
  const PlayersSetup players(*experiment);
  const std::vector<std::string> names = experiment->layout().input_names();
  ASSERT_EQ(players.inputs().size(), 2U);
  EXPECT_EQ(names[players.inputs()[0].front()], "b");
  EXPECT_EQ(names[players.inputs()[1].front()], "a");
}

TEST(PlayersSetup, TakesMasksFromTheData) {
  RunSet set;
  set.config["modalities"][0]["players"] = {{"type", "mask"}};
  const auto experiment = set.open();
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { const PlayersSetup players(*experiment); }),
                       {"expected an array 'a__players' for modality 'a'", "got none"}));
  std::vector<TestArray> arrays = RunSet::arrays();
  arrays.push_back(TestArray::of<std::int64_t>("a__players", {1, 2}, {7, 7}));
  set.data(arrays);
  EXPECT_EQ(labels_of(set, 0).size(), 1U);
}

}  // namespace
}  // namespace modattr
