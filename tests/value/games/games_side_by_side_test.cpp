#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"
#include "modattr/model/torchscript_model.h"
#include "modattr/value/games/player_games.h"
#include "modattr/value/games/removal_game.h"
#include "support/torchscript_models.h"
#include "value/removal_set.h"

// Games of one evaluator that are alive at the same time know nothing of each other.

namespace modattr::games_side_by_side_test {
namespace {

constexpr std::size_t kExampleCount = 9;
using Values = std::vector<double>;

Columns random_columns(std::size_t row_count, std::uint32_t draw) {
  RandomStream stream = Rng(8).stream(RandomPurpose::kBackground, draw, 0);
  Columns columns(3, std::vector<float>(row_count));
  for (std::vector<float>& column : columns) {
    for (float& number : column) number = static_cast<float>(stream.uniform());
  }
  return columns;
}

/// Two modalities, of inputs a and b and of input c; `reference_draw`: what they are removed by.
RemovalSet set_of(std::uint32_t reference_draw) {
  return RemovalSet({.own = random_columns(kExampleCount, 1),
                     .reference = random_columns(4, reference_draw),
                     .modalities = {{"pair", {{"a", {}}, {"b", {}}}}, {"rest", {{"c", {}}}}},
                     .removals = {{.type = RemovalType::kBackground}, {.type = RemovalType::kBackground}}});
}

enum class ModelUse { kWhole, kSplit };

class GamesSideBySide : public testing::TestWithParam<ModelUse> {
 protected:
  GamesSideBySide() {
    save_model(folder_ / "model.pt",
               "def forward(self, a, b, c):\n"
               "  x = torch.tanh(a * 3.0 - b)\n"
               "  y = torch.sin(c * 5.0)\n"
               "  return x * y + torch.relu(y - x)");
    model_ = load_torchscript_model({.path = folder_ / "model.pt", .device = "cpu"});
    segmentations_.push_back(make_segmentation({.type = PlayerType::kElement}, "pair", set_.dataset(),
                                               std::vector<SegmentedInput>{{0, {}}, {1, {}}}));
    segmentations_.push_back(make_segmentation({.type = PlayerType::kElement}, "rest", set_.dataset(),
                                               std::vector<SegmentedInput>{{2, {}}}));
    targets_.emplace_back(TargetInput{.kind = OutputKind::kRegression,
                                      .output_width = 1,
                                      .value = ValueKind::kOutput,
                                      .classes = std::vector<std::uint32_t>(kExampleCount)});
  }

  std::unique_ptr<ModelEvaluator> make_evaluator() {
    auto evaluator =
        std::make_unique<ModelEvaluator>(*model_, set_.dataset(), set_.layout(),
                                         EvaluatorOptions{.rows_per_call = 8, .batch_size = 8, .thread_count = 2});
    if (GetParam() == ModelUse::kSplit) {
      EXPECT_EQ(evaluator->use_split(std::size_t{1} << 20, progress_), "");
    }
    return evaluator;
  }

  RemovalGame modality_game(ModelEvaluator& evaluator, const RemovalRows& removal, EncodedRows& rows) {
    return RemovalGame({.evaluator = evaluator,
                        .players = set_.layout().modalities,
                        .removal = removal,
                        .rows = rows,
                        .targets = targets_,
                        .progress = progress_});
  }
  std::unique_ptr<PlayerGames> player_games(ModelEvaluator& evaluator, const RemovalRows& removal,
                                            const EncodedRows& rows) {
    return std::make_unique<PlayerGames>(PlayerGames::Parts{.evaluator = evaluator,
                                                            .removal = removal,
                                                            .removal_rows = rows,
                                                            .segmentations = segmentations_,
                                                            .target = targets_.front(),
                                                            .progress = progress_},
                                         PlayerVariants::Parts{.dataset = set_.dataset(),
                                                               .layout = set_.layout(),
                                                               .removal = removal,
                                                               .segmentations = segmentations_,
                                                               .inputs = {{0, 1}, {2}}});
  }

