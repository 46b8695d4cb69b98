#include "modality_checks.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "constant_data.h"
#include "modattr/core/error.h"
#include "modattr/data/array_layout.h"
#include "modattr/data/array_tensor.h"
#include "modattr/masking/segmentation.h"

namespace modattr {
namespace {

bool holds_ids(const Array& array) {
  return is_integral(array) && array.dtype != c10::ScalarType::Bool;
}

/// A modality of a configuration, and the data that it names.
class CheckedModality {
 public:
  CheckedModality(const Config& config, std::size_t place, const Dataset& dataset, const InputLayout& layout)
      : config_(config), modality_(config.modalities[place]), place_(place), dataset_(dataset) {
    for (const InputReference& reference : modality_.inputs) {
      const auto found = std::ranges::find(layout.inputs, reference.input, &LayoutInput::name);
      SegmentedInput input{static_cast<std::size_t>(found - layout.inputs.begin()), {}};
      for (const ColumnRange& range : reference.columns) input.columns.push_back({range.first, range.end});
      inputs_.push_back(std::move(input));
    }
  }

  void check() {
    if (modality_.vocab) check_vocabulary();
    if (modality_.removal.type == RemovalType::kToken && modality_.removal.token_id) check_token();
    if (modality_.removal.type == RemovalType::kEmpty) check_texts();
    if (modality_.players.size) check_size();
    if (!modality_.players.type.empty()) check_players();
  }

 private:
  const Array& first() const { return dataset_.input(inputs_.front().input); }

  [[noreturn]] void fail(const std::string& key, const std::string& text) const {
    throw ConfigError(config_.file.string() + ": modalities[" + std::to_string(place_) + "]." + key + ": " + text);
  }

  bool is_special(std::int64_t id) const {
    return std::ranges::find(modality_.special_ids, id) != modality_.special_ids.end();
  }

  void check_vocabulary() {
    try {
      vocabulary_ = read_vocabulary(*modality_.vocab);
    } catch (const DataError&) {
      fail("vocab",
           "expected a file with one word per line, got '" + modality_.vocab->string() + "', which cannot be read");
    }
    if (!holds_ids(first())) return;
    const std::optional<std::int64_t> largest = largest_word();
    if (!largest || *largest < static_cast<std::int64_t>(vocabulary_.size())) return;
    fail("vocab", "expected at least " + std::to_string(*largest + 1) + " words as '" + first().name +
                      "' holds the id " + std::to_string(*largest) + ", got " + std::to_string(vocabulary_.size()) +
                      " in " + modality_.vocab->string());
  }

  std::optional<std::int64_t> largest_word() const {
    constexpr std::size_t kRowsAtATime = 4096;
    std::optional<std::int64_t> largest;
    for (std::size_t row = 0; row < first().row_count(); row += kRowsAtATime) {
      const std::size_t count = std::min(kRowsAtATime, first().row_count() - row);
      for (const std::int64_t id : to_integers(rows_of(first(), row, count))) {
        if ((!largest || id > *largest) && !is_special(id)) largest = id;
      }
    }
    return largest;
  }

  void check_token() const {
    const std::int64_t id = *modality_.removal.token_id;
    const std::int64_t most = largest_of(first().dtype);
    if (holds_ids(first()) && (id > most || id < smallest_of(first().dtype))) {
      fail("removal.id", "expected " + std::to_string(smallest_of(first().dtype)) + " to " + std::to_string(most) +
                             " as '" + first().name + "' is " + dtype_name(first().dtype) + ", got " +
                             std::to_string(id));
    }
    if (modality_.vocab && id >= static_cast<std::int64_t>(vocabulary_.size()) && !is_special(id)) {
      fail("removal.id", "expected an id below " + std::to_string(vocabulary_.size()) + ", the number of words in " +
                             modality_.vocab->string() + ", got " + std::to_string(id));
    }
  }

  /// Of a modality that is removed by the empty text.
  void check_texts() const {
    for (const SegmentedInput& input : inputs_) {
      if (dataset_.origin_kind(input.input) == OriginKind::kText) continue;
      fail("removal.type", "expected another one than empty, as '" + dataset_.input(input.input).name +
                               "' is not made of texts of a manifest, got empty; use token");
    }
  }

  static std::int64_t largest_of(c10::ScalarType dtype) {
    switch (dtype) {
      case c10::ScalarType::Byte:
        return std::numeric_limits<std::uint8_t>::max();
      case c10::ScalarType::Char:
        return std::numeric_limits<std::int8_t>::max();
      case c10::ScalarType::Short:
        return std::numeric_limits<std::int16_t>::max();
      case c10::ScalarType::Int:
        return std::numeric_limits<std::int32_t>::max();
      default:
        return std::numeric_limits<std::int64_t>::max();
    }
  }
  static std::int64_t smallest_of(c10::ScalarType dtype) {
    return dtype == c10::ScalarType::Byte ? 0 : -largest_of(dtype) - 1;
  }

