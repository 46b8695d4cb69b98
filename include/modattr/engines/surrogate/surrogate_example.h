#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/byte_codec.h"
#include "modattr/core/example_games.h"
#include "modattr/core/players.h"
#include "modattr/engines/surrogate/local_solver.h"

namespace modattr {

/// The explanation of one example in words and numbers, with what the scores of the whole set are made of.
struct SurrogateExample {
  /// With a surrogate.
  ExampleAttribution attribution;
  /// As in LocalExplanation.
  std::vector<double> shares;
  std::vector<double> share_errors;
  std::vector<std::optional<double>> fidelity_lost;

  const SurrogateReport& surrogate() const { return *attribution.surrogate; }
  /// Whether there are coalitions that were not evaluated.
  bool is_sampled() const { return surrogate().held_out_count.has_value(); }
};

/// Names the players and writes out the surrogate. `number`: of the example among `games`.
SurrogateExample describe(ExampleGames& games, const Players& modalities, std::uint32_t number, LocalExplanation solved,
                          SurrogateKind kind);

void put_surrogate_example(const SurrogateExample& example, ByteWriter& writer);
/// Reads those of all examples, from one reader each.
std::vector<SurrogateExample> take_surrogate_examples(std::size_t modality_count, std::span<ByteReader> readers);

}  // namespace modattr
