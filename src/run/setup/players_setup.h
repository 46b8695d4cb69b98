#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "modattr/masking/segmentation.h"
#include "modattr/report/score_table.h"
#include "modattr/run/setup/experiment.h"
#include "modattr/value/games/removal_rows.h"

namespace modattr {

/// How the modalities of an experiment are cut into players, as the configuration says.
class PlayersSetup {
 public:
  /// `removal`: what stands for removed data; nullptr where players are only counted. Throws ConfigError where players
  /// do not go with the data, DataError for a missing vocabulary or mask.
  explicit PlayersSetup(const Experiment& experiment, const RemovalRows* removal = nullptr);

  const std::vector<std::unique_ptr<Segmentation>>& segmentations() const noexcept { return segmentations_; }
  /// The dataset's inputs of each modality.
  const std::vector<std::vector<std::size_t>>& inputs() const noexcept { return inputs_; }

 private:
  std::vector<std::unique_ptr<Segmentation>> segmentations_;
  std::vector<std::vector<std::size_t>> inputs_;
};

/// Tells where the players of pictures lie (patches, superpixels, boxes, masks), and when segments of sounds are heard.
void add_places(const Experiment& experiment, const PlayersSetup& players, std::vector<ExampleRecord>& records);

}  // namespace modattr
