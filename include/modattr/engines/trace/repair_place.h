#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/byte_codec.h"
#include "modattr/core/example_games.h"
#include "modattr/core/rng.h"

namespace modattr {

/// The features of one modality whose removal brings the right answer nearest.
struct RepairPlace {
  std::size_t modality = 0;
  /// Strongest first, at most five; `value`: by how much the value of the right answer rises without the feature, minus
  /// its Shapley value among the modality's features.
  std::vector<PlayerScore> players;
  /// Value of the right answer with all data, and without these features.
  double value_full = 0.0;
  double value_without = 0.0;
  std::size_t evaluation_count = 0;
};

/// Looks for them in at most `budget` model evaluations (0 = twelve coalitions per feature); all other modalities keep
/// their data. Empty `players` where no feature is in the way. Throws ConfigError where the budget is too small.
RepairPlace find_repair_place(ExampleGames& games, std::uint32_t example, std::size_t modality, std::size_t budget,
                              const Rng& rng);

void put_place(ByteWriter& writer, const RepairPlace& place);
RepairPlace take_place(ByteReader& reader);

}  // namespace modattr
