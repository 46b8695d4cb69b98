#include "segmentation_subject.h"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

#include "modattr/core/error.h"

namespace modattr {
namespace {

constexpr std::size_t kMostPlayers = 32'768;

}  // namespace

Numbers row_shape(const Array& array) {
  return {array.shape.begin() + 1, array.shape.end()};
}

std::size_t element_count(const Numbers& shape) {
  return static_cast<std::size_t>(std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()));
}

bool is_own(const SegmentedInput& input, const Array& array, std::size_t element) {
  if (input.columns.empty()) return true;
  const auto column = static_cast<std::int64_t>(element) /
                      std::accumulate(array.shape.begin() + 2, array.shape.end(), std::int64_t{1}, std::multiplies<>());
  return std::ranges::any_of(input.columns, [&](const auto& range) { return column >= range[0] && column < range[1]; });
}

std::vector<PlayerRun> runs_of(const Numbers& players) {
  std::vector<PlayerRun> runs;
  for (std::size_t element = 0; element < players.size(); ++element) {
    if (element == 0 || players[element] != players[element - 1]) {
      runs.push_back(
          {players[element] == kNoPlayer ? std::nullopt : std::optional(static_cast<std::uint32_t>(players[element])),
           element, 0});
    }
    ++runs.back().count;
  }
  return runs;
}

void check_player_count(const std::string& modality, const PlayerLayout& layout) {
  if (layout.labels.size() <= kMostPlayers) return;
  throw ConfigError("modality '" + modality + "': players: expected at most " + std::to_string(kMostPlayers) +
                    " players, got " + std::to_string(layout.labels.size()) +
                    "; use larger patches or segments, or a mask");
}

void SegmentationSubject::fail(const std::string& expected, const std::string& got, const std::string& hint) const {
  throw ConfigError("modality '" + modality + "': players: expected " + expected + ", got " + got + "; " + hint);
}

PlayerLayout whole_layout(const SegmentationSubject& subject) {
  PlayerLayout layout{{subject.modality}, {}};
  for (std::size_t place = 0; place < subject.inputs.size(); ++place) {
    const Numbers shape = row_shape(subject.array(place));
    Numbers players(element_count(shape), kNoPlayer);
    for (std::size_t element = 0; element < players.size(); ++element) {
      if (is_own(subject.inputs[place], subject.array(place), element)) players[element] = 0;
    }
    layout.inputs.push_back(runs_of(players));
  }
  return layout;
}

std::vector<std::vector<PlayerRun>> position_runs(const Dataset& dataset, std::span<const SegmentedInput> inputs,
                                                  const Numbers& player_of_position) {
  std::vector<std::vector<PlayerRun>> runs;
  for (const SegmentedInput& input : inputs) {
    const Numbers shape = row_shape(dataset.input(input.input));
    const std::size_t per_position = element_count(shape) / std::max<std::size_t>(player_of_position.size(), 1);
    Numbers players;
    for (const std::int64_t player : player_of_position) players.insert(players.end(), per_position, player);
    runs.push_back(runs_of(players));
  }
  return runs;
}

void tell_apart(std::vector<std::string>& labels, const std::vector<std::size_t>& positions) {
  std::map<std::string, std::size_t> counts;
  for (const std::string& label : labels) ++counts[label];
  for (std::size_t player = 0; player < labels.size(); ++player) {
    if (counts.at(labels[player]) > 1) labels[player] += "@" + std::to_string(positions[player]);
  }
}

}  // namespace modattr
