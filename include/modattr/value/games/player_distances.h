#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/core/example_games.h"
#include "modattr/value/games/player_variants.h"
#include "modattr/value/model_evaluator.h"

namespace modattr {

/// How far the data of mixed rows is from that of the examples they are about: 1 - cosine of the angle between them,
/// 1 where one of them is 0. In the space of inputs all inputs are one vector; in that of encoders the distance is the
/// mean over the modalities that have an encoder.
class PlayerDistances {
 public:
  /// Borrows everything for its lifetime. Throws ConfigError for encoders where the model runs whole.
  PlayerDistances(const ModelEvaluator& evaluator, const PlayerVariants& rows, ExampleGames::Space space);

  /// `examples` [rows]; `rows` [rows][modalities], as rows of mixes are numbered; `encoded`: the variants. Returns
  /// [rows]. Throws DataError where a number is not finite.
  std::vector<double> of(std::span<const std::uint32_t> examples, std::span<const std::uint32_t> rows,
                         const EncodedRows& encoded) const;

 private:
  /// Vectors to compare, [vectors] of tensors [rows, ...] that are parts of one vector.
  std::vector<std::vector<at::Tensor>> vectors(const MixedRows& rows, const EncodedRows& encoded) const;

  const ModelEvaluator& evaluator_;
  const PlayerVariants& rows_;
  ExampleGames::Space space_;
  /// Modalities that have an encoder.
  std::vector<std::size_t> encoded_;
};

}  // namespace modattr
