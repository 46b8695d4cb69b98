#include "run/setup/class_names.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "run/run_set.h"
#include "run/setup/explained_examples.h"
#include "run/setup/targets.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

Config config_with(const std::vector<std::string>& names) {
  Config config;
  config.data.classes = names;
  return config;
}

std::string refusal_of(const Config& config, const std::string& word) {
  return spell_options(thrown_message<ConfigError>([&] { return class_of_word(config, word); }), command_line_option);
}

std::string opening_error(RunSet& set) {
  const std::string message = thrown_message<ConfigError>([&] { set.open(); });
  const std::size_t place = message.find("modattr.json");
  return place == std::string::npos ? message : message.substr(place);
}

TEST(ClassNames, ChooseAClassLikeItsIndex) {
  const Config config = config_with({"cat", "dog", "label"});
  EXPECT_EQ(class_of_word(config, "dog"), 1U);
  EXPECT_EQ(class_of_word(config, "1"), 1U);
  EXPECT_EQ(class_of_word(config, "17"), 17U) << "the target knows how many there are";
  EXPECT_EQ(
      refusal_of(config, "dgo"),
      "--target: expected predicted, label, a name of data.classes or a class index from 0 on, got 'dgo'; did you "
      "mean 'dog'?");
  EXPECT_EQ(refusal_of(config_with({}), "dog"),
            "--target: expected predicted, label or a class index from 0 on, got 'dog'");
}

TEST(ClassNames, WarnOfANumberThatNamesAnotherClass) {
  const Config config = config_with({"2", "1", "zero"});
  EXPECT_EQ(spell_options(warning_of_number(config, "2").value_or(""), command_line_option),
            "--target 2 is an index, that of class 'zero'; the class named '2' has index 0");
  EXPECT_EQ(warning_of_number(config, "1"), std::nullopt) << "it names itself";
  EXPECT_EQ(warning_of_number(config, "0"), std::nullopt);
  EXPECT_EQ(warning_of_number(config, "zero"), std::nullopt);
}

TEST(ClassNames, AreAsManyAsTheClassesOfTheModel) {
  RunSet set;
  set.config["data"]["classes"] = {"cat", "dog", "bird"};
  EXPECT_TRUE(mentions(opening_error(set), {"data.classes: expected 2 names as ", "model.pt has 2 classes, got 3"}));
  set.config["data"]["classes"] = "names.txt";
  write_file(set.write_config().parent_path() / "names.txt", "cat\n");
  EXPECT_TRUE(mentions(opening_error(set), {"has 2 classes, got 1 in ", "names.txt"}));
  // One logit stands for two classes.
  set.model("def forward(self, a, b): return (a + b)[:, 0]");
  set.config["data"]["classes"] = {"cat", "dog"};
  EXPECT_EQ(set.open()->dataset().strata("label").at(1).name, "dog");
}

/// The arrays of the set, and texts of three bytes at most.
void add_class_texts(const RunSet& set, const std::vector<std::string>& texts) {
  std::string bytes;
  for (const std::string& text : texts) bytes += text + std::string(3 - text.size(), '\0');
  std::vector<TestMember> members;
  for (const TestArray& array : RunSet::arrays()) members.push_back({array.name + ".npy", npy_content(array)});
  members.push_back({"label__classes.npy", npy_content("{'descr': '|S3', 'fortran_order': False, 'shape': (" +
                                                           std::to_string(texts.size()) + ",), }",
                                                       bytes)});
  write_zip(set.write_config().parent_path() / "val.npz", members);
}

TEST(ClassNames, MayStandInTheData) {
  RunSet set;
  add_class_texts(set, {"cat", "dog"});
  EXPECT_EQ(set.open()->config().data.classes, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(set.open()->dataset().strata("label").at(1).name, "dog");
  set.config["data"]["classes"] = {"no", "yes"};
  EXPECT_EQ(set.open()->dataset().strata("label").at(1).name, "yes") << "the configuration goes before";
}

TEST(ClassNames, OfTheDataFitTheModelToo) {
  RunSet set;
  add_class_texts(set, {"cat", "dog", "owl"});
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { set.open(); }),
                       {"val.npz: array 'label__classes': expected 2 names as ", "got 3"}));
  add_class_texts(set, {"cat", "cat"});
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { set.open(); }), {"val.npz: array 'label__classes': expected "}));
}

TEST(ClassNames, AreOfClassesOrLabels) {
  RunSet set;
  set.config["model"]["kind"] = "regression";
  set.config["data"]["classes"] = {"cat", "dog"};
  EXPECT_TRUE(mentions(
      thrown_message<ConfigError>(
          [&] { set.open({.common = {}, .metric = {}, .metric_need = MetricNeed::kWhereThereIsOne}); }),
      {"data.classes: expected a model of classes or labels, got one of kind regression, which has none to name"}));
}

TEST(ClassNames, StandInTheRecordsOfExamples) {
  RunSet set;
  set.config["data"]["classes"] = {"cat", "dog"};
  const auto experiment = set.open();
  const ExplainedTargets targets = make_targets(*experiment, {.target = "dog"}, set.progress());
  std::vector<ExampleAttribution> explained(2);
  explained[1].example = 5;
  const std::vector<ExampleRecord> records = example_records(*experiment, targets, explained);
  EXPECT_EQ(records[0].label_name, "cat");
  EXPECT_EQ(records[0].predicted_name, "cat");
  EXPECT_EQ(records[0].target_name, "dog");
  EXPECT_EQ(records[0].target, 1U);
  EXPECT_EQ(records[1].label_name, "cat") << "predicted wrongly";
  EXPECT_EQ(records[1].predicted_name, "dog");
}

TEST(ClassNames, CanBeTheTargetOfAConfiguration) {
  RunSet set;
  set.config["data"]["classes"] = {"cat", "dog"};
  set.config["target"] = "dog";
  EXPECT_EQ(set.open()->config().target.fixed, 1U);
  set.config["target"] = "dgo";
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { set.open(); }),
                       {R"(target: expected "predicted", "label", a name of data.classes or a class index, got "dgo")",
                        "did you mean 'dog'?"}));
}

}  // namespace
}  // namespace modattr
