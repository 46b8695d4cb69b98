#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <ATen/core/Tensor.h>

#include "modattr/core/rng.h"
#include "pair_data.h"
#include "player_credits.h"

namespace modattr {

/// From removed data to the example's, modality by modality, as the Shapley value of modalities goes: for each modality
/// and each set T of the others that is there, weighted by |T|! (M - |T| - 1)! / M!. Of several modalities, each comes
/// in two steps: first a random half of its players, which are other ones for each pair, then the rest. So features
/// that work together meet with and without each other, as in the orders that an Owen value is the mean of.
class OwenSteps {
 public:
  /// Fewer pairs of an example than this are repeated, each time with other halves.
  static constexpr std::size_t kFewestHalves = 32;

  struct Parts {
    const PairData& data;
    const InputElements& elements;
    std::size_t modality_count = 0;
    Rng rng;
  };
  /// Borrows what the parts refer to.
  explicit OwenSteps(const Parts& parts) : parts_(parts) {}

  bool takes_halves() const noexcept { return parts_.modality_count > 1; }
  /// Steps of a pair.
  std::size_t count() const noexcept {
    return (parts_.modality_count << (parts_.modality_count - 1)) * (takes_halves() ? 2 : 1);
  }
  /// How often each of so many pairs of an example is followed.
  std::size_t repeats_of(std::size_t pair_count) const noexcept {
    return takes_halves() ? (kFewestHalves + pair_count - 1) / pair_count : 1;
  }

  struct Step {
    PassData data;
    double weight = 1.0;
    /// The modality that differs.
    std::size_t modality = 0;
  };
  /// All of them, one after the other. `rows` [pairs]: rows of the data file that halves are drawn for; `players`
  /// [pairs].
  void visit(std::span<const Pair> pairs, std::span<const std::uint32_t> rows,
             std::span<const ElementOwners::Players* const> players,
             const std::function<void(const Step&)>& visit_step) const;

 private:
  /// Which elements change in the first step, bool[pairs, elements]; what no player holds does.
  at::Tensor first_half(std::span<const Pair> pairs, std::span<const std::uint32_t> rows,
                        std::span<const ElementOwners::Players* const> players) const;

  Parts parts_;
};

}  // namespace modattr
