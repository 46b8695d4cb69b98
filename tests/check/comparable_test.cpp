#include "modattr/check/comparable.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "check/made_results.h"
#include "modattr/core/error.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

Json whole_config() {
  return Json::parse(R"({
    "model": {"path": "a.pt", "kind": "logits", "output": 0, "rows_per_call": 64},
    "data": {"path": "val.npz", "label": "label", "group": "type", "metadata": "m.jsonl", "classes": "data/names.txt"},
    "modalities": [{"name": "image", "removal": {"type": "background", "rows": 50}},
                   {"name": "text", "removal": {"type": "token", "id": 0}}],
    "target": "predicted", "metric": "accuracy", "seed": 7, "runs": [{"engine": "shap"}],
    "shap": {"level": "modality", "index": null, "background": 50, "budget": 256, "target": "predicted",
             "value": "probability", "examples": 400, "ids": [], "device": "cpu", "no_split": false}})");
}

ResultSet set_with(const Json& config, std::string name) {
  ResultSet set = empty_result(std::move(name));
  set.table.config = config.dump();
  return set;
}

std::string message_after(const std::string& pointer, const Json& value, DataRule rule = DataRule::kSame) {
  Json changed = whole_config();
  changed[Json::json_pointer(pointer)] = value;
  const ResultSet baseline = set_with(whole_config(), "old/scores.json");
  const ResultSet next = set_with(changed, "new/scores.json");
  return thrown_message<ConfigError>([&] {
    expect_comparable(baseline, next, rule);
    return 0;
  });
}

TEST(Comparable, NamesTheFirstDifferenceWithBothValues) {
  EXPECT_EQ(
      message_after("/shap/background", 20),
      "new/scores.json: config.shap.background: expected 50 as in old/scores.json, got 20; compare results of the "
      "same options");
  const std::vector<std::pair<std::pair<std::string, Json>, std::string>> cases = {
      {{"/shap/value", "logit"}, R"(config.shap.value: expected "probability" as in old/scores.json, got "logit")"},
      {{"/shap/index", "owen"}, R"(config.shap.index: expected null as in old/scores.json, got "owen")"},
      {{"/shap/budget", nullptr}, "config.shap.budget: expected 256 as in old/scores.json, got null"},
      {{"/shap/target", 3}, R"(config.shap.target: expected "predicted" as in old/scores.json, got 3)"},
      {{"/shap/examples", 300}, "config.shap.examples: expected 400 as in old/scores.json, got 300"},
      {{"/shap/ids", Json::array({1})}, "config.shap.ids: expected [] as in old/scores.json, got [1]"},
      {{"/seed", 8}, "config.seed: expected 7 as in old/scores.json, got 8"},
      {{"/model/kind", "probabilities"}, "config.model.kind: expected \"logits\""},
      {{"/data/label", "answer"}, "config.data.label: expected \"label\""},
      {{"/data/classes", "data/others.txt"}, "config.data.classes: expected \"data/names.txt\""},
      {{"/modalities/1/removal/id", 5}, "config.modalities[1].removal.id: expected 0 as in old/scores.json, got 5"},
      {{"/modalities/0/removal/type", "mean"}, "config.modalities[0].removal.type: expected \"background\""},
      {{"/modalities/0/name", "picture"}, "config.modalities[0].name: expected \"image\""},
      {{"/modalities", Json::array()}, "config.modalities: expected [{"}};
  for (const auto& [change, phrase] : cases) {
    EXPECT_TRUE(mentions(message_after(change.first, change.second), {phrase})) << change.first;
  }
}

TEST(Comparable, LetsTheModelAndWhatChangesNoResultDiffer) {
  const std::vector<std::pair<std::string, Json>> changes = {{"/model/path", "b.pt"},
                                                             {"/model/output", "logits"},
                                                             {"/model/rows_per_call", 32},
                                                             {"/model/arguments", Json::array({"text", "table"})},
                                                             {"/data/path", "elsewhere/val.npz"},
                                                             {"/data/metadata", "elsewhere/m.jsonl"},
                                                             {"/data/classes", "elsewhere/names.txt"},
                                                             {"/shap/device", "cuda"},
                                                             {"/shap/no_split", true},
                                                             {"/shap/index", Json(nullptr)},
                                                             {"/target", "label"},
                                                             {"/runs", Json::array()},
                                                             {"/check", Json::object()}};
  for (const auto& [pointer, value] : changes) {
    EXPECT_EQ(message_after(pointer, value), "nothing was thrown") << pointer;
  }
}

TEST(Comparable, RefusesOtherDataUnlessItIsAllowed) {
  const ResultSet baseline = set_with(whole_config(), "old");
  ResultSet next = set_with(whole_config(), "new");
  const auto message = [&](DataRule rule) {
    return thrown_message<ConfigError>([&] {
      expect_comparable(baseline, next, rule);
      return 0;
    });
  };
  EXPECT_EQ(message(DataRule::kSame), "nothing was thrown");
  EXPECT_TRUE(same_data(baseline, next));
  next.table.example_count = 99;
  EXPECT_TRUE(mentions(message(DataRule::kSame), {"new: data.examples: expected 100 as in old, got 99"}));
  next.table.data.sha256 = "4567";
  EXPECT_TRUE(mentions(message(DataRule::kSame), {R"(data.sha256: expected "0123" as in old, got "4567")"}));
  EXPECT_EQ(message(DataRule::kAny), "nothing was thrown");
  EXPECT_FALSE(same_data(baseline, next));
  EXPECT_EQ(message_after("/shap/examples", 300, DataRule::kAny), "nothing was thrown");
}

TEST(Comparable, RefusesOtherCommandsAndMetrics) {
  const ResultSet baseline = set_with(whole_config(), "old");
  ResultSet next = set_with(whole_config(), "new");
  next.table.command = "permute";
  const auto message = [&] {
    return thrown_message<ConfigError>([&] {
      expect_comparable(baseline, next, DataRule::kAny);
      return 0;
    });
  };
  EXPECT_TRUE(mentions(message(), {R"(new: command: expected "shap" as in old, got "permute")"}));
  next.table.command = "shap";
  next.table.metric = "auc";
  EXPECT_TRUE(mentions(message(), {R"(new: metric: expected "accuracy" as in old, got "auc")"}));
}

TEST(Comparable, ComparesTheOptionsOfEveryRun) {
  Json config = {{"seed", 1}, {"runs", {{"shap", {{"background", 50}, {"device", "cpu"}}}, {"lime", {{"top_k", 6}}}}}};
  ResultSet baseline = set_with(config, "old");
  baseline.table.command = "run";
  config["runs"]["shap"]["device"] = "cuda";
  ResultSet next = set_with(config, "new");
  next.table.command = "run";
  EXPECT_NO_THROW(expect_comparable(baseline, next, DataRule::kSame));
  config["runs"]["lime"]["top_k"] = 5;
  next.table.config = config.dump();
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] {
                         expect_comparable(baseline, next, DataRule::kSame);
                         return 0;
                       }),
                       {"new: config.runs.lime.top_k: expected 6 as in old, got 5"}));
}

}  // namespace
}  // namespace modattr
