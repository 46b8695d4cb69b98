#include "modattr/engines/sage/mean_games.h"

#include <algorithm>

namespace modattr {
namespace {

/// Values of examples that are held at a time.
constexpr std::size_t kValuesAtOnce = std::size_t{1} << 18;

}  // namespace

void MeanGames::learn(std::span<const Coalition> coalitions) {
  const std::size_t at_once = std::max<std::size_t>(kValuesAtOnce / parts_.example_count, 1);
  for (std::size_t first = 0; first < coalitions.size(); first += at_once) {
    const std::span<const Coalition> some = coalitions.subspan(first, std::min(at_once, coalitions.size() - first));
    const Matrix values = parts_.evaluate(some);
    for (std::size_t row = 0; row < some.size(); ++row) {
      std::vector<double>& means = known_.at(some[row]);
      for (const std::vector<std::uint32_t>& sample : parts_.samples) {
        double sum = 0.0;
        for (const std::uint32_t example : sample) sum += values(row, example);
        means.push_back(sum / static_cast<double>(sample.size()));
      }
    }
  }
}

std::vector<double> MeanGames::evaluate(std::span<const Query> queries) {
  std::vector<Coalition> unknown;
  for (const Query& query : queries) {
    if (known_.try_emplace(query.coalition).second) unknown.push_back(query.coalition);
  }
  learn(unknown);
  std::vector<double> values;
  for (const Query& query : queries) values.push_back(known_.at(query.coalition)[query.example]);
  return values;
}

}  // namespace modattr
