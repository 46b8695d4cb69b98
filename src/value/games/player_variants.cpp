#include "modattr/value/games/player_variants.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <ATen/Functions.h>

#include "modattr/value/mixes/mixed_rows.h"

namespace modattr {
namespace {

/// Rows that others are made of, each once.
struct SourceRows {
  std::vector<std::uint32_t> numbers;
  /// [numbers, ...], contiguous.
  at::Tensor data;
  std::size_t row_bytes = 0;

  /// Keeps each number once and reads its row by `gather`.
  template <typename Gather>
  void read(const Gather& gather) {
    std::ranges::sort(numbers);
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    if (numbers.empty()) return;
    data = gather(numbers).contiguous();
    row_bytes = data.nbytes() / numbers.size();
  }
  const std::byte* row(std::uint32_t number) const {
    const auto place = static_cast<std::size_t>(std::ranges::lower_bound(numbers, number) - numbers.begin());
    return static_cast<const std::byte*>(data.data_ptr()) + place * row_bytes;
  }
};

}  // namespace

std::uint32_t PlayerVariants::row(std::uint32_t example, std::size_t modality, const Coalition& present,
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
    std::shared_ptr<const Copiers>& copiers = variants.copiers_of_example[example];
    if (copiers == nullptr) copiers = copiers_of(example, modality);
  }
  return first + entry->second;
}

std::shared_ptr<const PlayerVariants::Copiers> PlayerVariants::copiers_of(std::uint32_t example, std::size_t modality) {
  std::shared_ptr<const Copiers>& last = variants_[modality].copiers;
  std::shared_ptr<const PlayerLayout> layout = parts_.segmentations[modality]->layout(example);
  if (last != nullptr && last->layout == layout) return last;
  std::vector<PresentCopier> inputs;
  for (std::size_t place = 0; place < layout->inputs.size(); ++place) {
    const Array& array = parts_.dataset.input(parts_.inputs[modality][place]);
    inputs.emplace_back(layout->labels.size(), layout->inputs[place], c10::elementSize(array.dtype));
  }
  last = std::make_shared<const Copiers>(Copiers{std::move(layout), std::move(inputs)});
  return last;
}

void PlayerVariants::clear() {
  for (ModalityVariants& variants : variants_) {
    variants.list.clear();
    variants.numbers.clear();
    variants.copiers_of_example.clear();
  }
}

std::size_t PlayerVariants::variant_count() const noexcept {
  std::size_t count = 0;
  for (const ModalityVariants& variants : variants_) count += variants.list.size();
  return count;
}

std::size_t PlayerVariants::count(std::size_t modality) const {
  return parts_.removal.count(modality) + variants_[modality].list.size();
}

at::Tensor PlayerVariants::gather(std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) const {
  const std::size_t removal_count = parts_.removal.count(modality);
  const std::size_t example_count = parts_.dataset.example_count();
  const ModalityVariants& variants = variants_[modality];
  const auto variant_of = [&](std::uint32_t row) {
    return row < removal_count ? nullptr : variants.list[row - removal_count];
  };
  const auto absent_of = [&](std::uint32_t row) {
    const Variant* variant = variant_of(row);
    return variant == nullptr ? static_cast<std::uint32_t>(example_count + row) : variant->absent;
  };
  // Many rows are variants of one example over one baseline: each of these is read once.
  SourceRows absent;
  SourceRows own;
  for (const std::uint32_t row : rows) {
    absent.numbers.push_back(absent_of(row));
    if (const Variant* variant = variant_of(row)) own.numbers.push_back(variant->example);
  }
  absent.read([&](std::span<const std::uint32_t> numbers) {
    const RowOrigins origins(numbers, example_count);
    if (origins.examples.empty()) return parts_.removal.gather(input, modality, origins.synthetic);
    const at::Tensor examples = parts_.dataset.gather(input, origins.examples);
    if (origins.synthetic.empty()) return examples;
    return merge_rows(origins, examples, parts_.removal.gather(input, modality, origins.synthetic));
  });
  own.read([&](std::span<const std::uint32_t> numbers) { return parts_.dataset.gather(input, numbers); });

  std::vector<std::int64_t> shape = absent.data.sizes().vec();
  shape.front() = static_cast<std::int64_t>(rows.size());
  at::Tensor data = at::empty(shape, absent.data.options());
  const std::vector<std::size_t>& inputs = parts_.inputs[modality];
  const auto place = static_cast<std::size_t>(std::ranges::find(inputs, input) - inputs.begin());
  auto* destination = static_cast<std::byte*>(data.data_ptr());
  for (const std::uint32_t row : rows) {
    // First the baseline or background, then the present players over it.
    std::memcpy(destination, absent.row(absent_of(row)), absent.row_bytes);
    if (const Variant* variant = variant_of(row)) {
      const Copiers& copiers = *variants.copiers_of_example.at(variant->example);
      if (!copiers.layout->pieces.empty()) {
        parts_.dataset.write_text_row(input, text_left(copiers.layout->pieces, variant->present),
                                      std::span(destination, absent.row_bytes));
      } else {
        copiers.inputs[place].copy(variant->present, own.row(variant->example), destination);
      }
    }
    destination += absent.row_bytes;
  }
  return data;
}

}  // namespace modattr
