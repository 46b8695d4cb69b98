#include "modattr/value/games/player_games.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"
#include "modattr/engines/shapley/feature_solver.h"
#include "modattr/model/torchscript_model.h"
#include "modattr/value/games/removal_game.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"
#include "support/torchscript_models.h"

namespace modattr::player_games_test {
namespace {

constexpr std::size_t kExampleCount = 5;
constexpr std::int64_t kMaskToken = 5;
const std::vector<std::int64_t> kIds = {1, 2, 0, 3, 4, 4, 1, 0, 2, 0, 0, 0, 3, 2, 1, 4, 0, 0, 0, 0};
const std::vector<float> kTable = {0.5F, -1, 2, 1.5F, 0.25F, -2, 3, 0, 1, -0.5F, 0.75F, 1, 2, 2, -1};
const std::vector<float> kReference = {1, 0.5F, -1, -0.25F, 2, 0, 0.125F, -3, 1.5F};

class RowCounter final : public Progress {
 public:
  void advance(std::size_t row_count) override {
    told.push_back(row_count);
    if (told.size() > most_calls) throw Interrupted("stopped");
  }
  std::vector<std::size_t> told;
  std::size_t most_calls = std::numeric_limits<std::size_t>::max();
};

/// Token ids, which are replaced by token 5, but for padding 0, and a table, removed by three rows of another one.
class PlayerGamesTest : public testing::Test {
 protected:
  enum class ModelUse { kWhole, kSplit };

  explicit PlayerGamesTest(const std::vector<float>& table = kTable)
      : layout_(make_input_layout(std::vector<ModalityInputs>{{"text", {{"ids", {}}}}, {"table", {{"x", {}}}}})) {
    save_model(folder_ / "model.pt",
               "def forward(self, ids, x):\n"
               "  t = torch.tanh(self.table[ids].sum(1))\n"
               "  y = torch.sin(x * 1.5)\n"
               "  return torch.cat([t * y[:, :2], y[:, 2:] + t[:, :1] * y[:, 2:]], 1)",
               {{"table", {6, 2}, {0, 0, 1, -1, 0.5F, 2, -1.5F, 0.25F, 2, 1, 0.25F, -0.75F}}});
    model_ = load_torchscript_model({.path = folder_ / "model.pt", .device = "cpu"});
    dataset_ = open("val.npz", kIds, table);
    reference_ = open("reference.npz", std::vector<std::int64_t>(12, 1), kReference);
    segmentations_.push_back(segmentation({.type = PlayerType::kToken, .special_ids = {0}}, "text", 0));
    segmentations_.push_back(segmentation({.type = PlayerType::kElement}, "table", 1));
    explain(ValueKind::kLogProbability);
  }

  void explain(ValueKind value) {
    target_.emplace(
        TargetInput{.kind = OutputKind::kLogits, .output_width = 3, .value = value, .classes = {0, 1, 2, 1, 0}});
  }

  /// Calls `use` with the games on a model that runs as the options say.
  template <typename Use>
  auto with_games(const Use& use, const EvaluatorOptions& options = {}, ModelUse model_use = ModelUse::kWhole) {
    ModelEvaluator evaluator(*model_, *dataset_, layout_, options);
    if (model_use == ModelUse::kSplit) {
      EXPECT_EQ(evaluator.use_split(1U << 20U, progress_), "");
    }
    RemovalRows::Parts parts{.dataset = *dataset_,
                             .layout = layout_,
                             .rows = evaluator.modality_rows(),
                             .reference = reference_.get(),
                             .baselines = {}};
    const std::vector<std::size_t> text_inputs = {0};
    parts.baselines.push_back(make_baseline({.type = RemovalType::kToken, .token_id = kMaskToken, .special_ids = {0}},
                                            "text", *dataset_, text_inputs));
    parts.baselines.push_back(nullptr);
    const RemovalRows removal(std::move(parts));
    EncodedRows encoded = evaluator.encode(removal);
    const std::vector<Target> targets = {*target_};
    RemovalGame modalities({.evaluator = evaluator,
                            .players = layout_.modalities,
                            .removal = removal,
                            .rows = encoded,
                            .targets = targets,
                            .progress = progress_});
    PlayerGames games({.evaluator = evaluator,
                       .removal = removal,
                       .removal_rows = encoded,
                       .segmentations = segmentations_,
                       .target = *target_,
                       .progress = progress_},
                      {.dataset = *dataset_,
                       .layout = layout_,
                       .removal = removal,
                       .segmentations = segmentations_,
                       .inputs = {{0}, {1}}});
    return use(games, modalities);
  }

