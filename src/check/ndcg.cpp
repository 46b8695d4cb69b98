#include "modattr/check/ndcg.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

namespace modattr {
namespace {

/// Sum of `gains` in the order of falling `scores`, each over the logarithm of its rank.
double discounted_gain(std::span<const double> gains, std::span<const double> scores) {
  std::vector<std::size_t> order(gains.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>{}, [&](std::size_t item) { return scores[item]; });
  double sum = 0.0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    sum += gains[order[rank]] / std::log2(static_cast<double>(rank) + 2.0);
  }
  return sum;
}

using PlayerKey = std::pair<std::string, std::string>;

/// Mean magnitudes by modality and name.
std::map<PlayerKey, double> mean_magnitudes(const ResultSet& set, const std::string& run) {
  std::map<PlayerKey, double> sums;
  double example_count = 0.0;
  for (const ExampleRecord& record : set.table.examples) {
    if (record.run != run || !record.id) continue;
    ++example_count;
    for (const PlayerScore& player : record.attribution.players) {
      if (player.modality >= set.table.modalities.size() || !std::isfinite(player.value)) continue;
      sums[{set.table.modalities[player.modality], player.label}] += std::abs(player.value);
    }
  }
  for (auto& [key, sum] : sums) sum /= example_count;
  return sums;
}

bool has_players(const ResultSet& set, const std::string& run) {
  return std::ranges::any_of(set.table.examples, [&](const ExampleRecord& record) {
    return record.run == run && record.id && !record.attribution.players.empty();
  });
}

}  // namespace

std::optional<double> ndcg(std::span<const double> baseline, std::span<const double> next) {
  const double ideal = discounted_gain(baseline, baseline);
  if (!(ideal > 0.0)) return std::nullopt;
  return discounted_gain(baseline, next) / ideal;
}

std::vector<std::string> runs_with_players(const ResultSet& baseline, const ResultSet& next) {
  std::vector<std::string> runs;
  for (const ExampleRecord& record : next.table.examples) {
    if (record.attribution.players.empty() || !record.id) continue;
    if (std::ranges::find(runs, record.run) == runs.end()) runs.push_back(record.run);
  }
  std::erase_if(runs, [&](const std::string& run) { return !has_players(baseline, run); });
  return runs;
}

PlayerScores player_scores(const ResultSet& baseline, const ResultSet& next, const std::string& run) {
  std::map<PlayerKey, std::pair<double, double>> both;
  for (const auto& [key, score] : mean_magnitudes(baseline, run)) both[key].first = score;
  for (const auto& [key, score] : mean_magnitudes(next, run)) both[key].second = score;
  PlayerScores scores;
  for (const auto& [key, score] : both) {
    scores.names.push_back(key.first + " '" + key.second + "'");
    scores.baseline.push_back(score.first);
    scores.next.push_back(score.second);
  }
  return scores;
}

}  // namespace modattr
