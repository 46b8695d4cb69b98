#include "modattr/value/feature_rows.h"

#include <algorithm>
#include <cstring>

#include "modattr/value/mixed_rows.h"

namespace modattr {

std::uint32_t FeatureRows::row(std::uint32_t example, std::size_t modality, const Coalition& present,
                               std::size_t draw) {
  if (present.is_full()) return example;
  const std::uint32_t absent = parts_.removal.row(modality, draw, example);
  if (present.size() == 0) return absent;
  ModalityVariants& variants = variants_[modality];
  const auto first = static_cast<std::uint32_t>(parts_.dataset.example_count() + parts_.removal.count(modality));
  const auto [entry, added] =
      variants.numbers.try_emplace(Variant{example, absent, present}, static_cast<std::uint32_t>(variants.list.size()));
  if (added) {
    variants.list.push_back(&entry->first);
    std::shared_ptr<const PlayerLayout>& layout = variants.layout_of_example[example];
    if (layout == nullptr) layout = parts_.segmentations[modality]->layout(example);
  }
  return first + entry->second;
}

void FeatureRows::clear() {
  for (ModalityVariants& variants : variants_) {
    variants.list.clear();
    variants.numbers.clear();
    variants.layout_of_example.clear();
  }
}

std::size_t FeatureRows::variant_count() const noexcept {
  std::size_t count = 0;
  for (const ModalityVariants& variants : variants_) count += variants.list.size();
  return count;
}

std::size_t FeatureRows::count(std::size_t modality) const {
  return parts_.removal.count(modality) + variants_[modality].list.size();
}

at::Tensor FeatureRows::gather(std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) const {
  // First what stands in for everything, then the present players over it.
  const std::size_t removal_count = parts_.removal.count(modality);
  const std::size_t example_count = parts_.dataset.example_count();
  std::vector<std::uint32_t> absent;
  std::vector<std::uint32_t> examples;
  for (const std::uint32_t row : rows) {
    const Variant* variant = row < removal_count ? nullptr : variants_[modality].list[row - removal_count];
    absent.push_back(variant == nullptr ? row : static_cast<std::uint32_t>(variant->absent - example_count));
    examples.push_back(variant == nullptr ? 0 : variant->example);
  }
  at::Tensor data = parts_.removal.gather(input, modality, absent).contiguous();
  const at::Tensor own = parts_.dataset.gather(input, examples);
  const auto element_bytes = static_cast<std::size_t>(data.element_size());
  const auto row_bytes = static_cast<std::size_t>(data.numel()) / rows.size() * element_bytes;
  const std::vector<std::size_t>& inputs = parts_.inputs[modality];
  const auto place = static_cast<std::size_t>(std::ranges::find(inputs, input) - inputs.begin());
  auto* destination = static_cast<std::byte*>(data.data_ptr());
  const auto* source = static_cast<const std::byte*>(own.data_ptr());
  for (const std::uint32_t row : rows) {
    if (row >= removal_count) {
      const Variant& variant = *variants_[modality].list[row - removal_count];
      for (const PlayerRun& run : variants_[modality].layout_of_example.at(variant.example)->inputs[place]) {
        if (run.player && !variant.present.contains(*run.player)) continue;
        std::memcpy(destination + run.first * element_bytes, source + run.first * element_bytes,
                    run.count * element_bytes);
      }
    }
    destination += row_bytes;
    source += row_bytes;
  }
  return data;
}

}  // namespace modattr
