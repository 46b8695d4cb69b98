#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "modattr/data/array_tensor.h"
#include "segmentation_subject.h"

namespace modattr {
namespace {

/// Players by the numbers of arrays.
class MaskSegmentation final : public Segmentation {
 public:
  explicit MaskSegmentation(const SegmentationSubject& subject)
      : modality_(subject.modality),
        dataset_(subject.dataset),
        inputs_(subject.inputs.begin(), subject.inputs.end()),
        masks_(subject.options.masks) {
    for (std::size_t place = 0; place < inputs_.size(); ++place) {
      const Array& mask = masks_.at(place);
      const bool rows_match =
          !mask.shape.empty() && (mask.row_count() == 1 || mask.row_count() == dataset_.row_count());
      if (!is_integral(mask)) {
        subject.fail("whole numbers, of an integer type or bool", "'" + mask.name + "' " + describe(mask),
                     "save " + mask.name + ".astype(np.int64)");
      }
      if (!rows_match || !broadcasts(row_shape(mask), row_shape(subject.array(place)))) {
        subject.fail("whole numbers that broadcast to " + describe(subject.array(place)), describe(mask),
                     "save " + mask.name + " with one row, or one per example");
      }
      numbers_.push_back(to_integers(mask));
    }
  }

  std::shared_ptr<const PlayerLayout> layout(std::size_t example) const override {
    std::vector<Numbers> per_input;
    std::map<std::int64_t, std::int64_t> player_of_number;
    for (std::size_t place = 0; place < inputs_.size(); ++place) {
      per_input.push_back(numbers_of(place, example));
      for (std::size_t element = 0; element < per_input.back().size(); ++element) {
        if (is_own(place, element)) player_of_number.emplace(per_input.back()[element], 0);
      }
    }
    auto layout = std::make_shared<PlayerLayout>();
    for (auto& [number, player] : player_of_number) {
      player = static_cast<std::int64_t>(layout->labels.size());
      layout->labels.push_back(std::to_string(number));
    }
    check_player_count(modality_, *layout);
    for (std::size_t place = 0; place < inputs_.size(); ++place) {
      for (std::size_t element = 0; element < per_input[place].size(); ++element) {
        std::int64_t& player = per_input[place][element];
        player = is_own(place, element) ? player_of_number.at(player) : kNoPlayer;
      }
      layout->inputs.push_back(runs_of(per_input[place]));
    }
    return layout;
  }
  bool is_shared() const noexcept override {
    return std::ranges::all_of(masks_, [](const Array& mask) { return mask.row_count() == 1; });
  }

 private:
  bool is_own(std::size_t place, std::size_t element) const {
    return modattr::is_own(inputs_[place], dataset_.input(inputs_[place].input), element);
  }
  /// From the last dimension on, as in numpy.
  static bool broadcasts(const Numbers& mask, const Numbers& row) {
    if (mask.size() > row.size()) return false;
    for (std::size_t axis = 0; axis < mask.size(); ++axis) {
      const std::int64_t size = mask[mask.size() - 1 - axis];
      if (size != 1 && size != row[row.size() - 1 - axis]) return false;
    }
    return true;
  }
  /// The number of every element of a row.
  Numbers numbers_of(std::size_t place, std::size_t example) const {
    const Numbers row = row_shape(dataset_.input(inputs_[place].input));
    const Numbers mask = row_shape(masks_[place]);
    const std::size_t mask_row = masks_[place].row_count() == 1 ? 0 : dataset_.row(example);
    const std::size_t offset = mask_row * element_count(mask);
    Numbers numbers(element_count(row));
    for (std::size_t element = 0; element < numbers.size(); ++element) {
      std::size_t rest = element;
      std::size_t source = 0;
      std::size_t stride = 1;
      for (std::size_t axis = 0; axis < mask.size(); ++axis) {
        const auto row_size = static_cast<std::size_t>(row[row.size() - 1 - axis]);
        const auto mask_size = static_cast<std::size_t>(mask[mask.size() - 1 - axis]);
        source += (mask_size == 1 ? 0 : rest % row_size) * stride;
        rest /= row_size;
        stride *= mask_size;
      }
      numbers[element] = numbers_[place][offset + source];
    }
    return numbers;
  }

  std::string modality_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  std::vector<Array> masks_;
  std::vector<Numbers> numbers_;
};

}  // namespace

std::unique_ptr<Segmentation> make_mask_segmentation(const SegmentationSubject& subject) {
  return std::make_unique<MaskSegmentation>(subject);
}

}  // namespace modattr
