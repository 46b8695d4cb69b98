#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/registry.h"
#include "modattr/run/command.h"
#include "run/run_set.h"
#include "support/thrown_message.h"

extern "C" void modattr_command_engine(const modattr::CommandRequest& request, const modattr::RunContext& context,
                                       modattr::CommandResult& result);

namespace modattr {
namespace {

CommandResult run(RunSet& set, const std::string& engine,
                  const std::vector<std::pair<std::string, OptionValue>>& options = {}) {
  CommandRequest request{.engine = engine, .options = OptionValues(find_engine(engine)->options)};
  request.common.config = set.write_config();
  for (const auto& [name, value] : options) request.options.set(name, value);
  RunContext context = set.context();
  context.spell = command_line_option;
  CommandResult result;
  modattr_command_engine(request, context, result);
  return result;
}

double value_of(const ScoreTable& table, std::string_view modality, std::string_view definition) {
  for (const Score& row : table.rows) {
    if (row.modality == modality && row.definition == definition && !row.group) return row.value.value();
  }
  ADD_FAILURE() << "no row " << modality << " " << definition;
  return 0.0;
}

TEST(EngineCommand, RunsEveryEngineOfTheRegistry) {
  for (const Engine& engine : engine_registry()) {
    RunSet set;
    const CommandResult result = run(set, std::string(engine.name));
    ASSERT_TRUE(result.table) << engine.name;
    EXPECT_EQ(result.table->command, engine.name);
    EXPECT_FALSE(result.table->rows.empty()) << engine.name;
    EXPECT_EQ(result.exit_code, ExitCode::kDone);
    const bool has_examples = !result.table->examples.empty();
    const auto lines = std::ranges::count_if(result.files, [](const auto& file) { return file.ends_with(".jsonl"); });
    EXPECT_EQ(lines, has_examples ? 1 : 0) << engine.name;
    EXPECT_EQ(std::ranges::count(result.files, "scores.json"), 1) << engine.name;
  }
}

TEST(EngineCommand, AddsUpToTheEndsOfTheGame) {
  RunSet set;
  const CommandResult result = run(set, "shap", {{"value", "logit"}});
  // The logit of a class is a + 2 b of its column: both modalities add what they say above the background's mean.
  const ScoreTable& table = *result.table;
  EXPECT_NEAR(value_of(table, "a", "shapley.mean") + value_of(table, "b", "shapley.mean"),
              value_of(table, "all", "shapley.full") - value_of(table, "all", "shapley.empty"), 1e-6);
  // Of the first example, class 0: a = 3 against a mean of 14/6, 2 b = 2 against 6/6.
  EXPECT_NEAR(table.examples.front().attribution.modalities[0], 3.0 - 14.0 / 6.0, 1e-6);
  EXPECT_NEAR(table.examples.front().attribution.modalities[1], 2.0 - 1.0, 1e-6);
}

TEST(EngineCommand, TellsTheOptionsInForce) {
  RunSet set;
  const auto config = nlohmann::ordered_json::parse(run(set, "lime", {{"top_k", std::uint64_t{3}}}).table->config);
  EXPECT_EQ(config["lime"]["top_k"], 3);
  EXPECT_EQ(config["lime"]["similarity"], "euclidean");
  EXPECT_EQ(config["lime"]["target"], "predicted");
  EXPECT_EQ(config["lime"]["background"], 6);
  EXPECT_EQ(config["metric"], "accuracy");
}

TEST(EngineCommand, TakesFewerBackgroundRowsWhereTheBudgetIsSmall) {
  // Six background rows: 30 evaluations are six coalitions of eleven.
  RunSet set;
  const CommandResult result = run(set, "lime", {{"budget", std::uint64_t{30}}});
  const auto config = nlohmann::ordered_json::parse(result.table->config);
  EXPECT_EQ(config["lime"]["background"], 1);
  EXPECT_EQ(std::ranges::count_if(result.table->warnings,
                                  [](const std::string& warning) {
                                    return warning.find("from 1 background row, not 6, as --budget 30") !=
                                           std::string::npos;
                                  }),
            1);
  // Rows that somebody chose stay.
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] {
                         run(set, "lime", {{"budget", std::uint64_t{30}}, {"background", std::uint64_t{6}}});
                       }),
                       {"at least 52", "got 30", option("background")}));
}

