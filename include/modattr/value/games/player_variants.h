#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "modattr/core/coalition.h"
#include "modattr/data/dataset.h"
#include "modattr/masking/present_copier.h"
#include "modattr/masking/segmentation.h"
#include "modattr/value/games/removal_rows.h"
#include "modattr/value/input_layout.h"

namespace modattr {

/// Rows of a removal, followed by variants of examples: a modality's data with some of its players removed. Elements of
/// no player stay the example's while any player is present. Where players are removed in a text, a variant is the row
/// that is made of what is left of it, whatever stands for removed data.
class PlayerVariants final : public SyntheticRows {
 public:
  struct Parts {
    const Dataset& dataset;
    const InputLayout& layout;
    const RemovalRows& removal;
    /// Per modality.
    const std::vector<std::unique_ptr<Segmentation>>& segmentations;
    /// The dataset's inputs of each modality, in the order of its segmentation.
    std::vector<std::vector<std::size_t>> inputs;
  };
  explicit PlayerVariants(Parts parts) : parts_(std::move(parts)), variants_(parts_.inputs.size()) {}

  /// The row, as rows of mixes are numbered, of an example's modality in a draw of the removal. `present`: its players;
  /// all = the example itself, none = the removal's row.
  std::uint32_t row(std::uint32_t example, std::size_t modality, const Coalition& present, std::size_t draw);
  const Dataset& dataset() const noexcept { return parts_.dataset; }
  const InputLayout& layout() const noexcept { return parts_.layout; }
  /// Forgets all variants.
  void clear();
  std::size_t variant_count() const noexcept;

  std::size_t count(std::size_t modality) const override;
  at::Tensor gather(std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) const override;

 private:
  struct Variant {
    std::uint32_t example = 0;
    /// Row of the removal.
    std::uint32_t absent = 0;
    Coalition present;

    friend bool operator==(const Variant&, const Variant&) = default;
  };
  struct VariantHash {
    std::size_t operator()(const Variant& variant) const noexcept {
      return (variant.present.hash() * 1000003U + variant.example) * 1000003U + variant.absent;
    }
  };
  /// A layout made ready for copying.
  struct Copiers {
    std::shared_ptr<const PlayerLayout> layout;
    /// Per input of the modality.
    std::vector<PresentCopier> inputs;
  };
  struct ModalityVariants {
    /// Keys of the map, which stay where they are.
    std::vector<const Variant*> list;
    std::unordered_map<Variant, std::uint32_t, VariantHash> numbers;
    std::unordered_map<std::uint32_t, std::shared_ptr<const Copiers>> copiers_of_example;
    /// Those made last: examples may share a layout.
    std::shared_ptr<const Copiers> copiers;
  };

  std::shared_ptr<const Copiers> copiers_of(std::uint32_t example, std::size_t modality);

  Parts parts_;
  std::vector<ModalityVariants> variants_;
};

}  // namespace modattr
