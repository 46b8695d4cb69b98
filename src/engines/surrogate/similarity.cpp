#include "modattr/engines/surrogate/similarity.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"

namespace modattr {

double coalition_distance(const Coalition& coalition, Similarity similarity) {
  const auto player_count = static_cast<double>(coalition.player_count());
  const auto present = static_cast<double>(coalition.size());
  if (similarity == Similarity::kEuclidean) return std::sqrt(player_count - present);
  return player_count > 0.0 ? 1.0 - std::sqrt(present / player_count) : 0.0;
}

double kernel_weight(double distance, double width) {
  return std::sqrt(std::exp(-distance * distance / (width * width)));
}

double default_kernel_width(Similarity similarity, std::size_t player_count) {
  if (similarity == Similarity::kInputCosine) return 1.0;
  return similarity == Similarity::kEuclidean ? 0.75 * std::sqrt(static_cast<double>(player_count)) : 0.25;
}

Similarity parse_similarity(std::string_view word) {
  const std::span<const std::string> names = similarity_names();
  const auto found = std::ranges::find(names, word);
  if (found == names.end()) {
    throw ConfigError("similarity: unknown word '" + std::string(word) + "'" + suggestion(word, names));
  }
  return static_cast<Similarity>(found - names.begin());
}

std::span<const std::string> similarity_names() {
  static const std::array<std::string, 4> names = {"cosine", "euclidean", "input-cosine", "encoder"};
  return names;
}

}  // namespace modattr
