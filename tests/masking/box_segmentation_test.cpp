#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/data/array_file.h"
#include "modattr/data/data_source.h"
#include "modattr/masking/segmentation.h"
#include "support/array_writers.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

/// One picture of 2 channels, 3 high and 4 wide.
class BoxSegmentationTest : public testing::Test {
 protected:
  BoxSegmentationTest() {
    write_npz(folder_ / "val.npz", {TestArray::of<float>("x", {1, 2, 3, 4}, std::vector<float>(24, 1.0F)),
                                    TestArray::of<float>("row", {1, 4}, {1, 2, 3, 4})});
    dataset_ = std::make_unique<Dataset>(DatasetOptions{.path = folder_ / "val.npz", .inputs = {"x", "row"}});
  }

  std::shared_ptr<const PlayerLayout> layout(std::vector<PictureBox> boxes, bool has_background = true) {
    SegmentationOptions options{.type = PlayerType::kBox};
    options.boxes = {std::move(boxes)};
    options.has_background_player = has_background;
    return make_segmentation(options, "image", *dataset_, inputs_)->layout(0);
  }

  /// One letter per pixel: the label's first one, '.' for no player; channels one after the other.
  static std::string drawn(const PlayerLayout& layout) {
    std::string text;
    for (const PlayerRun& run : layout.inputs.at(0)) {
      text += std::string(run.count, run.player ? layout.labels[*run.player].front() : '.');
    }
    return text;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Dataset> dataset_;
  std::vector<SegmentedInput> inputs_ = {{.input = 0}};
};

TEST_F(BoxSegmentationTest, OwnThePixelsWhoseCentreTheyHold) {
  // From 0.6 on: the centre of the first column, 0.5, is outside; that of the third, 2.5, is not inside 2.5.
  const auto found = layout({{.left = 0.6, .top = 0, .right = 2.5, .bottom = 2, .name = "dog"}});
  EXPECT_EQ(found->labels, (std::vector<std::string>{"dog", "background"}));
  EXPECT_EQ(drawn(*found), "bdbbbdbbbbbbbdbbbdbbbbbb");
}

TEST_F(BoxSegmentationTest, OwnRowsWhoseCentreTheyHold) {
  const auto found = layout({{.left = 0, .top = 0.6, .right = 4, .bottom = 2.5, .name = "dog"}});
  EXPECT_EQ(drawn(*found).substr(0, 12), "bbbbddddbbbb");
}

TEST_F(BoxSegmentationTest, FollowTheirPictureThroughResizeAndCrop) {
  auto source = std::make_shared<DataSource>();
  source->arrays = open_array_file(folder_ / "val.npz");
  RawRows origins{.input = "x", .kind = OriginKind::kPicture, .rows = {"a.png"}};
  origins.placement = [](std::size_t) {
    return PicturePlacement{.x_scale = 0.5, .y_scale = 0.25, .x_offset = 1.0, .y_offset = -1.0};
  };
  source->origins.push_back(origins);
  dataset_ =
      std::make_unique<Dataset>(DatasetOptions{.path = folder_ / "val.npz", .inputs = {"x", "row"}, .source = source});
  // From 2 / 2 + 1 to 6 / 2 + 1, and from 8 / 4 - 1 to 12 / 4 - 1.
  const auto found = layout({{.left = 2, .top = 8, .right = 6, .bottom = 12, .name = "dog"}});
  EXPECT_EQ(drawn(*found).substr(0, 12), "bbbbbbddbbbb");
}

TEST_F(BoxSegmentationTest, AreThoseOfTheRowOfTheFile) {
  write_npz(folder_ / "two.npz", {TestArray::of<float>("x", {2, 2, 3, 4}, std::vector<float>(48, 1.0F))});
  dataset_ = std::make_unique<Dataset>(DatasetOptions{.path = folder_ / "two.npz", .inputs = {"x"}});
  const std::vector<std::uint32_t> second = {1};
  dataset_->keep(second);
  SegmentationOptions options{.type = PlayerType::kBox};
  options.boxes = {{{.left = 0, .top = 0, .right = 1, .bottom = 1, .name = "dog"}},
                   {{.left = 1, .top = 0, .right = 2, .bottom = 1, .name = "cat"}}};
  const auto found = make_segmentation(options, "image", *dataset_, inputs_)->layout(0);
  EXPECT_EQ(drawn(*found).substr(0, 4), "bcbb");
}

TEST_F(BoxSegmentationTest, GoToTheSmallestBoxWhereSeveralOverlapAndThenToTheFirst) {
  const PictureBox large{.left = 0, .top = 0, .right = 3, .bottom = 3, .name = "large"};
  const PictureBox small{.left = 1, .top = 1, .right = 2, .bottom = 2, .name = "small"};
  const PictureBox twin{.left = 1, .top = 1, .right = 2, .bottom = 2, .name = "twin"};
  for (const auto& boxes : {std::vector<PictureBox>{large, small, twin}, std::vector<PictureBox>{small, twin, large}}) {
    EXPECT_EQ(drawn(*layout(boxes)).substr(0, 12), "lllblslblllb");
  }
  // The twin owns nothing, and is no player.
  EXPECT_EQ(layout({large, small, twin})->labels, (std::vector<std::string>{"large", "small", "background"}));
}

TEST_F(BoxSegmentationTest, LeavesTheOtherPixelsToNobodyWhenTold) {
  const auto found = layout({{.left = 0, .top = 0, .right = 1, .bottom = 1, .name = "dog"}}, false);
  EXPECT_EQ(found->labels, (std::vector<std::string>{"dog"}));
  EXPECT_EQ(drawn(*found).substr(0, 12), "d...........");
}

TEST_F(BoxSegmentationTest, AreAllOfThePictureWithoutAny) {
  EXPECT_EQ(layout({})->labels, (std::vector<std::string>{"background"}));
  EXPECT_EQ(layout({}, false)->labels, (std::vector<std::string>{"image"}));
  EXPECT_EQ(drawn(*layout({{.left = 9, .top = 9, .right = 12, .bottom = 12}}, false)), std::string(24, 'i'));
}

TEST_F(BoxSegmentationTest, AreTheirNumbersOrNamesWithNumbers) {
  const auto found = layout({{.left = 0, .top = 0, .right = 1, .bottom = 1, .name = "dog"},
                             {.left = 1, .top = 0, .right = 2, .bottom = 1},
                             {.left = 2, .top = 0, .right = 3, .bottom = 1, .name = "dog"}});
  EXPECT_EQ(found->labels, (std::vector<std::string>{"dog@0", "1", "dog@2", "background"}));
}

TEST_F(BoxSegmentationTest, NeedPictures) {
  inputs_ = {{.input = 1}};
  EXPECT_TRUE(mentions(thrown_message<ConfigError>([&] { layout({}); }), {"whole pictures, [..., height, width]"}));
}

}  // namespace
}  // namespace modattr
