#include "pair_data.h"

namespace modattr {

std::vector<Pair> padded_pairs(std::span<const Pair> pairs, std::size_t row_count) {
  std::vector<Pair> rows(pairs.begin(), pairs.end());
  rows.resize(row_count, rows.back());
  return rows;
}

MixedRows PairData::rows_of(std::span<const Pair> pairs, std::uint64_t modalities) const {
  MixedRows rows(parts_.segmentations.size(), pairs.size());
  for (std::size_t row = 0; row < pairs.size(); ++row) {
    const Pair& pair = pairs[row];
    rows.own[row] = pair.example;
    for (std::size_t modality = 0; modality < parts_.segmentations.size(); ++modality) {
      const bool stays =
          (modalities >> modality & 1U) != 0 || parts_.segmentations[modality]->layout(pair.example)->labels.empty();
      rows.by_modality[modality][row] = stays ? pair.example : parts_.removal.row(modality, pair.draw, pair.example);
    }
  }
  return rows;
}

bool PairData::has_common_removal() const {
  const auto last = static_cast<std::uint32_t>(parts_.dataset.example_count() - 1);
  for (std::size_t modality = 0; modality < parts_.segmentations.size(); ++modality) {
    if (parts_.removal.row(modality, 0, 0) != parts_.removal.row(modality, 0, last)) return false;
  }
  return last > 0;
}

PassData PairData::of(std::span<const Pair> pairs, std::uint64_t x_modalities, std::uint64_t b_modalities) const {
  const MixedRows x = rows_of(pairs, x_modalities);
  const MixedRows b = rows_of(pairs, b_modalities);
  PassData data{.x = {},
                .b = {},
                .examples = x.own,
                .x_modalities = {.own = x_modalities},
                .b_modalities = {.own = b_modalities}};
  const std::uint64_t differing = x_modalities ^ b_modalities;
  for (std::size_t input = 0; input < parts_.layout.inputs.size(); ++input) {
    data.x.push_back(gather_input(parts_.dataset, parts_.layout, input, x, &parts_.removal));
    bool differs = false;
    for (const InputPart& part : parts_.layout.inputs[input].parts) differs |= (differing >> part.modality & 1U) != 0;
    data.b.push_back(differs ? gather_input(parts_.dataset, parts_.layout, input, b, &parts_.removal) : data.x.back());
  }
  return data;
}

}  // namespace modattr
