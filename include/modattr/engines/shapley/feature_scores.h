#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modattr/core/attribution.h"
#include "modattr/core/matrix.h"
#include "modattr/core/problem.h"
#include "modattr/core/rng.h"
#include "modattr/engines/mean_bootstrap.h"
#include "modattr/engines/subsets.h"

namespace modattr {

/// Players of each modality, and the sum of their magnitudes, [modalities].
struct ModalityPlayers {
  explicit ModalityPlayers(const ExampleAttribution& example);

  std::vector<std::size_t> counts;
  std::vector<double> magnitudes;
};

/// The parts of an example, [modalities]: sums over players of |phi_i|.
std::vector<double> magnitudes_by_modality(const ExampleAttribution& example);

/// One share per modality, a mean over the examples in which it is defined.
struct ShareDefinition {
  std::string name;
  /// The parts of an example, [modalities]; its shares are these over their sum.
  std::function<std::vector<double>(const ExampleAttribution&)> parts;
};

/// Columns over examples whose features are scored, scores being functions of their means: the ends, then per modality
/// its value and magnitude, then per share and modality the example's share, and 1 where it is defined, then per pair
/// of modalities, one with itself included, the sum of the interactions of their players.
class FeatureColumns {
 public:
  FeatureColumns(std::span<const ExampleAttribution> solved, std::size_t modality_count,
                 std::span<const ShareDefinition> shares);

  const Matrix& table() const noexcept { return table_; }
  std::size_t value(std::size_t modality) const noexcept { return 2 + modality; }
  std::size_t magnitude(std::size_t modality) const noexcept { return 2 + modality_count_ + modality; }
  std::size_t defined(std::size_t place) const noexcept {
    return 2 + 2 * modality_count_ + place * (modality_count_ + 1);
  }
  std::size_t share(std::size_t place, std::size_t modality) const noexcept { return defined(place) + 1 + modality; }
  /// `first` is at most `second`.
  std::size_t interplay(std::size_t first, std::size_t second) const noexcept {
    return defined(share_count_) + second * (second + 1) / 2 + first;
  }

 private:
  std::size_t modality_count_;
  std::size_t share_count_;
  Matrix table_;
};

/// Names of the scores of modalities' values.
struct ValueDefinitions {
  /// Mean over examples of a modality's value.
  std::string mean;
  /// Mean of its magnitude.
  std::string mean_abs;
  /// The latter over its sum over modalities.
  std::string share;
};

/// Adds the rows of a subset about a modality, or about the games.
class FeatureScores {
 public:
  /// Borrows everything; `number`: of the subset, for random numbers.
  FeatureScores(const Problem& problem, const FeatureColumns& columns, const Subset& subset, std::uint32_t number,
                const Rng& rng, std::vector<Score>& rows);

  /// `std_error`: 0 where every example's values are exact.
  void add_values(std::size_t modality, const ValueDefinitions& definitions, std::optional<double> std_error);
  void add_share(std::size_t modality, std::size_t place, const std::string& definition,
                 std::optional<double> std_error);
  void add_interplay(std::size_t first, std::size_t second, const std::string& definition,
                     std::optional<double> std_error);
  /// `largest_gap`: of the subset's examples.
  void add_ends(double largest_gap);

 private:
  Estimate mean_of(std::size_t column) const;
  void add(const std::string& name, std::string definition, const Estimate& estimate, std::optional<double> std_error);

  const Problem& problem_;
  const FeatureColumns& columns_;
  const Subset& subset_;
  MeanBootstrap bootstrap_;
  std::vector<Score>& rows_;
};

}  // namespace modattr
