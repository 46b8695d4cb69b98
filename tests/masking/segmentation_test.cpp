#include "modattr/masking/segmentation.h"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/masking/token_texts.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"
#include "support/timed_source.h"

namespace modattr {
namespace {

using Words = std::vector<std::string>;
/// The player of every element of a row; -1 = none.
using Owners = std::vector<int>;

/// A data file whose arrays are the inputs of modality "photo".
class TestSet {
 public:
  explicit TestSet(const std::vector<TestArray>& arrays, const std::vector<TestArray>& masks = {}) {
    std::vector<TestArray> all = arrays;
    all.insert(all.end(), masks.begin(), masks.end());
    write_npz(folder_ / "val.npz", all);
    DatasetOptions options = {.path = folder_ / "val.npz"};
    for (const TestArray& array : arrays) options.inputs.push_back(array.name);
    dataset_ = std::make_unique<Dataset>(options);
    for (std::size_t input = 0; input < arrays.size(); ++input) inputs_.push_back({input, {}});
    for (const TestArray& mask : masks) {
      for (const Array& array : dataset_->arrays()) {
        if (array.name == mask.name) masks_.push_back(array);
      }
    }
  }

  /// The first input was made of sounds whose time runs along `axis` of a row, a quarter of a second a step.
  TestSet& with_time(std::size_t axis) {
    DatasetOptions options = {.path = folder_ / "val.npz"};
    for (std::size_t input = 0; input < dataset_->input_count(); ++input) {
      options.inputs.push_back(dataset_->input(input).name);
    }
    options.source = timed_source(folder_ / "val.npz", {{options.inputs.front(), {axis, 0.25}}});
    dataset_ = std::make_unique<Dataset>(options);
    return *this;
  }
  TestSet& only_columns(std::vector<std::array<std::int64_t, 2>> columns) {
    inputs_.front().columns = std::move(columns);
    return *this;
  }
  Dataset& dataset() const { return *dataset_; }