  /// Every coalition of every example.
  std::vector<ExampleGames::Query> all_queries() const {
    std::vector<ExampleGames::Query> queries;
    for (std::uint32_t example = 0; example < kExampleCount; ++example) {
      const std::size_t count = text_players(example) + 3;
      for (std::size_t mask = 0; mask < std::size_t{1} << count; ++mask) {
        queries.push_back({example, Coalition(count)});
        for (std::size_t player = 0; player < count; ++player) {
          if ((mask >> player & 1U) != 0) queries.back().coalition.insert(player);
        }
      }
    }
    return queries;
  }
  std::vector<double> all_values(const EvaluatorOptions& options = {}, ModelUse model_use = ModelUse::kWhole) {
    return with_games([&](PlayerGames& games, RemovalGame&) { return games.evaluate(all_queries()); }, options,
                      model_use);
  }

  /// v(S) from data that is masked by hand, a row at a time.
  double masked_by_hand(std::uint32_t example, const Coalition& present) const {
    std::vector<std::int64_t> ids(kIds.begin() + 4 * example, kIds.begin() + 4 * example + 4);
    const std::vector<std::size_t> places = token_places(example);
    for (std::size_t player = 0; player < places.size(); ++player) {
      if (!present.contains(player)) ids[places[player]] = kMaskToken;
    }
    double probability = 0.0;
    for (std::size_t draw = 0; draw < 3; ++draw) {
      std::vector<float> row;
      for (std::size_t column = 0; column < 3; ++column) {
        row.push_back(present.contains(text_players(example) + column) ? kTable[3 * example + column]
                                                                       : kReference[3 * draw + column]);
      }
      const std::vector<std::string> names = {"ids", "x"};
      const std::vector<at::Tensor> inputs = {at::tensor(ids, at::kLong).reshape({1, 4}),
                                              at::tensor(row, at::kFloat).reshape({1, 3})};
      const at::Tensor output = model_->run(names, inputs).softmax(1);
      probability += output[0][static_cast<std::int64_t>(target_->target_class(example))].item<double>() / 3.0;
    }
    return std::log(probability);
  }

  static std::vector<std::size_t> token_places(std::uint32_t example) {
    std::vector<std::size_t> places;
    for (std::size_t place = 0; place < 4; ++place) {
      if (kIds[4 * example + place] != 0) places.push_back(place);
    }
    return places;
  }

  /// Padding alone is one player.
  static std::size_t text_players(std::uint32_t example) {
    return std::max<std::size_t>(token_places(example).size(), 1);
  }

  std::unique_ptr<Dataset> dataset_;
  RowCounter progress_;

