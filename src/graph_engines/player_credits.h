#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "input_elements.h"
#include "modattr/masking/segmentation.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// What a pair of rows gives to the players of an example.
struct PairCredits {
  double value_full = 0.0;
  double value_empty = 0.0;
  /// Of all modalities, one after the other.
  std::vector<double> players;
  std::vector<double> modalities;
  /// Part of the modalities' sums that no player holds, [modalities].
  std::vector<double> unheld;
  double mixed = 0.0;
  /// What operations miss of the differences that they make, in magnitude.
  std::map<std::string, double> gaps = {};
  /// Rows that were run for it.
  std::size_t row_count = 0;
};

/// Which modality and which player holds each element of the inputs.
class ElementOwners {
 public:
  /// Borrows everything. `inputs`: the dataset's inputs of each modality, in the order of its segmentation;
  /// `element_shapes`: of a row of each input.
  ElementOwners(const InputLayout& layout, const std::vector<std::unique_ptr<Segmentation>>& segmentations,
                const std::vector<std::vector<std::size_t>>& inputs, const InputElements& elements,
                const std::vector<std::vector<std::int64_t>>& element_shapes);

  std::size_t modality_count() const noexcept { return segmentations_.size(); }
  /// Whether every column of the inputs belongs to a modality.
  bool own_everything() const noexcept;
  /// Modalities of each input, as a bit mask.
  const std::vector<std::uint64_t>& modalities_of_inputs() const noexcept { return modalities_of_input_; }
  /// Players of an example, modality by modality.
  struct Players {
    /// Of each modality, its first player; the last entry is their number. [modalities + 1]
    std::vector<std::size_t> first;
    /// Of each element, its player among all, or -1. [elements]
    std::vector<std::int32_t> of_element;
  };
  Players players_of(std::size_t example) const;

  /// Adds `weight` times the credits of a row. `only`: the one modality that differs, which then has all of them;
  /// nullopt = several do.
  void add(const Credits& credits, std::int64_t row, double weight, std::optional<std::size_t> only,
           const Players& players, PairCredits& sum) const;

 private:
  /// The one modality that these inputs belong to; nullopt for several.
  std::optional<std::size_t> modality_of(std::uint64_t inputs) const;

  const std::vector<std::unique_ptr<Segmentation>>& segmentations_;
  const std::vector<std::vector<std::size_t>>& inputs_;
  const InputElements& elements_;
  /// Of each element, -1 for columns of no modality. [elements]
  std::vector<std::int32_t> modality_of_element_;
  std::vector<std::uint64_t> modalities_of_input_;
};

/// Adds what the players, modalities and operations of a part have, not its values.
void add_credits(const PairCredits& part, PairCredits& sum);

/// Gives what no player holds to the players of its modality by their magnitudes, or evenly where they have none.
void spread_unheld(const ElementOwners::Players& players, PairCredits& credits);

}  // namespace modattr
