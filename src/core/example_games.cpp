#include "modattr/core/example_games.h"

#include "modattr/core/error.h"

namespace modattr {

ExampleGames::Measurement ExampleGames::measure(std::span<const Query> /*queries*/, Space /*space*/) {
  throw ConfigError("similarity: expected games of a model's inputs to compare, got games of values only");
}

}  // namespace modattr
