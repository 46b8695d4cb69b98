#include "player_credits.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace modattr {

ElementOwners::ElementOwners(const InputLayout& layout, const std::vector<std::unique_ptr<Segmentation>>& segmentations,
                             const std::vector<std::vector<std::size_t>>& inputs, const InputElements& elements,
                             const std::vector<std::vector<std::int64_t>>& element_shapes)
    : segmentations_(segmentations),
      inputs_(inputs),
      elements_(elements),
      modality_of_element_(static_cast<std::size_t>(elements.count()), -1) {
  for (std::size_t input = 0; input < layout.inputs.size(); ++input) {
    std::uint64_t modalities = 0;
    const std::vector<std::int64_t>& shape = element_shapes[input];
    const std::int64_t column_size = shape.empty() || shape.front() == 0 ? 1 : elements.size(input) / shape.front();
    for (const InputPart& part : layout.inputs[input].parts) {
      modalities |= std::uint64_t{1} << part.modality;
      const auto own = [&](std::int64_t first, std::int64_t end) {
        for (std::int64_t element = first; element < end; ++element) {
          modality_of_element_[static_cast<std::size_t>(elements.first(input) + element)] =
              static_cast<std::int32_t>(part.modality);
        }
      };
      if (part.columns.empty()) own(0, elements.size(input));
      for (const ColumnRange& range : part.columns) own(range.first * column_size, range.end * column_size);
    }
    modalities_of_input_.push_back(modalities);
  }
}

bool ElementOwners::own_everything() const noexcept {
  return std::ranges::find(modality_of_element_, -1) == modality_of_element_.end();
}

ElementOwners::Players ElementOwners::players_of(std::size_t example) const {
  Players players{.first = {0}, .of_element = std::vector<std::int32_t>(modality_of_element_.size(), -1)};
  for (std::size_t modality = 0; modality < segmentations_.size(); ++modality) {
    const std::shared_ptr<const PlayerLayout> layout = segmentations_[modality]->layout(example);
    const std::size_t first_player = players.first.back();
    for (std::size_t place = 0; place < layout->inputs.size(); ++place) {
      const auto first = static_cast<std::size_t>(elements_.first(inputs_[modality][place]));
      for (const PlayerRun& run : layout->inputs[place]) {
        if (!run.player) continue;
        for (std::size_t element = run.first; element < run.first + run.count; ++element) {
          players.of_element[first + element] = static_cast<std::int32_t>(first_player + *run.player);
        }
      }
    }
    players.first.push_back(first_player + layout->labels.size());
  }
  return players;
}

std::optional<std::size_t> ElementOwners::modality_of(std::uint64_t inputs) const {
  std::uint64_t modalities = 0;
  for (std::size_t input = 0; input < modalities_of_input_.size(); ++input) {
    if ((inputs >> std::min<std::size_t>(input, 63) & 1U) != 0) modalities |= modalities_of_input_[input];
  }
  if (!std::has_single_bit(modalities)) return std::nullopt;
  return static_cast<std::size_t>(std::countr_zero(modalities));
}

void ElementOwners::add(const Credits& credits, std::int64_t row, double weight, std::optional<std::size_t> only,
                        const Players& players, PairCredits& sum) const {
  const double* const by_element = credits.by_element.data_ptr<double>() + row * elements_.count();
  for (std::size_t element = 0; element < modality_of_element_.size(); ++element) {
    if (by_element[element] == 0.0) continue;
    const double part = weight * by_element[element];
    const std::int32_t modality = modality_of_element_[element];
    // Columns of no modality never differ.
    if (modality < 0) continue;
    sum.modalities[static_cast<std::size_t>(modality)] += part;
    const std::int32_t player = players.of_element[element];
    if (player >= 0) {
      sum.players[static_cast<std::size_t>(player)] += part;
    } else {
      sum.unheld[static_cast<std::size_t>(modality)] += part;
    }
  }
  for (const auto& [inputs, sums] : credits.unplaced) {
    const double part = weight * sums.data_ptr<double>()[row];
    const std::optional<std::size_t> modality = only ? only : modality_of(inputs);
    if (modality) {
      sum.modalities[*modality] += part;
      sum.unheld[*modality] += part;
    } else {
      sum.mixed += part;
    }
  }
}

void add_credits(const PairCredits& part, PairCredits& sum) {
  for (std::size_t player = 0; player < part.players.size(); ++player) sum.players[player] += part.players[player];
  for (std::size_t modality = 0; modality < part.modalities.size(); ++modality) {
    sum.modalities[modality] += part.modalities[modality];
    sum.unheld[modality] += part.unheld[modality];
  }
  sum.mixed += part.mixed;
  for (const auto& [operation, gap] : part.gaps) sum.gaps[operation] += gap;
  sum.row_count += part.row_count;
}

void spread_unheld(const ElementOwners::Players& players, PairCredits& credits) {
  for (std::size_t modality = 0; modality < credits.modalities.size(); ++modality) {
    const double part = credits.unheld[modality];
    const std::size_t first = players.first[modality];
    const std::size_t end = players.first[modality + 1];
    if (part == 0.0 || first == end) continue;
    double magnitude = 0.0;
    for (std::size_t player = first; player < end; ++player) magnitude += std::abs(credits.players[player]);
    for (std::size_t player = first; player < end; ++player) {
      const double share =
          magnitude > 0.0 ? std::abs(credits.players[player]) / magnitude : 1.0 / static_cast<double>(end - first);
      credits.players[player] += part * share;
    }
  }
}

}  // namespace modattr