  /// v of some coalitions of modalities; `turn` 0 or 1.
  Values values(RemovalGame& game, std::size_t turn) const {
    const std::vector<Coalition> coalitions = set_.coalitions();
    const Matrix values = game.evaluate(std::span(coalitions).subspan(2 * turn, 2));
    return {values.values().begin(), values.values().end()};
  }
  /// v of every other coalition of players of every example; `turn` 0 or 1.
  static Values values(PlayerGames& games, std::size_t turn) {
    std::vector<ExampleGames::Query> queries;
    for (std::uint32_t example = 0; example < kExampleCount; ++example) {
      for (std::size_t members = turn; members < 8; members += 2) {
        queries.push_back({example, Coalition(3)});
        for (std::size_t player = 0; player < 3; ++player) {
          if ((members >> player & 1) != 0) queries.back().coalition.insert(player);
        }
      }
    }
    return games.evaluate(queries);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Model> model_;
  RemovalSet set_ = set_of(2);
  /// The same examples, removed by other rows.
  RemovalSet other_set_ = set_of(3);
  std::vector<std::unique_ptr<Segmentation>> segmentations_;
  std::vector<Target> targets_;
  Progress progress_;
};

TEST_P(GamesSideBySide, OfModalitiesAndOfPlayersGiveWhatTheyGiveAlone) {
  std::vector<Values> modalities;
  std::vector<Values> players;
  {
    const auto evaluator = make_evaluator();
    const auto removal = set_.removal_rows(evaluator->modality_rows());
    EncodedRows rows = evaluator->encode(*removal);
    RemovalGame game = modality_game(*evaluator, *removal, rows);
    for (const std::size_t turn : {0U, 1U}) modalities.push_back(values(game, turn));
  }
  {
    const auto evaluator = make_evaluator();
    const auto removal = other_set_.removal_rows(evaluator->modality_rows());
    const EncodedRows rows = evaluator->encode(*removal);
    for (const std::size_t turn : {0U, 1U}) players.push_back(values(*player_games(*evaluator, *removal, rows), turn));
  }

  const auto evaluator = make_evaluator();
  const auto removal = set_.removal_rows(evaluator->modality_rows());
  const auto other_removal = other_set_.removal_rows(evaluator->modality_rows());
  EncodedRows rows = evaluator->encode(*removal);
  const EncodedRows other_rows = evaluator->encode(*other_removal);
  RemovalGame game = modality_game(*evaluator, *removal, rows);
  std::unique_ptr<PlayerGames> games = player_games(*evaluator, *other_removal, other_rows);
  for (const std::size_t turn : {0U, 1U, 0U}) {
    EXPECT_EQ(values(*games, turn), players[turn]) << turn;
    EXPECT_EQ(values(game, turn), modalities[turn]) << turn;
  }
  games.reset();
  EXPECT_EQ(values(game, 1), modalities[1]) << "the other ones have ended";
}

TEST_P(GamesSideBySide, OfPlayersGiveWhatTheyGiveAlone) {
  std::vector<Values> alone;
  std::vector<Values> other_alone;
  for (RemovalSet* set : {&set_, &other_set_}) {
    const auto evaluator = make_evaluator();
    const auto removal = set->removal_rows(evaluator->modality_rows());
    const EncodedRows rows = evaluator->encode(*removal);
    const auto games = player_games(*evaluator, *removal, rows);
    for (const std::size_t turn : {0U, 1U}) (set == &set_ ? alone : other_alone).push_back(values(*games, turn));
  }
  EXPECT_NE(alone, other_alone);

  const auto evaluator = make_evaluator();
  const auto removal = set_.removal_rows(evaluator->modality_rows());
  const auto other_removal = other_set_.removal_rows(evaluator->modality_rows());
  const EncodedRows rows = evaluator->encode(*removal);
  const EncodedRows other_rows = evaluator->encode(*other_removal);
  const auto games = player_games(*evaluator, *removal, rows);
  std::unique_ptr<PlayerGames> other = player_games(*evaluator, *other_removal, other_rows);
  for (const std::size_t turn : {0U, 1U, 0U}) {
    EXPECT_EQ(values(*games, turn), alone[turn]) << turn;
    EXPECT_EQ(values(*other, turn), other_alone[turn]) << turn;
  }
  other.reset();
  EXPECT_EQ(values(*games, 1), alone[1]) << "the other ones have ended";
}

INSTANTIATE_TEST_SUITE_P(OfAModel, GamesSideBySide, testing::Values(ModelUse::kWhole, ModelUse::kSplit),
                         [](const testing::TestParamInfo<ModelUse>& use) {
                           return use.param == ModelUse::kWhole ? "RunWhole" : "RunSplit";
                         });

}  // namespace
}  // namespace modattr::games_side_by_side_test
