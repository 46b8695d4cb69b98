#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modattr/core/coalition.h"

namespace modattr {

/// One game per example, each with players of its own: the features of all modalities. Pure, as a ValueFunction is.
class ExampleGames {
 public:
  /// v(S) of one example's game.
  struct Query {
    std::uint32_t example = 0;
    Coalition coalition;
    /// Draws of the removal that v is to be estimated from, where is_mean_over_draws(): different numbers below
    /// evaluations_per_query(). Empty = all of them, which is v itself.
    std::vector<std::uint32_t> draws = {};
  };

  /// Where the distance between what the model sees of two coalitions is measured.
  enum class Space {
    /// All inputs of the modalities as one vector.
    kInputs,
    /// The model's own encoder features, modality by modality.
    kEncoders
  };
  struct Measurement {
    /// v of each query, [queries].
    std::vector<double> values;
    /// Estimated variance of each value that is a mean over d of D draws, [queries]: s^2 / d (1 - d / D), with s the
    /// sample standard deviation over its draws (sampling without replacement; Cochran 1977). 0 for d = D and d = 1.
    std::vector<double> variances;
    /// 1 - cosine of the angle between what the model sees of the query and of the full coalition, [queries]; a mean
    /// over draws of the removal, and of modalities in kEncoders. Empty where no space was named.
    std::vector<double> distances;
  };

  virtual ~ExampleGames() = default;
  virtual std::size_t example_count() const noexcept = 0;
  virtual std::size_t modality_count() const noexcept = 0;
  /// Labels of a modality's players in an example's game, [players]; the modality cannot be removed from it when there
  /// are none. Players are numbered modality by modality.
  virtual const std::vector<std::string>& labels(std::size_t example, std::size_t modality) = 0;
  /// A number of the example that does not change with the examples around it, for random numbers.
  virtual std::uint32_t key(std::size_t example) const noexcept = 0;
  /// Whether all examples have the same players.
  virtual bool are_players_shared() const noexcept = 0;
  /// v of each query, [queries]; queries of many examples fill the same model calls.
  virtual std::vector<double> evaluate(std::span<const Query> queries) = 0;
  /// evaluate() with variances, and with distances in a space. Throws ConfigError where the games know of no inputs, or
  /// of no encoders.
  virtual Measurement measure(std::span<const Query> queries, std::optional<Space> space);
  /// Model evaluations that a query of all draws takes.
  virtual std::size_t evaluations_per_query() const noexcept = 0;
  /// Whether v is a mean over draws of the removal of what each of them alone gives, so that a part of the draws
  /// estimates it without bias. Otherwise queries name no draws.
  virtual bool is_mean_over_draws() const noexcept { return false; }
};

}  // namespace modattr
