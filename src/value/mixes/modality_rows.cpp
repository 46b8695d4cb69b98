#include "modattr/value/mixes/modality_rows.h"

#include <algorithm>

namespace modattr {
namespace {

/// Whether some columns of an input belong to no modality.
bool keeps_columns(const LayoutInput& input, const Array& array) {
  std::int64_t named = 0;
  for (const InputPart& part : input.parts) {
    if (part.columns.empty()) return false;
    for (const ColumnRange& range : part.columns) named += range.end - range.first;
  }
  return array.shape.size() < 2 || named != array.shape[1];
}

}  // namespace

ModalityRows::ModalityRows(const Dataset& dataset, const InputLayout& layout) {
  std::vector<std::size_t> kept;
  for (std::size_t input = 0; input < layout.inputs.size(); ++input) {
    if (keeps_columns(layout.inputs[input], dataset.input(input))) kept.push_back(input);
  }
  for (std::size_t modality = 0; modality < layout.modalities.count(); ++modality) {
    std::vector<std::size_t> inputs;
    for (std::size_t input = 0; input < layout.inputs.size(); ++input) {
      const auto& parts = layout.inputs[input].parts;
      if (std::ranges::any_of(parts, [&](const InputPart& part) { return part.modality == modality; })) {
        inputs.push_back(input);
      }
    }
    modalities_.push_back(find_distinct_rows(dataset, inputs));
  }
  has_kept_columns_ = !kept.empty();
  if (has_kept_columns_) kept_columns_ = find_distinct_rows(dataset, kept);
}

}  // namespace modattr
