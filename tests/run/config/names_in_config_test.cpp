// Names of classes, modalities and columns in a configuration.

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "config_text.h"

namespace modattr {
namespace {

using NamesInConfig = ConfigTest;

TEST_F(NamesInConfig, ReadsNamesFromAListOrAFile) {
  std::string text = kShortest;
  text.replace(text.find(R"("v.npz")"), 7, R"("v.npz", "classes": ["cat", "dog, big"])");
  EXPECT_EQ(read(text).data.classes, (std::vector<std::string>{"cat", "dog, big"}));
  EXPECT_EQ(read(text).data.classes_file, std::nullopt);
  write_file(folder_ / "names.txt",
             "\xEF\xBB\xBF"
             "cat\r\n dog\r\n\r\n");
  text.replace(text.find(R"(["cat", "dog, big"])"), 19, R"("names.txt")");
  EXPECT_EQ(read(text).data.classes, (std::vector<std::string>{"cat", " dog"}));
  EXPECT_EQ(read(text).data.classes_file, folder_ / "names.txt");
}

TEST_F(NamesInConfig, RefusesNamesThatCannotBeToldApart) {
  EXPECT_EQ(error_with_data(R"("classes": ["cat", "dog", "cat"])"),
            "modattr.json: data.classes: expected distinct names, got 'cat' twice (numbers 0 and 2)");
  EXPECT_EQ(error_with_data(R"("classes": ["cat", " "])"),
            "modattr.json: data.classes: expected names that are not empty, got an empty one for number 1");
  EXPECT_EQ(error_with_data(R"("classes": [])"), "modattr.json: data.classes: expected names, got none");
  EXPECT_EQ(error_with_data(R"("classes": [1])"),
            "modattr.json: data.classes: expected a list of names, all of them texts, got [1]");
  EXPECT_EQ(error_with_data(R"("classes": 3)"),
            "modattr.json: data.classes: expected a list of names, or a file with one name per line, got 3");
  EXPECT_TRUE(mentions(error_with_data(R"("classes": "none.txt")"),
                       {"data.classes: expected a list of names or a file with one name per line, got '",
                        "none.txt', which cannot be read"}));
  write_file(folder_ / "names.txt", "cat\n\ndog\n");
  EXPECT_TRUE(
      mentions(error_with_data(R"("classes": "names.txt")"), {"got an empty one for number 1 in ", "names.txt"}));
  write_file(folder_ / "names.txt", "cat\n\xFF\n");
  EXPECT_TRUE(mentions(error_with_data(R"("classes": "names.txt")"), {"expected names in UTF-8"}));
}

TEST_F(NamesInConfig, RefusesNamesOfModalitiesThatResultsUse) {
  const std::string expected =
      "modattr.json: modalities[0].name: expected a name without '|', as results name pairs a|b, got '";
  for (const std::string name : {"a|b", "|"}) {
    EXPECT_EQ(error_with(R"("name": "a")", R"("name": ")" + name + R"(")"), expected + name + "'");
  }
  EXPECT_EQ(error_with(R"("name": "a")", R"("name": "All, at once")"), "nothing was thrown");
}

TEST_F(NamesInConfig, ReadsNamesOfColumnsWhereColumnsPlay) {
  EXPECT_EQ(error_with_modality(R"("columns": ["p"], "players": {"type": "element"})"),
            "modattr.json: modalities[0].columns: expected players.type column, got element, whose players are no "
            "columns; leave one of them out");
  EXPECT_EQ(error_with_modality(R"("columns": ["p"], "players": {"type": "column"})"), "nothing was thrown");
  std::string text = kShortest;
  text.replace(text.find(R"(["x"])"), 5, R"(["x"], "columns": ["p"])");
  EXPECT_EQ(player_type_of(read(text).modalities[0]), "column") << "whoever names columns wants to see them";
  EXPECT_EQ(player_type_of(read(kShortest).modalities[0]), "element");
}

}  // namespace
}  // namespace modattr
