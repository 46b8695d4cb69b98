#include "run/setup/explained_text.h"

#include <gtest/gtest.h>

#include "run/run_set.h"

namespace modattr {
namespace {

std::vector<std::string> words(RunSet& set, const TargetChoices& choices, const ExplainedBy& by,
                               const std::vector<std::size_t>& evaluation_counts) {
  const auto experiment = set.open();
  const ExplainedTargets targets = make_targets(*experiment, choices, set.progress());
  const RemovalSetup removal(*experiment, std::nullopt);
  std::vector<ExampleRecord> records;
  for (const std::size_t count : evaluation_counts) records.emplace_back().attribution.evaluation_count = count;
  return explained_text(*experiment, targets, removal, by, records);
}

TEST(ExplainedText, SaysWhatIsExplainedAndHow) {
  RunSet set;
  EXPECT_EQ(words(set, {}, {.target = "predicted", .index = "owen", .method = "gp"}, {30, 30}),
            (std::vector<std::string>{"probability of the predicted class", "owen", "gp, 30 evaluations per example",
                                      "a and b removed by 6 rows of the background"}));
  EXPECT_EQ(words(set, {.target = "1", .value = "logit"}, {.target = "1"}, {30, 54}).at(1),
            "30 to 54 evaluations per example");
  EXPECT_EQ(words(set, {.target = {}, .value = "loss"}, {.target = "label", .is_whole_set = true}, {}).front(),
            "minus the loss, mean over the set");
}

TEST(ExplainedText, NamesEachRemovalOnce) {
  RunSet set;
  set.config["modalities"][0]["removal"] = {{"type", "value"}, {"value", 0.5}};
  EXPECT_EQ(words(set, {}, {.target = "predicted"}, {}).back(),
            "a removed by value 0.5, b by 6 rows of the background");
}

TEST(ExplainedText, ListsModalitiesThatAreRemovedAlike) {
  RunSet set;
  set.model("def forward(self, a, b, c): return a + b + c");
  std::vector<TestArray> arrays = RunSet::arrays();
  arrays.push_back(TestArray::of<float>("c", {6, 2}, std::vector<float>(12)));
  set.data(arrays);
  set.config["modalities"].push_back({{"name", "c"}, {"kind", "columns"}, {"inputs", {"c"}}});
  EXPECT_EQ(words(set, {}, {.target = "predicted"}, {}).back(), "a, b and c removed by 6 rows of the background");
}

}  // namespace
}  // namespace modattr