TEST(EngineCommand, SpellsOptionsAsItsCallerDoes) {
  RunSet set;
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] {
                         run(set, "lime", {{"depth", std::uint64_t{3}}});
                       }),
                       {option("depth"), option("surrogate")}));
  // One round of six players of which three coalitions fit: the error stays above the wish.
  const CommandResult result = run(set, "shap",
                                   {{"level", "feature"},
                                    {"method", "permutation"},
                                    {"index", "shapley"},
                                    {"budget", std::uint64_t{120}},
                                    {"tolerance", 1e-12}});
  for (const std::string& warning : result.table->warnings) {
    EXPECT_EQ(warning.find('\x0e'), std::string::npos) << warning;
  }
}

TEST(EngineCommand, SaysWhatLeavesOutExamplesWithoutAFiniteAnswer) {
  RunSet set;
  std::vector<TestArray> arrays = RunSet::arrays();
  arrays[0] = TestArray::of<float>("a", {6, 2}, {3, 0, 0, 3, NAN, 1, 1, 5, 6, 2, 0, 2});
  set.data(arrays);
  EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { run(set, "permute"); }),
                       {option("skip_invalid") + " leaves such examples out"}));
  const CommandResult result = run(set, "permute", {{"skip_invalid", true}});
  EXPECT_EQ(result.table->example_count, 5U);
  EXPECT_EQ(result.table->warnings.front(), "1 example was left out: its output is not finite");
}

TEST(EngineCommand, RefusesAnEngineThatDoesNotExist) {
  RunSet set;
  CommandRequest request{.engine = "shape", .options = OptionValues({})};
  CommandResult result;
  EXPECT_EQ(thrown_message<ConfigError>([&] { modattr_command_engine(request, set.context(), result); }),
            "unknown engine 'shape'");
}

TEST(EngineCommand, SaysWhatIsNotKnownOfOneExample) {
  RunSet set;
  set.data({TestArray::of<float>("a", {1, 2}, {3, 0}), TestArray::of<float>("b", {1, 2}, {1, 0}),
            TestArray::of<std::int64_t>("label", {1}, {0})});
  const std::vector<std::string> warnings = run(set, "shap").table->warnings;
  ASSERT_FALSE(warnings.empty());
  EXPECT_EQ(warnings.front(),
            "there is one example: intervals, which need two, are not known; as a background it stands for itself, so "
            "that its removal changes nothing: name a reference file in removal.path");
  for (auto& modality : set.config["modalities"]) modality["removal"] = {{"type", "zero"}};
  EXPECT_EQ(run(set, "shap").table->warnings.front(), "there is one example: intervals, which need two, are not known");
}

TEST(EngineCommand, NamesTheRowOfABackgroundThatIsNotFinite) {
  RunSet set;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  write_npz(set.write_config().parent_path() / "bg.npz",
            {TestArray::of<float>("a", {2, 2}, {1, 2, 3, nan}), TestArray::of<float>("b", {2, 2}, {1, 2, 3, 4})});
  for (auto& modality : set.config["modalities"]) modality["removal"] = {{"type", "background"}, {"path", "bg.npz"}};
  EXPECT_TRUE(
      mentions(spell_options(thrown_message<ModelError>([&] { run(set, "shap"); }), command_line_option),
               {"; row 1 of ",
                "bg.npz, which is in the background, is not finite itself: input 'a' of a; --skip-invalid leaves"}));
}

}  // namespace
}  // namespace modattr
