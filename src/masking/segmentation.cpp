#include "modattr/masking/segmentation.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/data/array_tensor.h"

namespace modattr {
namespace {

constexpr std::size_t kMostPlayers = 4096;
constexpr std::int64_t kNoPlayer = -1;
using Numbers = std::vector<std::int64_t>;

/// The rest of a shape behind its first dimension.
Numbers row_shape(const Array& array) {
  return {array.shape.begin() + 1, array.shape.end()};
}

std::size_t element_count(const Numbers& shape) {
  return static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
}

/// Whether an element of a row lies in the modality's columns.
bool is_own(const SegmentedInput& input, const Array& array, std::size_t element) {
  if (input.columns.empty()) return true;
  const auto column = static_cast<std::int64_t>(element) /
                      std::accumulate(array.shape.begin() + 2, array.shape.end(), std::int64_t{1}, std::multiplies<>());
  return std::ranges::any_of(input.columns, [&](const auto& range) { return column >= range[0] && column < range[1]; });
}

/// Runs of equal numbers; kNoPlayer is none.
std::vector<PlayerRun> runs_of(const Numbers& players) {
  std::vector<PlayerRun> runs;
  for (std::size_t element = 0; element < players.size(); ++element) {
    if (element == 0 || players[element] != players[element - 1]) {
      runs.push_back(
          {players[element] == kNoPlayer ? std::nullopt : std::optional(static_cast<std::uint32_t>(players[element])),
           element, 0});
    }
    ++runs.back().count;
  }
  return runs;
}

/// The same players for all examples.
class SharedSegmentation final : public Segmentation {
 public:
  explicit SharedSegmentation(PlayerLayout layout) : layout_(std::make_shared<const PlayerLayout>(std::move(layout))) {}
  std::shared_ptr<const PlayerLayout> layout(std::size_t) const override { return layout_; }
  bool is_shared() const noexcept override { return true; }

 private:
  std::shared_ptr<const PlayerLayout> layout_;
};

/// Where the players of one modality are described, and what is wrong with them.
struct Subject {
  const SegmentationOptions& options;
  const std::string& modality;
  const Dataset& dataset;
  std::span<const SegmentedInput> inputs;

