#include "modattr/value/mixed_rows.h"

namespace modattr {

at::Tensor gather_input(const Dataset& dataset, const InputLayout& layout, std::size_t input, const MixedRows& rows) {
  const std::vector<InputPart>& parts = layout.inputs[input].parts;
  if (parts.size() == 1 && parts.front().columns.empty()) {
    return dataset.gather(input, rows.by_modality[parts.front().modality]);
  }
  at::Tensor tensor = dataset.gather(input, rows.own);
  for (const InputPart& part : parts) {
    const at::Tensor source = dataset.gather(input, rows.by_modality[part.modality]);
    for (const ColumnRange& range : part.columns) {
      tensor.narrow(1, range.first, range.end - range.first)
          .copy_(source.narrow(1, range.first, range.end - range.first));
    }
  }
  return tensor;
}

}  // namespace modattr
