#include "modattr/engines/surrogate/neighbourhood.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace modattr {
namespace {

void remove_uniform_count(Coalition& coalition, std::size_t first_player, std::size_t player_count,
                          std::size_t least_removed, RandomStream& stream) {
  std::vector<std::size_t> deck(player_count);
  std::iota(deck.begin(), deck.end(), first_player);
  const auto choices = static_cast<std::uint32_t>(player_count + 1 - least_removed);
  const std::size_t removed = least_removed + stream.below(choices);
  for (std::size_t card = 0; card < removed; ++card) {
    std::swap(deck[card], deck[card + stream.below(static_cast<std::uint32_t>(player_count - card))]);
    coalition.erase(deck[card]);
  }
}

void toss_coins(Coalition& coalition, std::size_t first_player, std::size_t player_count, RandomStream& stream) {
  std::uint32_t coins = 0;
  for (std::size_t player = 0; player < player_count; ++player, coins >>= 1U) {
    if (player % 32 == 0) coins = stream.next_word();
    if ((coins & 1U) == 0) coalition.erase(first_player + player);
  }
}

}  // namespace

Neighbourhood sample_neighbourhood(std::span<const NeighbourPart> parts, std::size_t draw_count, RandomStream stream) {
  std::size_t player_count = 0;
  std::size_t playing_count = 0;
  for (const NeighbourPart& part : parts) {
    player_count += part.player_count;
    playing_count += part.player_count > 0 ? 1U : 0U;
  }
  Neighbourhood result;
  std::unordered_map<Coalition, std::size_t> places;
  const auto add = [&](Coalition coalition) {
    const auto [entry, is_new] = places.try_emplace(coalition, result.coalitions.size());
    if (is_new) {
      result.coalitions.push_back(std::move(coalition));
      result.counts.push_back(0.0);
    }
    result.counts[entry->second] += 1.0;
  };
  add(Coalition::full(player_count));
  for (std::size_t draw = 1; draw < draw_count; ++draw) {
    Coalition coalition = Coalition::full(player_count);
    std::size_t first_player = 0;
    for (const NeighbourPart& part : parts) {
      if (part.player_count > 0 && part.draw == NeighbourDraw::kUniformCount) {
        remove_uniform_count(coalition, first_player, part.player_count, playing_count == 1 ? 1 : 0, stream);
      } else {
        toss_coins(coalition, first_player, part.player_count, stream);
      }
      first_player += part.player_count;
    }
    add(std::move(coalition));
  }
  return result;
}

std::vector<std::vector<std::uint32_t>> deal_draws(std::span<const double> counts, std::size_t least,
                                                   std::size_t draw_count, RandomStream stream) {
  std::vector<std::uint32_t> deck(draw_count);
  std::iota(deck.begin(), deck.end(), 0U);
  std::size_t dealt = draw_count;
  std::vector<std::vector<std::uint32_t>> draws(counts.size());
  draws.front() = {0};
  for (std::size_t coalition = 1; coalition < counts.size(); ++coalition) {
    const std::size_t wanted = least * static_cast<std::size_t>(counts[coalition]);
    if (wanted >= draw_count) continue;
    if (dealt + wanted > draw_count) {
      for (std::size_t card = 0; card + 1 < draw_count; ++card) {
        std::swap(deck[card], deck[card + stream.below(static_cast<std::uint32_t>(draw_count - card))]);
      }
      dealt = 0;
    }
    const auto first = deck.begin() + static_cast<std::ptrdiff_t>(dealt);
    draws[coalition].assign(first, first + static_cast<std::ptrdiff_t>(wanted));
    std::ranges::sort(draws[coalition]);
    dealt += wanted;
  }
  return draws;
}

Neighbourhood whole_neighbourhood(std::size_t player_count) {
  if (player_count > kMostEnumeratedPlayers) throw std::invalid_argument("neighbourhood: too many players");
  Neighbourhood result;
  for (std::size_t removed = 0; removed < std::size_t{1} << player_count; ++removed) {
    Coalition coalition = Coalition::full(player_count);
    for (std::size_t player = 0; player < player_count; ++player) {
      if ((removed >> player & 1U) != 0) coalition.erase(player);
    }
    result.coalitions.push_back(std::move(coalition));
  }
  result.counts.assign(result.coalitions.size(), 1.0);
  return result;
}

}  // namespace modattr
