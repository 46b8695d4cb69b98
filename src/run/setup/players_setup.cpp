#include "players_setup.h"

#include <algorithm>
#include <string_view>

#include "modality_inputs.h"

namespace modattr {
namespace {

/// The players of a modality that names none.
std::string_view default_players(const ModalityConfig& modality) {
  if (modality.kind == "image") return "patch";
  if (modality.kind == "tokens") return "token";
  if (modality.kind == "columns") return "column";
  return modality.kind == "audio" ? "segment" : "element";
}

SegmentationOptions segmentation_options(const Experiment& experiment, const ModalityConfig& modality) {
  SegmentationOptions options{
      .type = parse_player_type(modality.players.type.empty() ? default_players(modality) : modality.players.type),
      .size = modality.players.size,
      .special_ids = modality.special_ids,
      .vocabulary = {},
      .masks = {}};
  if (modality.vocab) options.vocabulary = read_vocabulary(*modality.vocab);
  if (options.type == PlayerType::kMask) {
    options.masks = companion_arrays(experiment, modality, "__players", "whose players are a mask");
  }
  return options;
}

}  // namespace

PlayersSetup::PlayersSetup(const Experiment& experiment) {
  for (const ModalityConfig& modality : experiment.config().modalities) {
    inputs_.push_back(inputs_of(experiment, modality));
    std::vector<SegmentedInput> inputs;
    for (std::size_t place = 0; place < modality.inputs.size(); ++place) {
      inputs.push_back({inputs_.back()[place], {}});
      for (const ColumnRange& range : modality.inputs[place].columns) {
        inputs.back().columns.push_back({range.first, range.end});
      }
    }
    segmentations_.push_back(
        make_segmentation(segmentation_options(experiment, modality), modality.name, experiment.dataset(), inputs));
  }
}

}  // namespace modattr
