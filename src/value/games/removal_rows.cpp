#include "modattr/value/games/removal_rows.h"

#include <utility>

namespace modattr {

RemovalRows::RemovalRows(Parts parts) : parts_(std::move(parts)) {
  const bool has_synthetic_rows = parts_.reference != nullptr && parts_.reference_examples.empty();
  if (has_synthetic_rows) reference_rows_ = std::make_unique<ModalityRows>(*parts_.reference, parts_.layout);
}

std::size_t RemovalRows::count(std::size_t modality) const {
  if (uses_background(modality)) return reference_rows_ ? reference_rows_->modality(modality).example_of.size() : 0;
  switch (parts_.baselines[modality]->variety()) {
    case BaselineVariety::kOneForAll:
      return 1;
    case BaselineVariety::kOnePerContent:
      return parts_.rows.modality(modality).example_of.size();
    case BaselineVariety::kOnePerExample:
      break;
  }
  return parts_.dataset.example_count();
}

std::uint32_t RemovalRows::row(std::size_t modality, std::size_t draw, std::uint32_t example) const {
  std::uint32_t number = 0;
  if (uses_background(modality)) {
    if (!reference_rows_) {
      // Of equal rows the first one, so that what is made of them is made once.
      const DistinctRows& rows = parts_.rows.modality(modality);
      return rows.example_of[rows.row_of[parts_.reference_examples[draw]]];
    }
    number = reference_rows_->modality(modality).row_of[draw];
  } else if (parts_.baselines[modality]->variety() == BaselineVariety::kOnePerContent) {
    number = parts_.rows.modality(modality).row_of[example];
  } else if (parts_.baselines[modality]->variety() == BaselineVariety::kOnePerExample) {
    number = example;
  }
  return static_cast<std::uint32_t>(parts_.dataset.example_count()) + number;
}

void RemovalRows::write_rows(std::size_t modality, std::size_t draw, std::span<std::uint32_t> rows) const {
  for (std::uint32_t example = 0; example < rows.size(); ++example) rows[example] = row(modality, draw, example);
}

at::Tensor RemovalRows::gather(std::size_t input, std::size_t modality, std::span<const std::uint32_t> rows) const {
  std::vector<std::uint32_t> sources(rows.begin(), rows.end());
  if (uses_background(modality)) {
    for (std::uint32_t& source : sources) source = reference_rows_->modality(modality).example_of[source];
    return parts_.reference->gather(input, sources);
  }
  const Baseline& baseline = *parts_.baselines[modality];
  if (baseline.variety() == BaselineVariety::kOnePerContent) {
    for (std::uint32_t& source : sources) source = parts_.rows.modality(modality).example_of[source];
  }
  return baseline.rows(input, sources);
}

}  // namespace modattr
