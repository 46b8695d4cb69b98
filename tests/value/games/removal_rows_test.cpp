#include "modattr/value/games/removal_rows.h"

#include <set>

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "value/removal_set.h"

namespace modattr {
namespace {

using Rows = std::vector<std::uint32_t>;

/// Examples 0 and 2 are alike in a.
const Columns kOwn = {{1, 2, 1, 3}, {10, 20, 30, 40}};

/// The rows of a modality in a draw, and the data that stands in its input.
struct Written {
  Written(const RemovalRows& removal, std::size_t modality, std::size_t draw, std::size_t example_count)
      : rows(example_count) {
    removal.write_rows(modality, draw, rows);
    Rows synthetic;
    for (const std::uint32_t row : rows) {
      EXPECT_GE(row, example_count) << "after the examples";
      EXPECT_LT(row - example_count, removal.count(modality));
      synthetic.push_back(row - static_cast<std::uint32_t>(example_count));
    }
    const at::Tensor tensor = removal.gather(modality, modality, synthetic).reshape({-1});
    for (std::int64_t place = 0; place < tensor.size(0); ++place) data.push_back(tensor[place].item<float>());
  }

  Rows rows;
  std::vector<float> data;
};

TEST(RemovalRows, OfABackgroundAreItsRowsForAllModalitiesAndExamples) {
  // Rows 0 and 2 of the reference are alike in a.
  RemovalSet set({.own = kOwn, .reference = {{5, 6, 5}, {50, 60, 70}}});
  const ModalityRows rows(set.dataset(), set.layout());
  const auto removal = set.removal_rows(rows);
  EXPECT_EQ(removal->draw_count(), 3U);
  EXPECT_TRUE(removal->uses_background(0));
  EXPECT_EQ(removal->count(0), 2U) << "equal rows count once";
  EXPECT_EQ(removal->count(1), 3U);
  const std::vector<std::vector<float>> expected = {{5, 6, 5}, {50, 60, 70}};
  for (std::size_t draw = 0; draw < 3; ++draw) {
    for (std::size_t modality = 0; modality < 2; ++modality) {
      EXPECT_EQ(Written(*removal, modality, draw, 4).data, std::vector<float>(4, expected[modality][draw]));
    }
  }
  EXPECT_EQ(Written(*removal, 0, 0, 4).rows, Written(*removal, 0, 2, 4).rows);
}

TEST(RemovalRows, OfExamplesAreThese) {
  // The background is examples 2 and 1; in a example 2 is like example 0.
  RemovalSet set({.own = kOwn, .reference = {{1, 2}, {30, 20}}});
  const ModalityRows rows(set.dataset(), set.layout());
  const auto synthetic = set.removal_rows(rows);
  std::vector<std::unique_ptr<Baseline>> backgrounds(2);
  const RemovalRows removal({.dataset = set.dataset(),
                             .layout = set.layout(),
                             .rows = rows,
                             .reference = &set.reference(),
                             .reference_examples = {2, 1},
                             .baselines = std::move(backgrounds)});
  EXPECT_EQ(removal.draw_count(), 2U);
  for (std::size_t modality = 0; modality < 2; ++modality) {
    EXPECT_EQ(removal.count(modality), 0U) << "nothing is encoded again";
    for (std::size_t draw = 0; draw < 2; ++draw) {
      Rows written(4);
      removal.write_rows(modality, draw, written);
      EXPECT_EQ(std::set(written.begin(), written.end()).size(), 1U);
      const float data = set.dataset().gather(modality, std::span(written).first(1)).item<float>();
      EXPECT_EQ(data, Written(*synthetic, modality, draw, 4).data.front());
    }
  }
  EXPECT_EQ(removal.row(0, 0, 3), 0U) << "the first of equal rows";
  EXPECT_EQ(removal.row(1, 0, 3), 2U);
}

TEST(RemovalRows, OfAConstantIsOneRow) {
  RemovalSet set({.own = kOwn, .removals = {{.type = RemovalType::kMean}, {.type = RemovalType::kZero}}});
  const ModalityRows rows(set.dataset(), set.layout());
  const auto removal = set.removal_rows(rows);
  EXPECT_EQ(removal->draw_count(), 1U) << "no background";
  EXPECT_FALSE(removal->uses_background(0));
  EXPECT_EQ(removal->count(0), 1U);
  EXPECT_EQ(Written(*removal, 0, 0, 4).data, std::vector<float>(4, 1.75F));
  EXPECT_EQ(Written(*removal, 1, 0, 4).data, std::vector<float>(4, 0.0F));
}

/// What replaces a row depends on its content, or on the example.
TEST(RemovalRows, OfExamplesFollowTheirContent) {
  const TemporaryFolder folder;
  write_npz(folder / "val.npz",
            {TestArray::of<std::int64_t>("ids", {4, 2}, {9, 1, 2, 9, 9, 1, 3, 3}),
             TestArray::of<float>("x", {4}, {1, 1, 1, 1}), TestArray::of<float>("x__baseline", {4}, {5, 6, 7, 8})});
  const InputLayout layout =
      make_input_layout(std::vector<ModalityInputs>{{"text", {{"ids", {}}}}, {"sound", {{"x", {}}}}});
  Dataset dataset({.path = folder / "val.npz", .inputs = layout.input_names()});
  dataset.keep(Rows{2, 0, 3, 1});
  const ModalityRows rows(dataset, layout);
  std::vector<std::unique_ptr<Baseline>> baselines;
  const std::vector<std::size_t> text = {0};
  const std::vector<std::size_t> sound = {1};
  baselines.push_back(
      make_baseline({.type = RemovalType::kToken, .token_id = 0, .special_ids = {9}}, "text", dataset, text));
  baselines.push_back(
      make_baseline({.type = RemovalType::kFile, .baselines = {dataset.arrays()[2]}}, "sound", dataset, sound));
  const RemovalRows removal(
      {.dataset = dataset, .layout = layout, .rows = rows, .reference = nullptr, .baselines = std::move(baselines)});
  EXPECT_EQ(removal.count(0), 3U) << "examples 0 and 1 have the same ids";
  Rows text_rows(4);
  removal.write_rows(0, 0, text_rows);
  EXPECT_EQ(text_rows[0], text_rows[1]);
  EXPECT_EQ(std::set<std::uint32_t>(text_rows.begin(), text_rows.end()).size(), 3U);
  for (std::uint32_t& row : text_rows) row -= 4;
  const std::vector<std::int64_t> expected = {9, 0, 9, 0, 0, 0, 0, 9};
  EXPECT_TRUE(removal.gather(0, 0, text_rows).equal(at::tensor(expected, at::kLong).reshape({4, 2})));

  EXPECT_EQ(removal.count(1), 4U) << "though the sounds are alike";
  EXPECT_EQ(Written(removal, 1, 0, 4).data, (std::vector<float>{7, 5, 8, 6}));
}

TEST(RemovalRows, TakeAllInputsOfAModalityFromOneRow) {
  RemovalSet set({.own = {{1, 2}, {1, 2}, {7, 8}},
                  .reference = {{5, 6, 5}, {50, 60, 51}, {0, 0, 0}},
                  .modalities = {{"pair", {{"a", {}}, {"b", {}}}}, {"rest", {{"c", {}}}}}});
  const ModalityRows rows(set.dataset(), set.layout());
  const auto removal = set.removal_rows(rows);
  EXPECT_EQ(removal->count(0), 3U) << "different in b";
  EXPECT_EQ(removal->count(1), 1U);
  for (std::size_t draw = 0; draw < 3; ++draw) {
    Rows synthetic(2);
    removal->write_rows(0, draw, synthetic);
    for (std::uint32_t& row : synthetic) row -= 2;
    EXPECT_EQ(removal->gather(0, 0, synthetic)[0].item<float>(), std::vector<float>({5, 6, 5})[draw]);
    EXPECT_EQ(removal->gather(1, 0, synthetic)[1].item<float>(), std::vector<float>({50, 60, 51})[draw]);
  }
}

}  // namespace
}  // namespace modattr