 private:
  std::unique_ptr<Dataset> open(const std::string& file, const std::vector<std::int64_t>& ids,
                                const std::vector<float>& table) const {
    const auto count = static_cast<std::int64_t>(table.size() / 3);
    write_npz(folder_ / file,
              {TestArray::of<std::int64_t>("ids", {count, 4}, ids), TestArray::of<float>("x", {count, 3}, table)});
    return std::make_unique<Dataset>(DatasetOptions{.path = folder_ / file, .inputs = layout_.input_names()});
  }
  std::unique_ptr<Segmentation> segmentation(const SegmentationOptions& options, const std::string& modality,
                                             std::size_t input) const {
    const std::vector<SegmentedInput> inputs = {{input, {}}};
    return make_segmentation(options, modality, *dataset_, inputs);
  }
  TemporaryFolder folder_;
  InputLayout layout_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<Dataset> reference_;
  std::vector<std::unique_ptr<Segmentation>> segmentations_;
  std::optional<Target> target_;
};

TEST_F(PlayerGamesTest, AgreeWithDataThatIsMaskedByHand) {
  const std::vector<ExampleGames::Query> queries = all_queries();
  const std::vector<double> values = all_values();
  ASSERT_EQ(values.size(), queries.size());
  for (std::size_t query = 0; query < queries.size(); ++query) {
    EXPECT_NEAR(values[query], masked_by_hand(queries[query].example, queries[query].coalition), 1e-6) << query;
  }
}

TEST_F(PlayerGamesTest, HaveThePlayersOfTheirSegmentations) {
  with_games([&](PlayerGames& games, RemovalGame&) {
    EXPECT_EQ(games.example_count(), kExampleCount);
    EXPECT_EQ(games.modality_count(), 2U);
    EXPECT_EQ(games.evaluations_per_query(), 3U);
    EXPECT_FALSE(games.are_players_shared());
    EXPECT_EQ(games.labels(0, 0), (std::vector<std::string>{"1", "2", "3"}));
    EXPECT_EQ(games.labels(2, 0), std::vector<std::string>{"2"});
    EXPECT_EQ(games.labels(0, 1), (std::vector<std::string>{"x[0]", "x[1]", "x[2]"}));
    EXPECT_EQ(games.labels(4, 0), std::vector<std::string>{"text"}) << "padding alone";
    EXPECT_EQ(games.key(3), 3U);
    return 0;
  });
  dataset_->keep(std::vector<std::uint32_t>{3, 0, 1, 2, 4});
  with_games([&](PlayerGames& games, RemovalGame&) {
    EXPECT_EQ(games.key(0), 3U) << "the row of the file";
    return 0;
  });
}

TEST_F(PlayerGamesTest, AddUpToTheGamesOfModalities) {
  with_games([&](PlayerGames& games, RemovalGame& modalities) {
    // Nothing, text, table, both.
    const Matrix by_modality = modalities.evaluate(std::vector<Coalition>{Coalition::empty(2), Coalition::single(2, 0),
                                                                          Coalition::single(2, 1), Coalition::full(2)});
    const FeatureShapleyOptions options = {.index = ShapleyIndex::kOwen, .estimator = std::make_shared<ExactShapley>()};
    const Rng rng(0);
    const std::vector<SolvedExample> solved = FeatureSolver(games, options, rng, 1).solve(0, kExampleCount);
    for (std::size_t example = 0; example < kExampleCount; ++example) {
      const auto v = [&](std::size_t coalition) { return by_modality(coalition, example); };
      EXPECT_NEAR(solved[example].value_empty, v(0), 1e-12);
      EXPECT_NEAR(solved[example].value_full, v(3), 1e-12);
      const std::vector<double> expected = {(v(1) - v(0) + v(3) - v(2)) / 2.0, (v(2) - v(0) + v(3) - v(1)) / 2.0};
      const std::size_t text_count = solved[example].player_counts[0];
      const std::span<const double> values = solved[example].values;
      const auto sum = [](std::span<const double> part) { return std::accumulate(part.begin(), part.end(), 0.0); };
      EXPECT_NEAR(sum(values.first(text_count)), expected[0], 1e-12);
      EXPECT_NEAR(sum(values.subspan(text_count)), expected[1], 1e-12);
      EXPECT_NEAR(solved[example].modalities[0], expected[0], 1e-12);
      EXPECT_NEAR(solved[example].modalities[1], expected[1], 1e-12);
    }
    return 0;
  });
}

TEST_F(PlayerGamesTest, AreTheSameBytesHoweverTheModelRuns) {
  const std::vector<double> expected = all_values({.rows_per_call = 8, .batch_size = 8, .thread_count = 1});
  for (const std::size_t thread_count : {1U, 2U, 5U}) {
    for (const std::size_t batch_size : {1U, 8U, 24U, 1000U}) {
      const EvaluatorOptions options = {.rows_per_call = 8, .batch_size = batch_size, .thread_count = thread_count};
      EXPECT_EQ(all_values(options), expected) << thread_count << " " << batch_size;
      EXPECT_EQ(all_values(options, ModelUse::kSplit), expected) << thread_count << " " << batch_size << " split";
    }
  }
}

TEST_F(PlayerGamesTest, TellOfTheirRowsWhileVariantsAreEncoded) {
  const std::vector<ExampleGames::Query> queries = all_queries();
  for (const ModelUse model_use : {ModelUse::kWhole, ModelUse::kSplit}) {
    with_games(
        [&](PlayerGames& games, RemovalGame&) {
          progress_.told.clear();
          games.evaluate(queries);
          EXPECT_EQ(std::accumulate(progress_.told.begin(), progress_.told.end(), std::size_t{0}), 3 * queries.size());
          // The first calls are of encoders, where there are any, and a user's interruption is heard in them.
          progress_.told.clear();
          progress_.most_calls = 0;
          EXPECT_THROW(games.evaluate(queries), Interrupted);
          progress_.most_calls = std::numeric_limits<std::size_t>::max();
          if (model_use == ModelUse::kSplit) {
            EXPECT_LT(progress_.told.front(), 3 * queries.size());
          }
        },
        {.rows_per_call = 4}, model_use);
  }
}

TEST_F(PlayerGamesTest, AreTheSameOneByOne) {
  const std::vector<double> expected = all_values({.rows_per_call = 8});
  with_games(
      [&](PlayerGames& games, RemovalGame&) {
        const std::vector<ExampleGames::Query> queries = all_queries();
        for (std::size_t query = 0; query < queries.size(); query += 7) {
          EXPECT_EQ(games.evaluate(std::span(queries).subspan(query, 1)).front(), expected[query]);
        }
        EXPECT_TRUE(games.evaluate({}).empty());
        return 0;
      },
      {.rows_per_call = 8}, ModelUse::kSplit);
}

/// 1 - cosine of the angle between two vectors.
double distance(const std::vector<double>& first, const std::vector<double>& second) {
  const auto product = [](const std::vector<double>& one, const std::vector<double>& other) {
    return std::inner_product(one.begin(), one.end(), other.begin(), 0.0);
  };
  return 1.0 - product(first, second) / std::sqrt(product(first, first) * product(second, second));
}

TEST_F(PlayerGamesTest, EstimateFromAPartOfTheDraws) {
  explain(ValueKind::kProbability);
  const Coalition present = Coalition::full(text_players(0) + 3).without(1).without(3);
  std::vector<ExampleGames::Query> queries;
  for (const std::vector<std::uint32_t>& draws : {{0U}, {1U}, {2U}, {0U, 2U}, std::vector<std::uint32_t>()}) {
    queries.push_back({0, present, draws});
  }
  for (const ModelUse model_use : {ModelUse::kWhole, ModelUse::kSplit}) {
    with_games(
        [&](PlayerGames& games, RemovalGame&) {
          EXPECT_TRUE(games.is_mean_over_draws());
          const ExampleGames::Measurement found = games.measure(queries, std::nullopt);
          const std::vector<double>& v = found.values;
          EXPECT_EQ(games.evaluate(queries), v);
          EXPECT_TRUE(found.distances.empty());
          EXPECT_GT(std::abs(v.at(0) - v.at(2)), 1e-3);
          EXPECT_NEAR(v.at(3), (v.at(0) + v.at(2)) / 2.0, 1e-12);
          EXPECT_NEAR(v.at(4), (v.at(0) + v.at(1) + v.at(2)) / 3.0, 1e-12);
          // s^2 of two numbers is half their squared difference; two of three draws.
          const double half = std::pow(v.at(0) - v.at(2), 2) / 2.0;
          EXPECT_NEAR(found.variances.at(3), half / 2.0 / 3.0, 1e-12);
          EXPECT_EQ(found.variances.at(0), 0.0);
          EXPECT_EQ(found.variances.at(4), 0.0);
          // Distances are means over the same draws.
          const std::vector<double> distances = games.measure(queries, ExampleGames::Space::kInputs).distances;
          EXPECT_NEAR(distances.at(3), (distances.at(0) + distances.at(2)) / 2.0, 1e-12);
          EXPECT_GT(std::abs(distances.at(0) - distances.at(2)), 1e-6);
          return 0;
        },
        {}, model_use);
  }
}

TEST_F(PlayerGamesTest, MeasureHowFarTheInputsAre) {
  // Without its second token and its first column, over three rows of the reference.
  const std::size_t count = text_players(0) + 3;
  const std::vector<ExampleGames::Query> queries = {{0, Coalition::full(count).without(1).without(3)},
                                                    {0, Coalition::full(count)}};
  const std::vector<double> whole = {1, 2, 0, 3, kTable[0], kTable[1], kTable[2]};
  double expected = 0.0;
  for (std::size_t draw = 0; draw < 3; ++draw) {
    expected += distance(whole, {1, kMaskToken, 0, 3, kReference[3 * draw], kTable[1], kTable[2]}) / 3.0;
  }
  for (const ModelUse model_use : {ModelUse::kWhole, ModelUse::kSplit}) {
    with_games(
        [&](PlayerGames& games, RemovalGame&) {
          const ExampleGames::Measurement found = games.measure(queries, ExampleGames::Space::kInputs);
          EXPECT_EQ(found.values, games.evaluate(queries));
          EXPECT_NEAR(found.distances.at(0), expected, 1e-6);
          EXPECT_NEAR(found.distances.at(1), 0.0, 1e-12);
          return 0;
        },
        {}, model_use);
  }
}

TEST_F(PlayerGamesTest, MeasureHowFarTheEncodingsAre) {
  const std::size_t count = text_players(0) + 3;
  const std::vector<ExampleGames::Query> queries = {{0, Coalition::full(count).without(4)},
                                                    {0, Coalition::full(count).without(0)}};
  // The table's encoder is sin(1.5 x), the text's is not touched by the first query.
  const auto encoded = [&](double second) {
    return std::vector{std::sin(1.5 * kTable[0]), std::sin(1.5 * second), std::sin(1.5 * kTable[2])};
  };
  double expected = 0.0;
  for (std::size_t draw = 0; draw < 3; ++draw) {
    expected += distance(encoded(kTable[1]), encoded(kReference[3 * draw + 1])) / 3.0 / 2.0;
  }
  const auto measure = [&](PlayerGames& games, RemovalGame&) {
    return games.measure(queries, ExampleGames::Space::kEncoders).distances;
  };
  const std::vector<double> found = with_games(measure, {}, ModelUse::kSplit);
  EXPECT_NEAR(found.at(0), expected, 1e-6);
  EXPECT_GT(found.at(1), 1e-3);
  EXPECT_EQ(with_games(measure, {.rows_per_call = 8, .thread_count = 3}, ModelUse::kSplit), found);
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { with_games(measure); }),
                       {"similarity", "expected a model that is split into encoders"}));
}

