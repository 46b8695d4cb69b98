#include "modattr/engines/trace/repair_place.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "modattr/core/error.h"
#include "modattr/core/option_name.h"
#include "modattr/engines/shapley/estimators/shapley_methods.h"

namespace modattr {
namespace {

constexpr std::size_t kMostPlaces = 5;
constexpr std::size_t kCoalitionsPerPlayer = 12;
/// Features that add less than this part of what the best ones gain together are left out.
constexpr double kEnoughOfGain = 0.9;

/// The game of one modality's features, the other modalities untouched.
class ModalityGame {
 public:
  ModalityGame(ExampleGames& games, std::uint32_t example, std::size_t modality) : games_(games), example_(example) {
    for (std::size_t each = 0; each < games.modality_count(); ++each) {
      if (each == modality) first_ = player_count_;
      player_count_ += games.labels(example, each).size();
    }
    own_count_ = games.labels(example, modality).size();
  }

  std::size_t own_count() const noexcept { return own_count_; }
  std::vector<double> evaluate(std::span<const Coalition> coalitions) {
    std::vector<ExampleGames::Query> queries;
    for (const Coalition& own : coalitions) {
      Coalition all = Coalition::full(player_count_);
      for (std::size_t player = 0; player < own_count_; ++player) {
        if (!own.contains(player)) all.erase(first_ + player);
      }
      queries.push_back({example_, std::move(all)});
    }
    evaluation_count_ += queries.size() * games_.evaluations_per_query();
    return games_.evaluate(queries);
  }
  std::size_t evaluation_count() const noexcept { return evaluation_count_; }

 private:
  ExampleGames& games_;
  std::uint32_t example_;
  std::size_t first_ = 0;
  std::size_t own_count_ = 0;
  std::size_t player_count_ = 0;
  std::size_t evaluation_count_ = 0;
};

ShapleyEstimate shapley_values(ModalityGame& game, std::size_t coalition_count, RandomStream stream,
                               std::span<const double> ends) {
  if (game.own_count() == 1) return {.values = {ends[1] - ends[0]}, .std_errors = {0.0}};
  const auto estimator = make_shapley_estimator(shapley_estimator_names().front());
  const std::size_t least = estimator->least_coalition_count(game.own_count());
  if (coalition_count < least) {
    throw ConfigError(option("budget") + ": expected room for " + std::to_string(least) + " coalitions of " +
                      std::to_string(game.own_count()) + " features, got " + std::to_string(coalition_count));
  }
  const std::vector<Coalition> coalitions = estimator->coalitions(game.own_count(), coalition_count, stream);
  const std::vector<double> values = game.evaluate(coalitions);
  return estimator->estimate({.player_count = game.own_count(),
                              .empty_value = ends[0],
                              .full_value = ends[1],
                              .coalitions = coalitions,
                              .values = values});
}

}  // namespace

RepairPlace find_repair_place(ExampleGames& games, std::uint32_t example, std::size_t modality, std::size_t budget,
                              const Rng& rng) {
  RepairPlace place{.modality = modality, .players = {}};
  ModalityGame game(games, example, modality);
  const std::size_t count = game.own_count();
  if (count == 0) return place;
  const std::vector<Coalition> ends_asked = {Coalition(count), Coalition::full(count)};
  const std::vector<double> ends = game.evaluate(ends_asked);
  place.value_full = ends[1];
  place.value_without = ends[1];
  const std::size_t coalition_count =
      budget == 0 ? kCoalitionsPerPlayer * count : budget / games.evaluations_per_query();
  const ShapleyEstimate estimate = shapley_values(
      game, coalition_count,
      rng.stream(RandomPurpose::kCoalition, games.key(example), static_cast<std::uint32_t>(modality) + 1), ends);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t player) { return estimate.values[player]; });
  std::erase_if(order, [&](std::size_t player) { return estimate.values[player] >= 0.0; });
  order.resize(std::min(order.size(), kMostPlaces));
  // What the strongest one, two ... gain together.
  std::vector<Coalition> without;
  Coalition left = Coalition::full(count);
  for (const std::size_t player : order) {
    left.erase(player);
    without.push_back(left);
  }
  const std::vector<double> values = without.empty() ? std::vector<double>{} : game.evaluate(without);
  const double best = values.empty() ? place.value_full : std::ranges::max(values);
  const double gain = best - place.value_full;
  std::size_t kept = 0;
  while (kept < values.size() && gain > 0.0) {
    if (values[kept++] - place.value_full >= kEnoughOfGain * gain) break;
  }
  for (const std::size_t player : std::span(order).first(kept)) {
    place.players.push_back({.modality = modality,
                             .player = player,
                             .label = games.labels(example, modality)[player],
                             .value = -estimate.values[player],
                             .std_error = estimate.std_errors[player]});
    place.value_without = values[place.players.size() - 1];
  }
  place.evaluation_count = game.evaluation_count();
  return place;
}

void put_place(ByteWriter& writer, const RepairPlace& place) {
  writer.put_count(place.modality);
  writer.put_list(place.players, [](ByteWriter& out, const PlayerScore& player) {
    out.put_count(player.player);
    out.put_text(player.label);
    out.put_number(player.value);
    out.put_optional(player.std_error, &ByteWriter::put_number);
  });
  writer.put_number(place.value_full);
  writer.put_number(place.value_without);
  writer.put_count(place.evaluation_count);
}

RepairPlace take_place(ByteReader& reader) {
  RepairPlace place;
  place.modality = reader.take_count();
  place.players = reader.take_list([&](ByteReader& in) {
    PlayerScore player;
    player.modality = place.modality;
    player.player = in.take_count();
    player.label = in.take_text();
    player.value = in.take_number();
    player.std_error = in.take_optional(&ByteReader::take_number);
    return player;
  });
  place.value_full = reader.take_number();
  place.value_without = reader.take_number();
  place.evaluation_count = reader.take_count();
  return place;
}

}  // namespace modattr
