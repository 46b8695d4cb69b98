#include "players_setup.h"

#include "column_names.h"
#include "modality_inputs.h"
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

}  // namespace

void add_places(const PlayersSetup& players, std::vector<ExampleRecord>& records) {
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