/// Example 1 has no number in the last column of the table.
class PlayerGamesWithoutANumber : public PlayerGamesTest {
 protected:
  static std::vector<float> table() {
    std::vector<float> numbers = kTable;
    numbers[5] = std::numeric_limits<float>::quiet_NaN();
    return numbers;
  }
  PlayerGamesWithoutANumber() : PlayerGamesTest(table()) {}
};

TEST_F(PlayerGamesWithoutANumber, HideItUnderARemovedPlayer) {
  const std::size_t count = text_players(1) + 3;
  const std::vector<ExampleGames::Query> hidden = {{1, Coalition::full(count).without(count - 1)}};
  const std::vector<ExampleGames::Query> shown = {{1, Coalition::full(count).without(count - 2)}};
  for (const ModelUse model_use : {ModelUse::kWhole, ModelUse::kSplit}) {
    with_games(
        [&](PlayerGames& games, RemovalGame&) {
          EXPECT_NEAR(games.evaluate(hidden).front(), masked_by_hand(1, hidden.front().coalition), 1e-6);
          EXPECT_TRUE(mentions(thrown_message<ModelError>([&] { return games.evaluate(shown); }), {"finite"}));
          EXPECT_TRUE(mentions(thrown_message<DataError>([&] { games.measure(hidden, ExampleGames::Space::kInputs); }),
                               {"val.npz: example '1'", "expected finite numbers to measure similarity by"}));
          return 0;
        },
        {}, model_use);
  }
}

}  // namespace
}  // namespace modattr::player_games_test
