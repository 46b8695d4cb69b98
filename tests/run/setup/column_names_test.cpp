#include "run/setup/column_names.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "run/run_set.h"
#include "run/setup/players_setup.h"
#include "support/thrown_message.h"

namespace modattr::column_names_test {
namespace {

using namespace std::string_literals;
using Names = std::vector<std::string>;

Names labels_of(RunSet& set, std::size_t modality) {
  const auto experiment = set.open();
  return PlayersSetup(*experiment).segmentations().at(modality)->layout(0)->labels;
}

/// The arrays of the set, and texts of two bytes at most.
void add_texts(const RunSet& set, const std::string& name, const std::vector<std::string>& texts) {
  std::string bytes;
  for (const std::string& text : texts) bytes += text + std::string(2 - text.size(), '\0');
  std::vector<TestMember> members;
  for (const TestArray& array : RunSet::arrays()) members.push_back({array.name + ".npy", npy_content(array)});
  members.push_back({name + ".npy", npy_content("{'descr': '|S2', 'fortran_order': False, 'shape': (" +
                                                    std::to_string(texts.size()) + ",), }",
                                                bytes)});
  write_zip(set.write_config().parent_path() / "val.npz", members);
}

TEST(ColumnNames, AreThoseOfTheConfiguration) {
  RunSet set;
  set.config["modalities"][0]["columns"] = {"age", "height, in cm"};
  EXPECT_EQ(labels_of(set, 0), (Names{"age", "height, in cm"}));
  EXPECT_EQ(labels_of(set, 1), (Names{"b[0]", "b[1]"}));
}

TEST(ColumnNames, ComeFromAFile) {
  RunSet set;
  set.config["modalities"][1]["columns"] = "columns.txt";
  write_file(set.write_config().parent_path() / "columns.txt", "age\r\nheight\n\n");
  EXPECT_EQ(labels_of(set, 1), (Names{"age", "height"}));
}

TEST(ColumnNames, OfAPartFollowItsColumns) {
  RunSet set;
  set.model("def forward(self, a): return a");
  set.config["modalities"] = {{{"name", "last"}, {"kind", "columns"}, {"inputs", {"a[1]"}}, {"columns", {"height"}}},
                              {{"name", "first"}, {"kind", "columns"}, {"inputs", {"a[0]"}}, {"columns", {"age"}}}};
  EXPECT_EQ(labels_of(set, 0), Names{"height"});
  EXPECT_EQ(labels_of(set, 1), Names{"age"});
}

TEST(ColumnNames, OfTheDataAreThoseOfTheWholeArray) {
  RunSet set;
  add_texts(set, "a__columns", {"p", "qq"});
  EXPECT_EQ(labels_of(set, 0), (Names{"p", "qq"}));
  EXPECT_EQ(labels_of(set, 1), (Names{"b[0]", "b[1]"}));
  set.model("def forward(self, a): return a");
  set.config["modalities"] = {{{"name", "last"}, {"kind", "columns"}, {"inputs", {"a[1]"}}}};
  EXPECT_EQ(labels_of(set, 0), Names{"qq"});
}

TEST(ColumnNames, OfTheConfigurationGoBeforeThoseOfTheData) {
  RunSet set;
  add_texts(set, "a__columns", {"p", "qq"});
  set.config["modalities"][0]["columns"] = {"age", "height"};
  EXPECT_EQ(labels_of(set, 0), (Names{"age", "height"}));
}

TEST(ColumnNames, AreAsManyAsTheColumns) {
  RunSet set;
  set.config["modalities"][1]["columns"] = {"age"};
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { set.open(); }),
                       {"modalities[1].columns: expected 2 names, one for each column of modality 'b', got 1"}));
  set.config["modalities"][1].erase("columns");
  add_texts(set, "b__columns", {"p", "q", "r"});
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { set.open(); }),
                       {"val.npz: array 'b__columns': expected 2 names, one for each column of 'b', got 3"}));
  add_texts(set, "b__columns", {"p", "p"});
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { set.open(); }),
                       {"array 'b__columns': expected distinct names, got 'p' twice (numbers 0 and 1)"}));
}

TEST(ColumnNames, OfOtherPlayersAreNotRead) {
  RunSet set;
  add_texts(set, "a__columns", {"p", "p"});
  set.config["modalities"][0]["kind"] = "tensor";
  EXPECT_EQ(labels_of(set, 0).size(), 2U);
}

}  // namespace
}  // namespace modattr::column_names_test
