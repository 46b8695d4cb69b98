#include "players_setup.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "column_names.h"
#include "modality_inputs.h"
#include "modattr/core/parallel.h"
#include "modattr/report/pixel_region.h"
#include "modattr/tokenizers/tokenizer.h"
#include "run/raw/box_file.h"

namespace modattr {
namespace {

SegmentationOptions segmentation_options(const Experiment& experiment, const RemovalRows* removal, std::size_t place) {
  const ModalityConfig& modality = experiment.config().modalities[place];
  SegmentationOptions options{.type = parse_player_type(player_type_of(modality)),
                              .size = modality.players.size,
                              .segment_count = modality.players.segment_count,
                              .compactness = modality.players.compactness,
                              .boxes = {},
                              .special_ids = modality.special_ids,
                              .vocabulary = {},
                              .tokenizer = nullptr,
                              .removes_in_text = modality.removal.type == RemovalType::kEmpty,
                              .masks = {},
                              .column_names = {}};
  if (modality.vocab) options.vocabulary = read_vocabulary(*modality.vocab);
  if (modality.raw.tokenizer) options.tokenizer = open_tokenizer(*modality.raw.tokenizer);
  // Rows of a background replace data in place.
  if (removal != nullptr && removal->uses_background(place)) options.removes_in_text = false;
  if (options.type == PlayerType::kMask) {
    options.masks = companion_arrays(experiment, modality, "__players", "whose players are a mask");
  }
  if (options.type == PlayerType::kBox) {
    options.boxes = read_boxes(modality, experiment.dataset());
    options.has_background_player = modality.players.boxes.has_background;
  }
  if (options.type == PlayerType::kColumn) {
    options.column_names = column_names(experiment.config(), place, experiment.dataset());
    name_tree_columns(modality, experiment.model(), experiment.dataset(), experiment.layout(), options.column_names);
  }
  return options;
}

constexpr std::array<std::string_view, 3> kRegionTypes = {"superpixel", "box", "mask"};

/// The input of a modality that people see: a whole picture, [..., height, width].
struct SeenPicture {
  /// Among the inputs of the modality.
  std::size_t place = 0;
  std::size_t height = 0;
  std::size_t width = 0;
};

std::optional<SeenPicture> seen_picture(const Experiment& experiment, const PlayersSetup& players,
                                        std::size_t modality) {
  const ModalityConfig& config = experiment.config().modalities[modality];
  if (config.kind != "image" || std::ranges::find(kRegionTypes, player_type_of(config)) == kRegionTypes.end()) {
    return std::nullopt;
  }
  for (std::size_t place = 0; place < config.inputs.size(); ++place) {
    const Array& array = experiment.dataset().input(players.inputs().at(modality).at(place));
    if (array.shape.size() < 3 || !config.inputs[place].columns.empty()) continue;
    return SeenPicture{.place = place,
                       .height = static_cast<std::size_t>(array.shape[array.shape.size() - 2]),
                       .width = static_cast<std::size_t>(array.shape.back())};
  }
  return std::nullopt;
}

/// Of the first channel.
std::vector<std::int32_t> owners_of(const std::vector<PlayerRun>& runs, std::size_t pixel_count) {
  std::vector<std::int32_t> owners(pixel_count, kNoOwner);
  for (const PlayerRun& run : runs) {
    if (!run.player || run.first >= pixel_count) continue;
    std::ranges::fill(std::span(owners).subspan(run.first, std::min(run.count, pixel_count - run.first)),
                      static_cast<std::int32_t>(*run.player));
  }
  return owners;
}

void add_shared_places(const PlayersSetup& players, std::vector<ExampleRecord>& records) {
  for (ExampleRecord& record : records) {
    for (PlayerScore& player : record.attribution.players) {
      const Segmentation& segmentation = *players.segmentations().at(player.modality);
      // Patches and segments are the same for all examples.
      if (!segmentation.is_shared()) continue;
      const std::shared_ptr<const PlayerLayout> layout = segmentation.layout(0);
      if (player.player < layout->patches.size()) player.patch = layout->patches[player.player];
      if (player.player < layout->times.size()) player.time = layout->times[player.player];
    }
  }
}

void add_regions(const Experiment& experiment, const PlayersSetup& players, std::vector<ExampleRecord>& records) {
  for (std::size_t modality = 0; modality < players.segmentations().size(); ++modality) {
    const std::optional<SeenPicture> picture = seen_picture(experiment, players, modality);
    if (!picture) continue;
    parallel_for(records.size(), experiment.thread_count(), [&](std::size_t place) {
      ExampleRecord& record = records[place];
      const auto is_own = [&](const PlayerScore& player) { return player.modality == modality; };
      // The whole set has the players that all examples share.
      const bool has_players = std::ranges::any_of(record.attribution.players, is_own) &&
                               (record.id || players.segmentations()[modality]->is_shared());
      if (!has_players) return;
      const auto layout = players.segmentations()[modality]->layout(record.id ? record.attribution.example : 0);
      const std::vector<PixelRegion> regions =
          regions_of(owners_of(layout->inputs.at(picture->place), picture->height * picture->width), picture->height,
                     picture->width, layout->labels.size());
      for (PlayerScore& player : record.attribution.players) {
        if (is_own(player) && player.player < regions.size()) player.region = regions[player.player];
      }
    });
  }
}

}  // namespace

void add_places(const Experiment& experiment, const PlayersSetup& players, std::vector<ExampleRecord>& records) {
  add_shared_places(players, records);
  add_regions(experiment, players, records);
}

PlayersSetup::PlayersSetup(const Experiment& experiment, const RemovalRows* removal) {
  const std::vector<ModalityConfig>& modalities = experiment.config().modalities;
  for (std::size_t place = 0; place < modalities.size(); ++place) {
    const ModalityConfig& modality = modalities[place];
    inputs_.push_back(inputs_of(experiment, modality));
    const std::vector<SegmentedInput> inputs = segmented_inputs(experiment, modality);
    segmentations_.push_back(make_segmentation(segmentation_options(experiment, removal, place), modality.name,
                                               experiment.dataset(), inputs));
  }
}

}  // namespace modattr
