#include "modattr/engines/shapley/estimators/pair_index.h"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/engines/shapley/estimators/exact_shapley.h"

namespace modattr {
namespace {

/// q_t / C(n - 2, t): the weight of one set, [players - 1].
std::vector<double> weights_of_one_set(PairIndex index, std::size_t player_count) {
  std::vector<double> weights = pair_size_weights(index, player_count);
  double set_count = 1.0;
  for (std::size_t size = 0; size < weights.size(); ++size) {
    weights[size] /= set_count;
    set_count *= static_cast<double>(player_count - 2 - size) / static_cast<double>(size + 1);
  }
  return weights;
}

}  // namespace

std::span<const std::string> pair_index_words() {
  static const std::array<std::string, 3> words = {"k-sii", "stii", "fsii"};
  return words;
}

PairIndex pair_index_of(std::string_view word) {
  const std::span<const std::string> words = pair_index_words();
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) {
    throw ConfigError("interaction_index: unknown word '" + std::string(word) + "'" + suggestion(word, words));
  }
  return static_cast<PairIndex>(found - words.begin());
}

std::string_view pair_definition(PairIndex index) {
  switch (index) {
    case PairIndex::kKSii:
      return "pairs.k_sii";
    case PairIndex::kStii:
      return "pairs.stii";
    case PairIndex::kFsii:
      return "pairs.fsii";
  }
  throw std::invalid_argument("pairs: unknown index");
}

std::vector<double> pair_size_weights(PairIndex index, std::size_t player_count) {
  if (player_count < 2) throw std::invalid_argument("pairs: expected at least two players");
  const auto n = static_cast<double>(player_count);
  std::vector<double> weights(player_count - 1);
  for (std::size_t size = 0; size < weights.size(); ++size) {
    const auto t = static_cast<double>(size);
    switch (index) {
      case PairIndex::kKSii:
        weights[size] = 1.0 / (n - 1.0);
        break;
      case PairIndex::kStii:
        weights[size] = 2.0 * (n - 1.0 - t) / (n * (n - 1.0));
        break;
      case PairIndex::kFsii:
        weights[size] = 6.0 * (t + 1.0) * (n - 1.0 - t) / ((n + 1.0) * n * (n - 1.0));
        break;
    }
  }
  return weights;
}

std::vector<double> pair_values(PairIndex index, std::span<const double> table, std::size_t player_count) {
  if (player_count >= std::numeric_limits<std::size_t>::digits || table.size() != std::size_t{1} << player_count) {
    throw std::invalid_argument("pairs: expected 2^players values");
  }
  if (player_count < 2) return {};
  return weighted_pair_sums(table, player_count, weights_of_one_set(index, player_count));
}

}  // namespace modattr
