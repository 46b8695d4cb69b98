#include "modattr/value/mixes/mixed_rows.h"

#include <algorithm>

#include <ATen/Functions.h>

#include "modattr/graph/device.h"

namespace modattr {
namespace {

at::Tensor gather_rows(const Dataset& dataset, const SyntheticRows* synthetic, std::size_t input, std::size_t modality,
                       std::span<const std::uint32_t> rows) {
  const bool all_examples = synthetic == nullptr ||
                            std::ranges::all_of(rows, [&](std::uint32_t row) { return row < dataset.example_count(); });
  if (all_examples) return dataset.gather(input, rows);
  const RowOrigins origins(rows, dataset.example_count());
  if (origins.examples.empty()) return synthetic->gather(input, modality, origins.synthetic);
  return merge_rows(origins, dataset.gather(input, origins.examples),
                    synthetic->gather(input, modality, origins.synthetic));
}

}  // namespace

RowOrigins::RowOrigins(std::span<const std::uint32_t> rows, std::size_t example_count) {
  for (std::size_t place = 0; place < rows.size(); ++place) {
    const bool is_synthetic = rows[place] >= example_count;
    (is_synthetic ? synthetic_places : example_places).push_back(static_cast<std::int64_t>(place));
    (is_synthetic ? synthetic : examples)
        .push_back(is_synthetic ? static_cast<std::uint32_t>(rows[place] - example_count) : rows[place]);
  }
}

at::Tensor merge_rows(const RowOrigins& origins, const at::Tensor& examples, const at::Tensor& synthetic) {
  std::vector<std::int64_t> sizes = examples.sizes().vec();
  sizes.front() += synthetic.size(0);
  at::Tensor all = at::empty(sizes, examples.options());
  all.index_copy_(0, to_device(at::tensor(origins.example_places, at::kLong), all.device()), examples);
  all.index_copy_(0, to_device(at::tensor(origins.synthetic_places, at::kLong), all.device()), synthetic);
  return all;
}

at::Tensor gather_input(const Dataset& dataset, const InputLayout& layout, std::size_t input, const MixedRows& rows,
                        const SyntheticRows* synthetic) {
  const std::vector<InputPart>& parts = layout.inputs[input].parts;
  if (parts.size() == 1 && parts.front().columns.empty()) {
    const std::size_t modality = parts.front().modality;
    return gather_rows(dataset, synthetic, input, modality, rows.by_modality[modality]);
  }
  at::Tensor tensor = dataset.gather(input, rows.own);
  for (const InputPart& part : parts) {
    const at::Tensor source = gather_rows(dataset, synthetic, input, part.modality, rows.by_modality[part.modality]);
    for (const ColumnRange& range : part.columns) {
      tensor.narrow(1, range.first, range.end - range.first)
          .copy_(source.narrow(1, range.first, range.end - range.first));
    }
  }
  return tensor;
}

}  // namespace modattr
