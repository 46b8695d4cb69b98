#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "modattr/data/array_tensor.h"
#include "segmentation_subject.h"

namespace modattr {
namespace {

/// Boxes around what is in a picture, each example's own.
class BoxSegmentation final : public Segmentation {
 public:
  explicit BoxSegmentation(const SegmentationSubject& subject)
      : boxes_(subject.options.boxes),
        has_background_(subject.options.has_background_player),
        modality_(subject.modality),
        dataset_(subject.dataset),
        inputs_(subject.inputs.begin(), subject.inputs.end()),
        whole_(std::make_shared<const PlayerLayout>(whole_layout(subject))) {
    for (std::size_t place = 0; place < inputs_.size(); ++place) {
      const Array& array = subject.array(place);
      if (array.shape.size() < 3 || !inputs_[place].columns.empty()) {
        subject.fail("whole pictures, [..., height, width], to put boxes on", describe(array),
                     "use column, segment or element");
      }
      if (!std::equal(array.shape.end() - 2, array.shape.end(), subject.array(0).shape.end() - 2)) {
        subject.fail("pictures of the same size as '" + subject.array(0).name + "'", describe(array), "use mask");
      }
    }
  }

  std::shared_ptr<const PlayerLayout> layout(std::size_t example) const override {
    const std::vector<PictureBox>& boxes = boxes_.at(dataset_.row(example));
    const std::vector<std::int64_t>& shape = dataset_.input(inputs_.front().input).shape;
    const auto height = static_cast<std::size_t>(shape[shape.size() - 2]);
    const auto width = static_cast<std::size_t>(shape.back());
    const Numbers box_of_pixel =
        boxes_of_pixels(boxes, dataset_.placement(inputs_.front().input, example), height, width);

    auto layout = std::make_shared<PlayerLayout>();
    // In the order of the boxes; one that owns no pixel, such as one that was cropped off, is no player.
    Numbers player_of_box(boxes.size(), kNoPlayer);
    std::vector<std::size_t> box_of_player;
    for (std::size_t box = 0; box < boxes.size(); ++box) {
      if (std::ranges::find(box_of_pixel, static_cast<std::int64_t>(box)) == box_of_pixel.end()) continue;
      player_of_box[box] = static_cast<std::int64_t>(layout->labels.size());
      layout->labels.push_back(boxes[box].name.empty() ? std::to_string(box) : boxes[box].name);
      box_of_player.push_back(box);
    }
    tell_apart(layout->labels, box_of_player);
    std::int64_t background = kNoPlayer;
    if (has_background_ && std::ranges::find(box_of_pixel, kNoPlayer) != box_of_pixel.end()) {
      background = static_cast<std::int64_t>(layout->labels.size());
      layout->labels.emplace_back("background");
    }
    if (layout->labels.empty()) return whole_;
    check_player_count(modality_, *layout);
    for (const SegmentedInput& input : inputs_) {
      Numbers players(element_count(row_shape(dataset_.input(input.input))));
      for (std::size_t element = 0; element < players.size(); ++element) {
        const std::int64_t box = box_of_pixel[element % box_of_pixel.size()];
        players[element] = box == kNoPlayer ? background : player_of_box[static_cast<std::size_t>(box)];
      }
      layout->inputs.push_back(runs_of(players));
    }
    return layout;
  }
  bool is_shared() const noexcept override { return false; }

 private:
  /// Row by row; kNoPlayer = in no box.
  static Numbers boxes_of_pixels(const std::vector<PictureBox>& boxes, const PicturePlacement& placement,
                                 std::size_t height, std::size_t width) {
    std::vector<std::size_t> order(boxes.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto area = [&](std::size_t box) {
      return (boxes[box].right - boxes[box].left) * (boxes[box].bottom - boxes[box].top);
    };
    std::ranges::stable_sort(order, {}, area);
    // The smallest one is painted last, over the others.
    std::ranges::reverse(order);
    Numbers box_of_pixel(height * width, kNoPlayer);
    for (const std::size_t box : order) {
      const double left = boxes[box].left * placement.x_scale + placement.x_offset;
      const double right = boxes[box].right * placement.x_scale + placement.x_offset;
      const double top = boxes[box].top * placement.y_scale + placement.y_offset;
      const double bottom = boxes[box].bottom * placement.y_scale + placement.y_offset;
      for (std::size_t row = 0; row < height; ++row) {
        const double y = static_cast<double>(row) + 0.5;
        if (y < top || y >= bottom) continue;
        for (std::size_t column = 0; column < width; ++column) {
          const double x = static_cast<double>(column) + 0.5;
          if (x >= left && x < right) box_of_pixel[row * width + column] = static_cast<std::int64_t>(box);
        }
      }
    }
    return box_of_pixel;
  }

  std::vector<std::vector<PictureBox>> boxes_;
  bool has_background_;
  std::string modality_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  /// Of pictures without a player.
  std::shared_ptr<const PlayerLayout> whole_;
};

}  // namespace

std::unique_ptr<Segmentation> make_box_segmentation(const SegmentationSubject& subject) {
  return std::make_unique<BoxSegmentation>(subject);
}

}  // namespace modattr