  std::unique_ptr<Segmentation> segmentation(SegmentationOptions options) const {
    options.masks = masks_;
    return make_segmentation(options, "photo", *dataset_, inputs_);
  }
  PlayerLayout layout(const SegmentationOptions& options, std::size_t example = 0) const {
    return *segmentation(options)->layout(example);
  }
  std::string error_of(const SegmentationOptions& options) const {
    return thrown_message<ConfigError>([&] { return segmentation(options)->layout(0); });
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Dataset> dataset_;
  std::vector<SegmentedInput> inputs_;
  std::vector<Array> masks_;
};

/// Also checks that the runs have no gaps.
Owners owners(const PlayerLayout& layout, std::size_t input = 0) {
  Owners result;
  for (const PlayerRun& run : layout.inputs.at(input)) {
    EXPECT_EQ(run.first, result.size());
    EXPECT_GT(run.count, 0U);
    EXPECT_LT(run.player.value_or(0), std::max<std::size_t>(layout.labels.size(), 1));
    result.insert(result.end(), run.count, run.player ? static_cast<int>(*run.player) : -1);
  }
  return result;
}

TestArray floats(const std::string& name, const std::vector<std::int64_t>& shape) {
  const auto count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  return TestArray::of<float>(name, shape, std::vector<float>(static_cast<std::size_t>(count)));
}

TestArray ids(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& values) {
  return TestArray::of<std::int64_t>("ids", shape, values);
}

TEST(Segmentation, LeavesAllOfItWhole) {
  const TestSet set({floats("x", {2, 3}), floats("y", {2})});
  const PlayerLayout layout = set.layout({.type = PlayerType::kWhole});
  EXPECT_EQ(layout.labels, Words{"photo"});
  EXPECT_EQ(owners(layout, 0), Owners(3, 0));
  EXPECT_EQ(owners(layout, 1), Owners(1, 0));
  EXPECT_TRUE(set.segmentation({.type = PlayerType::kWhole})->is_shared());
}

TEST(Segmentation, TilesAnImageWithPatchesAcrossChannels) {
  const TestSet set({floats("x", {1, 2, 7, 5})});
  const PlayerLayout layout = set.layout({.type = PlayerType::kPatch, .size = {{3, 3}}});
  EXPECT_EQ(layout.labels, (Words{"0,0", "0,1", "1,0", "1,1", "2,0", "2,1"}));
  Owners expected;
  for (int channel = 0; channel < 2; ++channel) {
    for (int row = 0; row < 7; ++row) {
      for (int column = 0; column < 5; ++column) expected.push_back(row / 3 * 2 + column / 3);
    }
  }
  EXPECT_EQ(owners(layout), expected) << "the border belongs to smaller patches";
  ASSERT_EQ(layout.patches.size(), 6U);
  const auto place_of = [&](std::size_t player) {
    const PatchPlace& patch = layout.patches.at(player);
    return std::vector<std::size_t>{patch.row, patch.column, patch.height, patch.width};
  };
  EXPECT_EQ(place_of(0), (std::vector<std::size_t>{0, 0, 3, 3}));
  EXPECT_EQ(place_of(3), (std::vector<std::size_t>{3, 3, 3, 2}));
  EXPECT_EQ(place_of(5), (std::vector<std::size_t>{6, 3, 1, 2}));
}

TEST(Segmentation, CutsAnImageIntoAnEighthOfItsSides) {
  const TestSet set({floats("x", {1, 9, 16})});
  const PlayerLayout layout = set.layout({.type = PlayerType::kPatch});
  // Patches of 2 x 2: 5 rows, the last of one line, and 8 columns.
  EXPECT_EQ(layout.labels.size(), 5U * 8U);
  EXPECT_EQ(owners(layout).back(), 39);
  EXPECT_EQ(layout.labels.back(), "4,7");
}

TEST(Segmentation, CutsColumnsAndElements) {
  const TestSet set({floats("x", {1, 2, 3}), floats("y", {1})});
  const PlayerLayout columns = set.layout({.type = PlayerType::kColumn});
  EXPECT_EQ(columns.labels, (Words{"x[0]", "x[1]", "y"}));
  EXPECT_EQ(owners(columns, 0), (Owners{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(owners(columns, 1), Owners{2});
  const PlayerLayout elements = set.layout({.type = PlayerType::kElement});
  EXPECT_EQ(elements.labels, (Words{"x[0,0]", "x[0,1]", "x[0,2]", "x[1,0]", "x[1,1]", "x[1,2]", "y"}));
  EXPECT_EQ(owners(elements, 0), (Owners{0, 1, 2, 3, 4, 5}));
}

TEST(Segmentation, CutsStretchesOfTheLastDimension) {
  const TestSet set({floats("x", {1, 2, 5})});
  const PlayerLayout layout = set.layout({.type = PlayerType::kSegment, .size = {{2, 2}}});
  EXPECT_EQ(layout.labels, (Words{"0:2", "2:4", "4:5"}));
  EXPECT_EQ(owners(layout), (Owners{0, 0, 1, 1, 2, 0, 0, 1, 1, 2}));
  const TestSet sound({floats("x", {1, 33})});
  EXPECT_EQ(sound.layout({.type = PlayerType::kSegment}).labels.size(), 11U) << "of three samples";
  const TestSet two({floats("x", {1, 4}), floats("y", {1, 2})});
  EXPECT_EQ(two.layout({.type = PlayerType::kSegment, .size = {{2, 2}}}).labels, (Words{"x 0:2", "x 2:4", "y 0:2"}));
}

TEST(Segmentation, CutsSoundsAlongTheirTime) {
  TestSet set({floats("x", {1, 3, 2})});
  EXPECT_TRUE(set.layout({.type = PlayerType::kSegment, .size = {{2, 2}}}).times.empty()) << "no time is known";
  const PlayerLayout layout = set.with_time(0).layout({.type = PlayerType::kSegment, .size = {{2, 2}}});
  EXPECT_EQ(layout.labels, (Words{"0:2", "2:3"}));
  EXPECT_EQ(owners(layout), (Owners{0, 0, 0, 0, 1, 1}));
  ASSERT_EQ(layout.times.size(), 2U);
  EXPECT_EQ(layout.times[1].start, 0.5);
  EXPECT_EQ(layout.times[1].end, 0.75);
  EXPECT_EQ(set.with_time(1).layout({.type = PlayerType::kSegment, .size = {{1, 1}}}).labels, (Words{"0:1", "1:2"}));
}

TEST(Segmentation, GivesMasksTheSegmentsOfTheirSounds) {
  const TestSet set({floats("values", {1, 2, 5}), floats("attention_mask", {1, 5})});
  const PlayerLayout layout = set.layout({.type = PlayerType::kSegment, .size = {{2, 2}}});
  EXPECT_EQ(layout.labels, (Words{"0:2", "2:4", "4:5"}));
  EXPECT_EQ(owners(layout, 1), (Owners{0, 0, 1, 1, 2}));
  const TestSet other({floats("values", {1, 4}), floats("attention_mask", {1, 2})});
  EXPECT_EQ(other.layout({.type = PlayerType::kSegment, .size = {{2, 2}}}).labels,
            (Words{"values 0:2", "values 2:4", "attention_mask 0:2"}));
}

TEST(Segmentation, HasNoPlayersAtSpecialTokens) {
  TestSet set({ids({2, 4}, {1, 7, 3, 0, 1, 0, 0, 0}), floats("mask", {2, 4}), floats("vector", {2, 4, 2})});
  const SegmentationOptions options = {
      .type = PlayerType::kToken, .special_ids = {0, 1}, .vocabulary = {"pad", "start", "red", "cat"}};
  const PlayerLayout layout = set.layout(options);
  EXPECT_EQ(layout.labels, (Words{"7", "cat"})) << "an id that the vocabulary lacks is its own label";
  EXPECT_EQ(owners(layout, 0), (Owners{-1, 0, 1, -1}));
  EXPECT_EQ(owners(layout, 1), (Owners{-1, 0, 1, -1}));
  EXPECT_EQ(owners(layout, 2), (Owners{-1, -1, 0, 0, 1, 1, -1, -1}));
  EXPECT_FALSE(set.segmentation(options)->is_shared());
  const std::vector<std::uint32_t> last = {1};
  set.dataset().keep(last);
  EXPECT_EQ(set.layout(options, 0).labels, Words{"photo"}) << "examples, not rows of the file";
}

TEST(Segmentation, HasNoPlayersWithoutAttention) {
  const std::vector<float> seen = {1, 1, 0, 1, 0, 0};
  const TestSet set({ids({2, 3}, {7, 8, 9, 7, 8, 9}), TestArray::of<float>("attention_mask", {2, 3}, seen)});
  const SegmentationOptions options = {.type = PlayerType::kToken};
  EXPECT_EQ(set.layout(options, 0).labels, (Words{"7", "8"}));
  EXPECT_EQ(owners(set.layout(options, 0), 1), (Owners{0, 1, -1}));
  EXPECT_EQ(set.layout(options, 1).labels, Words{"7"});
  // torch's masks of padding say the opposite.
  const TestSet padded({ids({1, 3}, {7, 8, 9}), TestArray::of<bool>("key_padding_mask", {1, 3}, {false, true, true})});
  EXPECT_EQ(padded.layout(options).labels, Words{"7"});
  const TestSet other({ids({1, 3}, {7, 8, 9}), TestArray::of<std::int64_t>("mask", {1, 3}, {2, 1, 0})});
  EXPECT_EQ(other.layout(options).labels.size(), 3U) << "no mask, as it holds a 2";
  const TestSet flags({ids({1, 3}, {7, 8, 9}), TestArray::of<std::int64_t>("flags", {1, 3}, {1, 1, 0})});
  EXPECT_EQ(flags.layout(options).labels.size(), 3U) << "no mask, by its name";
}

TEST(Segmentation, TellsWordsThatOccurAgainApart) {
  const TestSet set({ids({1, 6}, {0, 1, 2, 0, 2, 3})});
  const Words vocabulary = {"the", "cat", "##s", "dog"};
  EXPECT_EQ(set.layout({.type = PlayerType::kToken, .vocabulary = vocabulary}).labels,
            (Words{"the@0", "cat", "##s@2", "the@3", "##s@4", "dog"}));
  EXPECT_EQ(set.layout({.type = PlayerType::kWord, .vocabulary = vocabulary}).labels,
            (Words{"the", "cats", "thes", "dog"}));
}

TEST(Segmentation, MakesOnePlayerOfSpecialTokensThatStandAlone) {
  const TestSet set({ids({2, 2}, {1, 0, 1, 7}), floats("vector", {2, 2, 2})});
  const SegmentationOptions options = {.type = PlayerType::kToken, .special_ids = {0, 1}};
  const PlayerLayout layout = set.layout(options);
  EXPECT_EQ(layout.labels, Words{"photo"});
  EXPECT_EQ(owners(layout, 0), (Owners{0, 0}));
  EXPECT_EQ(owners(layout, 1), (Owners{0, 0, 0, 0}));
  EXPECT_EQ(set.layout(options, 1).labels, Words{"7"}) << "example by example";
}

TEST(Segmentation, JoinsWordsThatGoOnWithHashes) {
  const TestSet set({ids({1, 7}, {1, 2, 3, 0, 3, 4, 5})});
  const SegmentationOptions options = {
      .type = PlayerType::kWord, .special_ids = {0}, .vocabulary = {"[SEP]", "un", "##happi", "##ness", "a", "cat"}};
  const PlayerLayout layout = set.layout(options);
  EXPECT_EQ(layout.labels, (Words{"unhappiness", "##ness", "a", "cat"})) << "a special token ends a word";
  EXPECT_EQ(owners(layout), (Owners{0, 0, 0, -1, 1, 2, 3}));
  SegmentationOptions tokens = options;
  tokens.type = PlayerType::kToken;
  EXPECT_EQ(set.layout(tokens).labels.size(), 6U);
}

TEST(Segmentation, JoinsWordsThatBeginWithAMark) {
  const TestSet set({ids({1, 5}, {0, 1, 2, 3, 1})});
  for (const std::string mark : {"\u2581", "\u0120"}) {
    const PlayerLayout layout =
        set.layout({.type = PlayerType::kWord, .vocabulary = {mark + "un", "happy", mark + "cat", mark}});
    EXPECT_EQ(layout.labels.size(), 3U);
    EXPECT_EQ(layout.labels.front(), mark + "unhappy");
    EXPECT_EQ(owners(layout), (Owners{0, 0, 1, 2, 2}));
  }
}

TEST(Segmentation, TellsWhatATextSays) {
  const TestSet set({ids({2, 7}, {1, 2, 3, 0, 3, 4, 9, 0, 0, 0, 0, 0, 0, 0})});
  const std::vector<SegmentedInput> inputs = {{0, {}}};
  const auto text =
      token_texts({.special_ids = {0}, .vocabulary = {"[SEP]", "un", "##happi", "##ness", "a"}}, set.dataset(), inputs);
  ASSERT_TRUE(text);
  EXPECT_EQ(text(0), "unhappiness ##ness a 9");
  EXPECT_EQ(text(1), "") << "nothing but padding";
  EXPECT_FALSE(token_texts({.special_ids = {0}}, set.dataset(), inputs)) << "numbers are no words";
}

TEST(Segmentation, TellsATextWithoutTheMarksOfItsWords) {
  const std::vector<float> seen = {1, 1, 1, 1, 0};
  const TestSet set({ids({1, 5}, {0, 1, 2, 1, 2}), TestArray::of<float>("attention_mask", {1, 5}, seen)});
  const std::vector<SegmentedInput> inputs = {{0, {}}, {1, {}}};
  for (const std::string mark : {"\u2581", "\u0120"}) {
    const auto text = token_texts({.vocabulary = {mark + "un", "happy", mark + "cat"}}, set.dataset(), inputs);
    EXPECT_EQ(text(0), "unhappy cathappy") << "the last position is not seen";
  }
}

TEST(Segmentation, NamesColumns) {
  const TestSet set({floats("x", {1, 2, 3}), floats("y", {1})});
  EXPECT_EQ(set.layout({.type = PlayerType::kColumn, .column_names = {{"age", "height"}, {}}}).labels,
            (Words{"age", "height", "y"}));
}

TEST(Segmentation, SharesPlayersOfAMaskAmongInputs) {
  const TestSet set({floats("x", {2, 2, 2}), floats("y", {2, 3})},
                    {TestArray::of<std::int64_t>("x__players", {2, 2, 1}, {5, -1, 7, 7}),
                     TestArray::of<std::int32_t>("y__players", {1, 3}, {9, 5, 7})});
  const SegmentationOptions options = {.type = PlayerType::kMask};
  const PlayerLayout first = set.layout(options, 0);
  EXPECT_EQ(first.labels, (Words{"-1", "5", "7", "9"})) << "in the order of their numbers";
  EXPECT_EQ(owners(first, 0), (Owners{1, 1, 0, 0}));
  EXPECT_EQ(owners(first, 1), (Owners{3, 1, 2}));
  const PlayerLayout second = set.layout(options, 1);
  EXPECT_EQ(second.labels, (Words{"5", "7", "9"}));
  EXPECT_EQ(owners(second, 0), (Owners{1, 1, 1, 1}));
  EXPECT_FALSE(set.segmentation(options)->is_shared());
}

TEST(Segmentation, CutsColumnsOfAPartOnly) {
  TestSet set({floats("x", {1, 4, 2})}, {TestArray::of<std::int64_t>("x__players", {1, 4, 1}, {4, 3, 2, 1})});
  set.only_columns({{1, 2}, {3, 4}});
  const Owners expected = {-1, -1, 0, 0, -1, -1, 1, 1};
  const PlayerLayout columns = set.layout({.type = PlayerType::kColumn});
  EXPECT_EQ(columns.labels, (Words{"x[1]", "x[3]"}));
  EXPECT_EQ(owners(columns), expected);
  EXPECT_EQ(owners(set.layout({.type = PlayerType::kWhole})), (Owners{-1, -1, 0, 0, -1, -1, 0, 0}));
  EXPECT_EQ(owners(set.layout({.type = PlayerType::kElement})), (Owners{-1, -1, 0, 1, -1, -1, 2, 3}));
  EXPECT_EQ(owners(set.layout({.type = PlayerType::kSegment, .size = {{2, 2}}})), (Owners{-1, -1, 0, 0, -1, -1, 0, 0}));
  const PlayerLayout mask = set.layout({.type = PlayerType::kMask});
  EXPECT_EQ(mask.labels, (Words{"1", "3"}));
  EXPECT_EQ(owners(mask), (Owners{-1, -1, 1, 1, -1, -1, 0, 0}));
  TestSet text({ids({1, 4}, {5, 6, 7, 8})});
  const PlayerLayout tokens = text.only_columns({{1, 3}}).layout({.type = PlayerType::kToken});
  EXPECT_EQ(tokens.labels, (Words{"6", "7"}));
  EXPECT_EQ(owners(tokens), (Owners{-1, 0, 1, -1}));
}

TEST(Segmentation, RefusesTooManyPlayers) {
  const std::initializer_list<std::string_view> phrases = {"modality 'photo': players", "at most 32768", "use larger"};
  const TestSet wide({floats("x", {1, 32769})});
  EXPECT_TRUE(mentions(wide.error_of({.type = PlayerType::kElement}), phrases));
  EXPECT_TRUE(mentions(wide.error_of({.type = PlayerType::kColumn}), phrases));
  EXPECT_EQ(wide.layout({.type = PlayerType::kSegment, .size = {{2, 2}}}).labels.size(), 16385U);
  const TestSet most({floats("x", {1, 32768})});
  EXPECT_EQ(most.layout({.type = PlayerType::kElement}).labels.size(), 32768U);
  std::vector<std::int64_t> numbers(32769);
  std::iota(numbers.begin(), numbers.end(), 1);
  EXPECT_TRUE(mentions(TestSet({ids({1, 32769}, numbers)}).error_of({.type = PlayerType::kToken}),
                       {"modality 'photo': players", "at most 32768"}));
  const TestSet masked({floats("x", {1, 32769})}, {TestArray::of<std::int64_t>("x__players", {1, 32769}, numbers)});
  EXPECT_TRUE(mentions(masked.error_of({.type = PlayerType::kMask}), {"modality 'photo': players", "at most 32768"}));
}

TEST(Segmentation, RefusesShapesThatDoNotGoWithThePlayers) {
  const TestSet table({floats("x", {2, 3})});
  EXPECT_TRUE(mentions(table.error_of({.type = PlayerType::kPatch}),
                       {"modality 'photo': players", "height, width", "float32[2, 3]"}));
  EXPECT_TRUE(mentions(table.error_of({.type = PlayerType::kToken}),
                       {"modality 'photo': players", "token ids", "float32[2, 3]"}));
  const TestSet number({floats("x", {2})});
  EXPECT_TRUE(mentions(number.error_of({.type = PlayerType::kSegment}), {"modality 'photo'", "float32[2]"}));
  const TestSet pair({ids({1, 3}, {1, 2, 3}), floats("y", {1, 2})});
  EXPECT_TRUE(mentions(pair.error_of({.type = PlayerType::kWord}), {"modality 'photo'", "'ids'", "float32[1, 2]"}));
  const auto mask_error = [](const TestArray& mask) {
    return TestSet({floats("x", {2, 3})}, {mask}).error_of({.type = PlayerType::kMask});
  };
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{3, 3}, {1, 2}, {1, 1, 3}, {}}) {
    std::vector<std::int64_t> zeros(9);
    zeros.resize(
        static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>())));
    EXPECT_TRUE(mentions(mask_error(TestArray::of<std::int64_t>("x__players", shape, zeros)),
                         {"modality 'photo'", "broadcast to float32[2, 3]", "save x__players"}));
  }
  EXPECT_TRUE(mentions(mask_error(floats("x__players", {1, 3})), {"whole numbers", "float32[1, 3]"}));
}

TEST(Segmentation, ReadsAVocabularyLineByLine) {
  const TemporaryFolder folder;
  write_file(folder / "vocab.txt", "red\r\n\n##s\n\u2581cat");
  EXPECT_EQ(read_vocabulary(folder / "vocab.txt"), (Words{"red", "", "##s", "\u2581cat"}));
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return read_vocabulary(folder / "none.txt"); }),
                       {"none.txt: expected a vocabulary"}));
}

TEST(Segmentation, SaysWhatIsWrongWithAMask) {
  const TestSet set({floats("x", {2, 3})}, {floats("x__players", {2, 3})});
  EXPECT_TRUE(mentions(set.error_of({.type = PlayerType::kMask}),
                       {"expected whole numbers, of an integer type or bool, got 'x__players' float32[2, 3]",
                        "x__players.astype(np.int64)"}));
}

}  // namespace
}  // namespace modattr
