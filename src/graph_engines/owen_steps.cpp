#include "owen_steps.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include <ATen/Functions.h>

namespace modattr {
namespace {

/// |T|! (M - |T| - 1)! / M!
double weight_of(std::size_t size, std::size_t modality_count) {
  double weight = 1.0 / static_cast<double>(modality_count);
  for (std::size_t step = 0; step < size; ++step) {
    weight *= static_cast<double>(step + 1) / static_cast<double>(modality_count - 1 - step);
  }
  return weight;
}

}  // namespace

at::Tensor OwenSteps::first_half(std::span<const Pair> pairs, std::span<const std::uint32_t> rows,
                                 std::span<const ElementOwners::Players* const> players) const {
  at::Tensor is_first = at::ones({static_cast<std::int64_t>(pairs.size()), parts_.elements.count()}, at::kBool);
  for (std::size_t pair = 0; pair < pairs.size(); ++pair) {
    const ElementOwners::Players& own = *players[pair];
    RandomStream stream = parts_.rng.stream(RandomPurpose::kPlayerHalf, rows[pair], pairs[pair].place);
    std::vector<char> comes_first(own.first.back(), 0);
    for (std::size_t modality = 0; modality < parts_.modality_count; ++modality) {
      std::vector<std::size_t> order(own.first[modality + 1] - own.first[modality]);
      std::iota(order.begin(), order.end(), own.first[modality]);
      // Of an odd number of players, the one in the middle comes first or last.
      const std::size_t half = (order.size() + stream.below(2)) / 2;
      for (std::size_t place = 0; place < half; ++place) {
        std::swap(order[place], order[place + stream.below(static_cast<std::uint32_t>(order.size() - place))]);
        comes_first[order[place]] = 1;
      }
    }
    bool* const flags = is_first.data_ptr<bool>() + static_cast<std::int64_t>(pair) * parts_.elements.count();
    for (std::size_t element = 0; element < own.of_element.size(); ++element) {
      const std::int32_t player = own.of_element[element];
      if (player >= 0) flags[element] = comes_first[static_cast<std::size_t>(player)] != 0;
    }
  }
  return is_first;
}

void OwenSteps::visit(std::span<const Pair> pairs, std::span<const std::uint32_t> rows,
                      std::span<const ElementOwners::Players* const> players,
                      const std::function<void(const Step&)>& visit_step) const {
  const std::uint64_t everybody = (std::uint64_t{1} << parts_.modality_count) - 1;
  const at::Tensor is_first = takes_halves() ? first_half(pairs, rows, players) : at::Tensor();
  for (std::size_t modality = 0; modality < parts_.modality_count; ++modality) {
    const std::uint64_t own = std::uint64_t{1} << modality;
    for (std::uint64_t others = 0; others <= everybody; ++others) {
      if ((others & own) != 0) continue;
      const double weight = weight_of(static_cast<std::size_t>(std::popcount(others)), parts_.modality_count);
      Step step{.data = parts_.data.of(pairs, others | own, others), .weight = weight, .modality = modality};
      if (!takes_halves()) {
        visit_step(step);
        continue;
      }
      PassData rest = step.data;
      for (std::size_t input = 0; input < rest.x.size(); ++input) {
        if (rest.x[input].is_same(rest.b[input])) continue;
        const at::Tensor first = is_first.narrow(1, parts_.elements.first(input), parts_.elements.size(input));
        const at::Tensor middle = at::where(first.reshape(rest.x[input].sizes()), rest.x[input], rest.b[input]);
        step.data.x[input] = middle;
        rest.b[input] = middle;
      }
      step.data.x_modalities = {.own = others, .partly = own};
      visit_step(step);
      rest.b_modalities = {.own = others, .partly = own};
      visit_step({.data = std::move(rest), .weight = weight, .modality = modality});
    }
  }
}

}  // namespace modattr
