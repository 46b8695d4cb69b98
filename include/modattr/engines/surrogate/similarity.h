#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "modattr/core/coalition.h"

namespace modattr {

/// Where the distance between an example and a neighbour is measured.
enum class Similarity {
  /// 1 - cosine of the angle between the coalition and the full one, as vectors of 0 and 1; 1 for the empty one.
  kCosine,
  /// sqrt(number of players removed).
  kEuclidean,
  /// 1 - cosine of the angle between the flattened inputs of the model, as captum measures it.
  kInputCosine,
  /// The same in the model's own encoder features, the mean over modalities.
  kEncoder
};

/// Whether the distance is that of what the model sees, which its games measure, and not of the coalition.
constexpr bool is_measured(Similarity similarity) noexcept {
  return similarity == Similarity::kInputCosine || similarity == Similarity::kEncoder;
}

/// Distance of a coalition from the full one, for a similarity that is not measured: with k of n players, 1 - sqrt(k /
/// n) or sqrt(n - k).
double coalition_distance(const Coalition& coalition, Similarity similarity);

/// lime's kernel sqrt(exp(-d^2 / width^2)); captum's exp(-d^2 / (2 width^2)) is the same function.
double kernel_weight(double distance, double width);

/// lime's widths: 0.25 on cosine distances (its 25 for text is on a hundredfold distance), 0.75 sqrt(players) on
/// Euclidean ones; captum's 1 on those of inputs.
double default_kernel_width(Similarity similarity, std::size_t player_count);

/// The word's similarity; throws ConfigError naming the nearest for an unknown one.
Similarity parse_similarity(std::string_view word);
/// The words, in the order of the enumeration.
std::span<const std::string> similarity_names();

}  // namespace modattr
