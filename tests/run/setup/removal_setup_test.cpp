#include "run/setup/removal_setup.h"

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "run/run_set.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// Rows that stand for the first example's data of a modality, one per draw.
std::vector<std::uint32_t> drawn_rows(RunSet& set, std::optional<std::size_t> background) {
  const auto experiment = set.open();
  const RemovalSetup removal(*experiment, background);
  std::vector<std::uint32_t> rows;
  for (std::size_t draw = 0; draw < removal.rows().draw_count(); ++draw) rows.push_back(removal.rows().row(0, draw, 0));
  return rows;
}

TEST(RemovalSetup, TakesEveryRowOfASmallSet) {
  RunSet set;
  EXPECT_EQ(drawn_rows(set, std::nullopt).size(), 6U);
  set.config["modalities"][0]["removal"] = {{"type", "background"}, {"rows", 2}};
  EXPECT_EQ(drawn_rows(set, std::nullopt).size(), 2U);
  EXPECT_EQ(drawn_rows(set, 3).size(), 3U);
  EXPECT_EQ(drawn_rows(set, 0).size(), 6U);
}

TEST(RemovalSetup, DrawsTheBackgroundByTheSeed) {
  RunSet set;
  const std::vector<std::uint32_t> first = drawn_rows(set, 3);
  EXPECT_EQ(drawn_rows(set, 3), first);
}

TEST(RemovalSetup, LetsABackgroundOnTheCommandLineReplaceBaselines) {
  RunSet set;
  for (auto& modality : set.config["modalities"]) modality["removal"] = {{"type", "zero"}};
  const auto experiment = set.open();
  const RemovalSetup configured(*experiment, std::nullopt);
  EXPECT_EQ(configured.background_count(), std::nullopt);
  EXPECT_FALSE(configured.rows().uses_background(0));
  const RemovalSetup replaced(*experiment, 2);
  EXPECT_EQ(replaced.background_count(), 2U);
  EXPECT_TRUE(replaced.rows().uses_background(1));
}

TEST(RemovalSetup, RefusesBackgroundsThatDiffer) {
  RunSet set;
  set.config["modalities"][0]["removal"] = {{"type", "background"}, {"rows", 2}};
  set.config["modalities"][1]["removal"] = {{"type", "background"}, {"rows", 3}};
  const auto experiment = set.open();
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { const RemovalSetup removal(*experiment, std::nullopt); }),
                       {"modality 'b': removal.rows: expected the same for every modality"}));
}

TEST(RemovalSetup, NamesTheReferenceFileWhoseRowsDiffer) {
  RunSet set;
  set.config["modalities"][0]["removal"] = {{"type", "background"}, {"path", "other.npz"}};
  const std::filesystem::path folder = set.write_config().parent_path();
  write_npz(folder / "other.npz",
            {TestArray::of<float>("a", {2, 3}, {1, 2, 3, 4, 5, 6}), TestArray::of<float>("b", {2, 2}, {1, 2, 3, 4})});
  const auto experiment = set.open();
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { const RemovalSetup removal(*experiment, std::nullopt); }),
                       {"other.npz: input 'a': expected rows like those of", "val.npz"}));
}

TEST(RemovalSetup, NamesTheKeyThatTheModelFailsOn) {
  RunSet set;
  set.model(
      "def forward(self, a, b):\n"
      "  assert bool((a <= 100.0).all())\n"
      "  return a + 2.0 * b");
  set.config["modalities"][0]["removal"] = {{"type", "value"}, {"value", 1000.0}};
  const auto experiment = set.open();
  const std::string message = thrown_message<ConfigError>([&] {
    const RemovalSetup removal(*experiment, std::nullopt);
    removal.guard(*experiment, []() -> Attribution { throw ModelError("model.pt: forward() failed"); });
  });
  EXPECT_TRUE(mentions(message, {"modalities[0].removal.value: expected one that the model takes, got 1000"}));
}

// For runs that permute data and remove nothing.
TEST(RemovalSetup, ChecksWhatItWouldRefuse) {
  RunSet set;
  const auto refusal = [&](const RunSet::Json& removal) {
    set.config["modalities"][1]["removal"] = removal;
    const auto experiment = set.open();
    return thrown_message<Error>([&] { RemovalSetup::check(*experiment); });
  };
  EXPECT_EQ(refusal({{"type", "background"}}), "nothing was thrown");
  EXPECT_EQ(refusal({{"type", "mean"}}), "nothing was thrown");
  EXPECT_TRUE(
      mentions(refusal({{"type", "blur"}}), {"modality 'b': removal 'blur': expected images", "float32[6, 2]"}));
  EXPECT_TRUE(mentions(refusal({{"type", "file"}}), {"expected an array 'b__baseline'"}));
  EXPECT_TRUE(mentions(refusal({{"type", "background"}, {"path", "none.npz"}}), {"none.npz"}));
  set.model(
      "def forward(self, a, b):\n"
      "  assert bool((b <= 100.0).all())\n"
      "  return a + 2.0 * b");
  EXPECT_TRUE(mentions(refusal({{"type", "value"}, {"value", 1000.0}}), {"modalities[1].removal.value", "got 1000"}));
}

}  // namespace
}  // namespace modattr
