#include "modattr/masking/segmentation.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/data/array_tensor.h"
#include "segmentation_subject.h"

namespace modattr {
namespace {

/// The same players for all examples.
class SharedSegmentation final : public Segmentation {
 public:
  explicit SharedSegmentation(PlayerLayout layout) : layout_(std::make_shared<const PlayerLayout>(std::move(layout))) {}
  std::shared_ptr<const PlayerLayout> layout(std::size_t) const override { return layout_; }
  bool is_shared() const noexcept override { return true; }

 private:
  std::shared_ptr<const PlayerLayout> layout_;
};

/// Cuts every input on its own, by key(place, element); equal keys are one player, numbered by first appearance. Inputs
/// that follow the first have its keys.
template <typename KeyOf, typename LabelOf>
PlayerLayout cut_by_key(const SegmentationSubject& subject, const KeyOf& key_of, const LabelOf& label_of,
                        const std::vector<bool>& follows_first = {}) {
  PlayerLayout layout;
  std::map<std::int64_t, std::int64_t> players_of_first;
  for (std::size_t place = 0; place < subject.inputs.size(); ++place) {
    const Numbers shape = row_shape(subject.array(place));
    std::map<std::int64_t, std::int64_t> player_of_key;
    if (!follows_first.empty() && follows_first[place]) player_of_key = players_of_first;
    Numbers players(element_count(shape), kNoPlayer);
    for (std::size_t element = 0; element < players.size(); ++element) {
      if (!is_own(subject.inputs[place], subject.array(place), element)) continue;
      const std::int64_t key = key_of(place, element);
      const auto [entry, added] = player_of_key.try_emplace(key, static_cast<std::int64_t>(layout.labels.size()));
      if (added) {
        layout.labels.push_back(label_of(place, key));
        check_player_count(subject.modality, layout);
      }
      players[element] = entry->second;
    }
    if (place == 0) players_of_first = player_of_key;
    layout.inputs.push_back(runs_of(players));
  }
  return layout;
}

PlayerLayout cut_elements(const SegmentationSubject& subject) {
  return cut_by_key(
      subject, [](std::size_t, std::size_t element) { return static_cast<std::int64_t>(element); },
      [&](std::size_t place, std::int64_t key) {
        const Numbers shape = row_shape(subject.array(place));
        Numbers index(shape.size());
        for (std::size_t axis = shape.size(); axis-- > 0;) {
          index[axis] = key % shape[axis];
          key /= shape[axis];
        }
        std::string label = subject.array(place).name;
        for (std::size_t axis = 0; axis < index.size(); ++axis) {
          label += (axis == 0 ? "[" : ",") + std::to_string(index[axis]) + (axis + 1 == index.size() ? "]" : "");
        }
        return label;
      });
}

PlayerLayout cut_columns(const SegmentationSubject& subject) {
  return cut_by_key(
      subject,
      [&](std::size_t place, std::size_t element) {
        const Numbers shape = row_shape(subject.array(place));
        if (shape.empty()) return std::int64_t{0};
        return static_cast<std::int64_t>(element / (element_count(shape) / static_cast<std::size_t>(shape.front())));
      },
      [&](std::size_t place, std::int64_t key) {
        const Array& array = subject.array(place);
        const std::vector<std::vector<std::string>>& names = subject.options.column_names;
        if (place < names.size() && !names[place].empty()) return names[place].at(static_cast<std::size_t>(key));
        return array.shape.size() < 2 ? array.name : array.name + "[" + std::to_string(key) + "]";
      });
}

PlayerLayout cut_patches(const SegmentationSubject& subject) {
  for (std::size_t place = 0; place < subject.inputs.size(); ++place) {
    if (subject.array(place).shape.size() < 3) {
      subject.fail("images, [..., height, width], to cut into patches", describe(subject.array(place)),
                   "use column, segment or element");
    }
  }
  const auto sides = [&](std::size_t place) {
    const Array& array = subject.array(place);
    return std::array<std::size_t, 2>{static_cast<std::size_t>(array.shape[array.shape.size() - 2]),
                                      static_cast<std::size_t>(array.shape.back())};
  };
  const auto size_of = [&](std::size_t place) {
    const auto [height, width] = sides(place);
    return subject.options.size.value_or(
        std::array{std::max<std::size_t>((height + 7) / 8, 1), std::max<std::size_t>((width + 7) / 8, 1)});
  };
  const auto across = [&](std::size_t place) { return (sides(place)[1] + size_of(place)[1] - 1) / size_of(place)[1]; };
  std::vector<PatchPlace> patches;
  PlayerLayout layout = cut_by_key(
      subject,
      [&](std::size_t place, std::size_t element) {
        const auto [height, width] = sides(place);
        const std::size_t row = element / width % height / size_of(place)[0];
        const std::size_t column = element % width / size_of(place)[1];
        return static_cast<std::int64_t>(row * across(place) + column);
      },
      [&](std::size_t place, std::int64_t key) {
        const auto [down, right] = std::div(key, static_cast<std::int64_t>(across(place)));
        const auto [height, width] = size_of(place);
        const std::size_t row = static_cast<std::size_t>(down) * height;
        const std::size_t column = static_cast<std::size_t>(right) * width;
        patches.push_back({.row = row,
                           .column = column,
                           .height = std::min(height, sides(place)[0] - row),
                           .width = std::min(width, sides(place)[1] - column)});
        const std::string prefix = subject.inputs.size() > 1 ? subject.array(place).name + " " : "";
        return prefix + std::to_string(down) + "," + std::to_string(right);
      });
  layout.patches = std::move(patches);
  return layout;
}

/// The axis of a row that segments cut, as steps of time.
struct SegmentedAxis {
  /// Steps, and elements from one to the next.
  std::size_t length = 1;
  std::size_t stride = 1;
  std::optional<double> seconds_per_step;
};

SegmentedAxis segmented_axis(const SegmentationSubject& subject, std::size_t place) {
  const Numbers shape = row_shape(subject.array(place));
  const std::optional<TimeAxis> time = subject.dataset.time_axis(subject.inputs[place].input);
  const std::size_t axis = time ? time->axis : shape.size() - 1;
  SegmentedAxis result{.length = static_cast<std::size_t>(shape.at(axis)), .seconds_per_step = std::nullopt};
  for (std::size_t behind = axis + 1; behind < shape.size(); ++behind)
    result.stride *= static_cast<std::size_t>(shape[behind]);
  if (time) result.seconds_per_step = time->seconds_per_step;
  return result;
}

PlayerLayout cut_segments(const SegmentationSubject& subject) {
  for (std::size_t place = 0; place < subject.inputs.size(); ++place) {
    if (subject.array(place).shape.size() < 2) {
      subject.fail("inputs with a dimension to cut into segments", describe(subject.array(place)), "use column");
    }
  }
  std::vector<SegmentedAxis> axes;
  /// Masks have the players of the first input.
  std::vector<bool> follows_first;
  for (std::size_t place = 0; place < subject.inputs.size(); ++place) {
    axes.push_back(segmented_axis(subject, place));
    follows_first.push_back(place > 0 && subject.array(place).name.find("mask") != std::string::npos &&
                            subject.array(place).shape.size() == 2 && axes[place].length == axes.front().length);
  }
  const bool has_prefix = std::ranges::count(follows_first, false) > 1;
  const auto length_of = [&](std::size_t place) {
    return subject.options.size ? (*subject.options.size)[0] : std::max<std::size_t>((axes[place].length + 15) / 16, 1);
  };
  std::vector<TimeSpan> times;
  PlayerLayout layout = cut_by_key(
      subject,
      [&](std::size_t place, std::size_t element) {
        return static_cast<std::int64_t>(element / axes[place].stride % axes[place].length / length_of(place));
      },
      [&](std::size_t place, std::int64_t key) {
        const auto first = static_cast<std::size_t>(key) * length_of(place);
        const auto end = std::min(first + length_of(place), axes[place].length);
        if (const std::optional<double> seconds = axes[place].seconds_per_step) {
          times.push_back({static_cast<double>(first) * *seconds, static_cast<double>(end) * *seconds});
        }
        const std::string prefix = has_prefix ? subject.array(place).name + " " : "";
        return prefix + std::to_string(first) + ":" + std::to_string(end);
      },
      follows_first);
  layout.times = std::move(times);
  return layout;
}

}  // namespace

std::unique_ptr<Segmentation> make_segmentation(const SegmentationOptions& options, const std::string& modality,
                                                const Dataset& dataset, std::span<const SegmentedInput> inputs) {
  const SegmentationSubject subject{options, modality, dataset, inputs};
  switch (options.type) {
    case PlayerType::kWhole:
      return std::make_unique<SharedSegmentation>(whole_layout(subject));
    case PlayerType::kPatch:
      return std::make_unique<SharedSegmentation>(cut_patches(subject));
    case PlayerType::kColumn:
      return std::make_unique<SharedSegmentation>(cut_columns(subject));
    case PlayerType::kSegment:
      return std::make_unique<SharedSegmentation>(cut_segments(subject));
    case PlayerType::kElement:
      return std::make_unique<SharedSegmentation>(cut_elements(subject));
    case PlayerType::kSuperpixel:
      return make_superpixel_segmentation(subject);
    case PlayerType::kBox:
      return make_box_segmentation(subject);
    case PlayerType::kToken:
    case PlayerType::kWord:
    case PlayerType::kSentence:
      return make_token_segmentation(subject);
    case PlayerType::kMask:
      break;
  }
  return make_mask_segmentation(subject);
}

std::vector<std::string> read_vocabulary(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw DataError(file.string() + ": expected a vocabulary, one word per line, got no readable file");
  std::vector<std::string> words;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    words.push_back(std::move(line));
  }
  return words;
}

std::span<const std::string> player_type_names() {
  static const std::array<std::string, 11> names = {"whole",    "patch",  "superpixel", "box",     "token", "word",
                                                    "sentence", "column", "segment",    "element", "mask"};
  return names;
}

PlayerType parse_player_type(std::string_view name) {
  const std::span<const std::string> names = player_type_names();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    throw ConfigError("players.type: unknown '" + std::string(name) + "'" + suggestion(name, names));
  }
  return static_cast<PlayerType>(found - names.begin());
}

}  // namespace modattr
