#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "modattr/data/array_tensor.h"
#include "segmentation_subject.h"
#include "slic.h"

namespace modattr {
namespace {

/// Superpixels of the first input's picture; the same pixels of the other inputs go with them.
class SuperpixelSegmentation final : public Segmentation {
 public:
  explicit SuperpixelSegmentation(const SegmentationSubject& subject)
      : options_{.segment_count = subject.options.segment_count, .compactness = subject.options.compactness},
        modality_(subject.modality),
        dataset_(subject.dataset),
        inputs_(subject.inputs.begin(), subject.inputs.end()) {
    for (std::size_t place = 0; place < inputs_.size(); ++place) {
      const Array& array = subject.array(place);
      if (array.shape.size() < 3 || !inputs_[place].columns.empty()) {
        subject.fail("whole pictures, [..., height, width], to cut into superpixels", describe(array),
                     "use column, segment or element");
      }
      const std::size_t rank = array.shape.size();
      if (side(0, 2) != array.shape[rank - 2] || side(0, 1) != array.shape[rank - 1]) {
        subject.fail("pictures of the same size as '" + subject.array(0).name + "'", describe(array), "use mask");
      }
    }
  }

  std::shared_ptr<const PlayerLayout> layout(std::size_t example) const override {
    const std::uint32_t row = dataset_.input_row(inputs_.front().input, example);
    {
      const std::scoped_lock lock(mutex_);
      const auto found = layouts_.find(row);
      if (found != layouts_.end()) return found->second;
    }
    auto layout = std::make_shared<const PlayerLayout>(cut(static_cast<std::uint32_t>(example)));
    const std::scoped_lock lock(mutex_);
    // A few examples are asked for again and again.
    constexpr std::size_t kMostKept = 64;
    if (layouts_.size() >= kMostKept) layouts_.clear();
    layouts_.emplace(row, layout);
    return layout;
  }
  bool is_shared() const noexcept override { return false; }

 private:
  /// Of an input's picture, counted from the last dimension.
  std::int64_t side(std::size_t place, std::size_t from_end) const {
    const std::vector<std::int64_t>& shape = dataset_.input(inputs_[place].input).shape;
    return shape[shape.size() - from_end];
  }

  PlayerLayout cut(std::uint32_t example) const {
    const at::Tensor data = dataset_.gather(inputs_.front().input, std::span(&example, 1)).to(at::kDouble).contiguous();
    const auto height = static_cast<std::size_t>(side(0, 2));
    const auto width = static_cast<std::size_t>(side(0, 1));
    const std::size_t pixel_count = height * width;
    const std::span<const double> values(data.data_ptr<double>(), static_cast<std::size_t>(data.numel()));
    const std::vector<std::uint32_t> segments =
        slic({.channel_count = pixel_count == 0 ? 0 : values.size() / pixel_count,
              .height = height,
              .width = width,
              .values = values},
             options_);
    PlayerLayout layout;
    const std::uint32_t count = segments.empty() ? 0 : *std::ranges::max_element(segments) + 1;
    for (std::uint32_t segment = 0; segment < count; ++segment) layout.labels.push_back(std::to_string(segment));
    check_player_count(modality_, layout);
    for (const SegmentedInput& input : inputs_) {
      Numbers players(element_count(row_shape(dataset_.input(input.input))));
      for (std::size_t element = 0; element < players.size(); ++element) {
        players[element] = static_cast<std::int64_t>(segments[element % pixel_count]);
      }
      layout.inputs.push_back(runs_of(players));
    }
    return layout;
  }

  SlicOptions options_;
  std::string modality_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  mutable std::mutex mutex_;
  /// By rows of the first input.
  mutable std::map<std::uint32_t, std::shared_ptr<const PlayerLayout>> layouts_;
};

}  // namespace

std::unique_ptr<Segmentation> make_superpixel_segmentation(const SegmentationSubject& subject) {
  return std::make_unique<SuperpixelSegmentation>(subject);
}

}  // namespace modattr
