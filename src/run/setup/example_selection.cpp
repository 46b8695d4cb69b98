#include "example_selection.h"

#include <algorithm>
#include <numeric>
#include <sstream>
#include <utility>

#include "modattr/core/rng.h"
#include "modattr/core/tracing/case_game.h"

namespace modattr {

std::vector<std::string> names_of(const std::vector<std::string>& texts, const std::vector<std::string>& known) {
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    if (text.find(',') == std::string::npos || std::ranges::find(known, text) != known.end()) {
      names.push_back(text);
      continue;
    }
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, ',');) names.push_back(part);
  }
  return names;
}

std::vector<std::uint32_t> random_subset(std::size_t example_count, std::size_t subset_size, std::uint64_t seed) {
  std::vector<std::uint32_t> examples(example_count);
  std::iota(examples.begin(), examples.end(), 0u);
  RandomStream stream = Rng(seed).stream(RandomPurpose::kExampleSubset, 0, 0);
  for (std::uint32_t place = 0; place < subset_size; ++place) {
    const auto rest = static_cast<std::uint32_t>(example_count - place);
    std::swap(examples[place], examples[place + stream.below(rest)]);
  }
  examples.resize(subset_size);
  std::ranges::sort(examples);
  return examples;
}

std::vector<std::uint32_t> examples_by_identity(const Dataset& dataset) {
  std::vector<std::uint64_t> identities;
  for (std::size_t example = 0; example < dataset.example_count(); ++example) {
    identities.push_back(identity_of(dataset.id(example)));
  }
  std::vector<std::uint32_t> order(identities.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t example) { return identities[example]; });
  return order;
}

}  // namespace modattr
