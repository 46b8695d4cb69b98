#include "modattr/core/example_games.h"

#include "modattr/core/error.h"

namespace modattr {

ExampleGames::Measurement ExampleGames::measure(std::span<const Query> queries, std::optional<Space> space) {
  if (space) throw ConfigError("similarity: expected games of a model's inputs to compare, got games of values only");
  return {.values = evaluate(queries), .variances = std::vector<double>(queries.size(), 0.0), .distances = {}};
}

}  // namespace modattr