  /// A patch or segment that is larger than the data is a mistake: all of it would be one player.
  void check_size() const {
    const auto [height, width] = *modality_.players.size;
    for (const SegmentedInput& input : inputs_) {
      const std::vector<std::int64_t>& shape = dataset_.input(input.input).shape;
      const bool is_patch = modality_.players.type == "patch";
      if (shape.size() < (is_patch ? 3U : 2U)) continue;
      const auto length = static_cast<std::size_t>(shape.back());
      const auto side = is_patch ? static_cast<std::size_t>(shape[shape.size() - 2]) : length;
      if (is_patch ? height <= side && width <= length : height <= length) continue;
      const std::string most =
          is_patch ? shape_text({{static_cast<std::int64_t>(side), shape.back()}}) : std::to_string(length);
      const std::string got = is_patch
                                  ? shape_text({{static_cast<std::int64_t>(height), static_cast<std::int64_t>(width)}})
                                  : std::to_string(height);
      fail("players.size",
           "expected at most " + most + ", the size of '" + dataset_.input(input.input).name + "', got " + got);
    }
  }

  void check_players() const {
    SegmentationOptions options{.type = parse_player_type(modality_.players.type), .size = modality_.players.size};
    // Its arrays are read where features play, and sentences are found there.
    const bool has_sentences = options.type == PlayerType::kSentence && modality_.raw.tokenizer;
    if (options.type == PlayerType::kMask || options.type == PlayerType::kBox || has_sentences) return;
    try {
      make_segmentation(options, modality_.name, dataset_, inputs_);
    } catch (const ConfigError& error) {
      const std::string message = error.what();
      const std::string prefix = "modality '" + modality_.name + "': players: ";
      fail("players.type", message.starts_with(prefix) ? message.substr(prefix.size()) : message);
    }
  }

  const Config& config_;
  const ModalityConfig& modality_;
  std::size_t place_;
  const Dataset& dataset_;
  std::vector<SegmentedInput> inputs_;
  std::vector<std::string> vocabulary_;
};

/// Columns of the second dimension that no part names, as x[3,7:9]; empty where there are none.
std::string free_columns(const Array& array, const LayoutInput& input) {
  if (array.shape.size() < 2 || input.parts.empty()) return {};
  std::vector<bool> is_named(static_cast<std::size_t>(array.shape[1]));
  for (const InputPart& part : input.parts) {
    if (part.columns.empty()) return {};
    for (const ColumnRange& range : part.columns) {
      std::fill(is_named.begin() + range.first, is_named.begin() + range.end, true);
    }
  }
  std::string text;
  for (std::size_t column = 0; column < is_named.size(); ++column) {
    if (is_named[column]) continue;
    std::size_t end = column + 1;
    while (end < is_named.size() && !is_named[end]) ++end;
    text += (text.empty() ? "" : ",") + std::to_string(column) + (end == column + 1 ? "" : ":" + std::to_string(end));
    column = end;
  }
  return text.empty() ? text : input.name + "[" + text + "]";
}

}  // namespace

void check_modalities(const Config& config, const Dataset& dataset, const InputLayout& layout) {
  for (std::size_t place = 0; place < config.modalities.size(); ++place) {
    CheckedModality(config, place, dataset, layout).check();
  }
}

std::string warning_of_one_example(const Config& config, const Dataset& dataset, bool is_permuted) {
  const auto is_own_background = [](const ModalityConfig& modality) {
    return modality.removal.type == RemovalType::kBackground && !modality.removal.path;
  };
  const bool stands_for_itself =
      dataset.row_count() == 1 && !is_permuted && std::ranges::any_of(config.modalities, is_own_background);
  return std::string("there is one example: intervals, which need two, are not known") +
         (stands_for_itself ? "; as a background it stands for itself, so that its removal changes nothing: name a "
                              "reference file in removal.path"
                            : "");
}

std::vector<std::string> unused_data(const Config& config, const Dataset& dataset, const InputLayout& layout,
                                     const std::vector<std::string>& optional_arguments) {
  std::vector<std::string> warnings;
  const DataConfig& data = config.data;
  for (const std::string& name : optional_arguments) {
    const bool is_in_data = std::ranges::find(dataset.arrays(), name, &Array::name) != dataset.arrays().end();
    const bool is_input = std::ranges::find(layout.inputs, name, &LayoutInput::name) != layout.inputs.end();
    const bool is_column = name == data.label.value_or("label") || name == data.id.value_or("id") || name == data.group;
    if (!is_in_data || is_input || is_column) continue;
    warnings.push_back("'" + name + "' of " + dataset.path() +
                       " is in no modality, and forward() has a default for it: the model runs without it");
  }
  for (std::size_t input = 0; input < layout.inputs.size(); ++input) {
    const std::string columns = free_columns(dataset.input(input), layout.inputs[input]);
    if (columns.empty()) continue;
    warnings.push_back(columns + " is in no modality: it stays the example's own");
  }
  for (std::size_t modality = 0; dataset.row_count() > 1 && modality < layout.modalities.count(); ++modality) {
    const std::optional<std::string> problem = constant_data(dataset, layout, modality);
    if (problem) warnings.push_back("modality '" + layout.modalities.modality_name(modality) + "' " + *problem);
  }
  return warnings;
}

}  // namespace modattr