  const Array& array(std::size_t place) const { return dataset.input(inputs[place].input); }
  [[noreturn]] void fail(const std::string& expected, const std::string& got, const std::string& hint) const {
    throw ConfigError("modality '" + modality + "': players: expected " + expected + ", got " + got + "; " + hint);
  }
};

void check_player_count(const std::string& modality, const PlayerLayout& layout) {
  if (layout.labels.size() <= kMostPlayers) return;
  throw ConfigError("modality '" + modality + "': players: expected at most " + std::to_string(kMostPlayers) +
                    " players, got more; use larger patches or segments, columns, or a mask");
}

/// Cuts every input on its own, by key(place, element); equal keys are one player, numbered by first appearance.
template <typename KeyOf, typename LabelOf>
PlayerLayout cut_by_key(const Subject& subject, const KeyOf& key_of, const LabelOf& label_of) {
  PlayerLayout layout;
  for (std::size_t place = 0; place < subject.inputs.size(); ++place) {
    const Numbers shape = row_shape(subject.array(place));
    std::map<std::int64_t, std::int64_t> player_of_key;
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
    layout.inputs.push_back(runs_of(players));
  }
  return layout;
}

PlayerLayout cut_whole(const Subject& subject) {
  PlayerLayout layout{{subject.modality}, {}};
  for (std::size_t place = 0; place < subject.inputs.size(); ++place) {
    const Numbers shape = row_shape(subject.array(place));
    Numbers players(element_count(shape), kNoPlayer);
    for (std::size_t element = 0; element < players.size(); ++element) {
      if (is_own(subject.inputs[place], subject.array(place), element)) players[element] = 0;
    }
    layout.inputs.push_back(runs_of(players));
  }
  return layout;
}

PlayerLayout cut_elements(const Subject& subject) {
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

PlayerLayout cut_columns(const Subject& subject) {
  return cut_by_key(
      subject,
      [&](std::size_t place, std::size_t element) {
        const Numbers shape = row_shape(subject.array(place));
        if (shape.empty()) return std::int64_t{0};
        return static_cast<std::int64_t>(element / (element_count(shape) / static_cast<std::size_t>(shape.front())));
      },
      [&](std::size_t place, std::int64_t key) {
        const Array& array = subject.array(place);
        return array.shape.size() < 2 ? array.name : array.name + "[" + std::to_string(key) + "]";
      });
}

PlayerLayout cut_patches(const Subject& subject) {
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
  return cut_by_key(
      subject,
      [&](std::size_t place, std::size_t element) {
        const auto [height, width] = sides(place);
        const std::size_t row = element / width % height / size_of(place)[0];
        const std::size_t column = element % width / size_of(place)[1];
        return static_cast<std::int64_t>(row * across(place) + column);
      },
      [&](std::size_t place, std::int64_t key) {
        const auto patches = static_cast<std::int64_t>(across(place));
        const std::string prefix = subject.inputs.size() > 1 ? subject.array(place).name + " " : "";
        return prefix + std::to_string(key / patches) + "," + std::to_string(key % patches);
      });
}

PlayerLayout cut_segments(const Subject& subject) {
  const auto length_of = [&](std::size_t place) {
    const auto length = static_cast<std::size_t>(subject.array(place).shape.back());
    return subject.options.size ? (*subject.options.size)[0] : std::max<std::size_t>((length + 15) / 16, 1);
  };
  for (std::size_t place = 0; place < subject.inputs.size(); ++place) {
    if (subject.array(place).shape.size() < 2) {
      subject.fail("inputs with a dimension to cut into segments", describe(subject.array(place)), "use column");
    }
  }
  return cut_by_key(
      subject,
      [&](std::size_t place, std::size_t element) {
        const auto length = static_cast<std::size_t>(subject.array(place).shape.back());
        return static_cast<std::int64_t>(element % length / length_of(place));
      },
      [&](std::size_t place, std::int64_t key) {
        const auto first = static_cast<std::size_t>(key) * length_of(place);
        const auto end =
            std::min(first + length_of(place), static_cast<std::size_t>(subject.array(place).shape.back()));
        const std::string prefix = subject.inputs.size() > 1 ? subject.array(place).name + " " : "";
        return prefix + std::to_string(first) + ":" + std::to_string(end);
      });
}

/// Positions of a sequence of ids.
class TokenSegmentation final : public Segmentation {
 public:
  explicit TokenSegmentation(const Subject& subject)
      : options_(subject.options),
        modality_(subject.modality),
        dataset_(subject.dataset),
        inputs_(subject.inputs.begin(), subject.inputs.end()) {
    const Array& ids = subject.array(0);
    if (!is_integral(ids) || ids.dtype == c10::ScalarType::Bool || ids.shape.size() != 2) {
      subject.fail("token ids, int64[examples, positions], as the first input", describe(ids), "use column or element");
    }
    for (std::size_t place = 1; place < inputs_.size(); ++place) {
      const Array& other = subject.array(place);
      if (other.shape.size() < 2 || other.shape[1] != ids.shape[1]) {
        subject.fail("inputs with as many positions as '" + ids.name + "'", describe(other), "use mask");
      }
    }
    begins_words_ = std::ranges::any_of(options_.vocabulary, [](const std::string& word) {
      return word.starts_with("\u2581") || word.starts_with("\u0120");
    });
  }

  std::shared_ptr<const PlayerLayout> layout(std::size_t example) const override {
    const auto number = static_cast<std::uint32_t>(example);
    const Numbers ids = to_integers_of(dataset_.gather(inputs_.front().input, std::span(&number, 1)));
    auto layout = std::make_shared<PlayerLayout>();
    Numbers player_of_position(ids.size(), kNoPlayer);
    bool joins = false;
    for (std::size_t position = 0; position < ids.size(); ++position) {
      const bool is_special = std::ranges::find(options_.special_ids, ids[position]) != options_.special_ids.end();
      if (is_special || !is_own(inputs_.front(), dataset_.input(inputs_.front().input), position)) {
        joins = false;
        continue;
      }
      const std::string word = word_of(ids[position]);
      if (joins && options_.type == PlayerType::kWord && continues(word)) {
        layout->labels.back() += word.starts_with("##") ? word.substr(2) : word;
      } else {
        layout->labels.push_back(word);
      }
      joins = true;
      player_of_position[position] = static_cast<std::int64_t>(layout->labels.size() - 1);
    }
    check_player_count(modality_, *layout);
    for (const SegmentedInput& input : inputs_) {
      const Numbers shape = row_shape(dataset_.input(input.input));
      const std::size_t per_position = element_count(shape) / std::max<std::size_t>(ids.size(), 1);
      Numbers players;
      for (const std::int64_t player : player_of_position) players.insert(players.end(), per_position, player);
      layout->inputs.push_back(runs_of(players));
    }
    return layout;
  }
  bool is_shared() const noexcept override { return false; }

 private:
  static Numbers to_integers_of(const at::Tensor& tensor) {
    const at::Tensor wide = tensor.to(at::kLong).contiguous();
    return {wide.data_ptr<std::int64_t>(), wide.data_ptr<std::int64_t>() + wide.numel()};
  }
  std::string word_of(std::int64_t id) const {
    const bool known = id >= 0 && static_cast<std::size_t>(id) < options_.vocabulary.size();
    return known ? options_.vocabulary[static_cast<std::size_t>(id)] : std::to_string(id);
  }
  bool continues(const std::string& word) const {
    if (begins_words_) return !word.starts_with("\u2581") && !word.starts_with("\u0120");
    return word.starts_with("##");
  }

  SegmentationOptions options_;
  std::string modality_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  bool begins_words_ = false;
};

/// Players by the numbers of arrays.
class MaskSegmentation final : public Segmentation {
 public:
  explicit MaskSegmentation(const Subject& subject)
      : modality_(subject.modality),
        dataset_(subject.dataset),
        inputs_(subject.inputs.begin(), subject.inputs.end()),
        masks_(subject.options.masks) {
    for (std::size_t place = 0; place < inputs_.size(); ++place) {
      const Array& mask = masks_.at(place);
      const bool rows_match =
          !mask.shape.empty() && (mask.row_count() == 1 || mask.row_count() == dataset_.row_count());
      if (!is_integral(mask) || !rows_match || !broadcasts(row_shape(mask), row_shape(subject.array(place)))) {
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

std::unique_ptr<Segmentation> make_segmentation(const SegmentationOptions& options, const std::string& modality,
                                                const Dataset& dataset, std::span<const SegmentedInput> inputs) {
  const Subject subject{options, modality, dataset, inputs};
  switch (options.type) {
    case PlayerType::kWhole:
      return std::make_unique<SharedSegmentation>(cut_whole(subject));
    case PlayerType::kPatch:
      return std::make_unique<SharedSegmentation>(cut_patches(subject));
    case PlayerType::kColumn:
      return std::make_unique<SharedSegmentation>(cut_columns(subject));
    case PlayerType::kSegment:
      return std::make_unique<SharedSegmentation>(cut_segments(subject));
    case PlayerType::kElement:
      return std::make_unique<SharedSegmentation>(cut_elements(subject));
    case PlayerType::kToken:
    case PlayerType::kWord:
      return std::make_unique<TokenSegmentation>(subject);
    case PlayerType::kMask:
      break;
  }
  return std::make_unique<MaskSegmentation>(subject);
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

}  // namespace modattr
