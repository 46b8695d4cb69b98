#include "modattr/masking/present_copier.h"

#include <cstdint>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/rng.h"

namespace modattr {
namespace {

/// Copies element by element.
std::vector<std::uint8_t> copied_by_hand(const std::vector<PlayerRun>& runs, const Coalition& present,
                                         std::size_t element_bytes, const std::vector<std::uint8_t>& source,
                                         std::vector<std::uint8_t> destination) {
  for (const PlayerRun& run : runs) {
    if (run.player && !present.contains(*run.player)) continue;
    for (std::size_t byte = run.first * element_bytes; byte < (run.first + run.count) * element_bytes; ++byte) {
      destination[byte] = source[byte];
    }
  }
  return destination;
}

/// Runs of `run_lengths` elements in turn, of players in turn, every seventh of no player.
std::vector<PlayerRun> runs_of(std::size_t run_count, const std::vector<std::size_t>& run_lengths,
                               std::size_t player_count) {
  std::vector<PlayerRun> runs;
  std::size_t first = 0;
  for (std::size_t run = 0; run < run_count; ++run) {
    const std::size_t length = run_lengths[run % run_lengths.size()];
    runs.push_back({.player = std::nullopt, .first = first, .count = length});
    if (run % 7 != 3) runs.back().player = static_cast<std::uint32_t>(run * 5 % player_count);
    first += length;
  }
  return runs;
}

TEST(PresentCopier, CopiesWhatThePresentOwnAndWhatNobodyOwns) {
  constexpr std::size_t kPlayerCount = 70;
  RandomStream stream = Rng(5).stream(RandomPurpose::kCoalition, 0, 0);
  // Runs of one length, for each of the lengths that are copied apart, and of several.
  const std::vector<std::vector<std::size_t>> lengths = {{1}, {2}, {4}, {8}, {16}, {3}, {1, 5, 2}};
  for (const std::vector<std::size_t>& run_lengths : lengths) {
    for (const std::size_t element_bytes : {1U, 4U, 8U}) {
      const std::vector<PlayerRun> runs = runs_of(200, run_lengths, kPlayerCount);
      const PresentCopier copier(kPlayerCount, runs, element_bytes);
      std::vector<std::uint8_t> source((runs.back().first + runs.back().count) * element_bytes);
      std::iota(source.begin(), source.end(), std::uint8_t{1});
      const std::vector<std::uint8_t> absent(source.size(), 0);
      for (const double share : {0.0, 0.5, 1.0}) {
        Coalition present(kPlayerCount);
        for (std::size_t player = 0; player < kPlayerCount; ++player) {
          if (stream.uniform() < share) present.insert(player);
        }
        std::vector<std::uint8_t> destination = absent;
        copier.copy(present, reinterpret_cast<const std::byte*>(source.data()),
                    reinterpret_cast<std::byte*>(destination.data()));
        EXPECT_EQ(destination, copied_by_hand(runs, present, element_bytes, source, absent))
            << run_lengths.front() << " elements of " << element_bytes << " bytes, share " << share;
      }
    }
  }
}

TEST(PresentCopier, CopiesNothingOfAnInputWithoutElements) {
  const PresentCopier copier(2, {}, 4);
  std::byte byte{7};
  copier.copy(Coalition::full(2), &byte, &byte);
  EXPECT_EQ(byte, std::byte{7});
}

}  // namespace
}  // namespace modattr
