#include "modattr/core/rng.h"

#include "modattr/core/vector_clones.h"

namespace modattr {
namespace {

// Multipliers and Weyl constants of the reference implementation (Random123, philox.h).
constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRoundCount = 10;

std::uint32_t high(std::uint64_t product) {
  return static_cast<std::uint32_t>(product >> 32);
}
std::uint32_t low(std::uint64_t product) {
  return static_cast<std::uint32_t>(product);
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) noexcept {
  for (int round = 0; round < kRoundCount; ++round) {
    const std::uint64_t product0 = kMultiplier0 * counter[0];
    const std::uint64_t product1 = kMultiplier1 * counter[2];
    counter = {high(product1) ^ counter[1] ^ key[0], low(product1), high(product0) ^ counter[3] ^ key[1],
               low(product0)};
    key = {key[0] + kWeyl0, key[1] + kWeyl1};
  }
  return counter;
}

RandomStream::RandomStream(std::uint64_t seed, RandomPurpose purpose, std::uint32_t example,
                           std::uint32_t draw) noexcept
    : key_{low(seed), high(seed)}, counter_{0, static_cast<std::uint32_t>(purpose), example, draw} {}

MODATTR_VECTOR_CLONES void RandomStream::next_words(std::span<std::uint32_t> words) noexcept {
  while (!words.empty() && used_ < block_.size()) {
    words.front() = next_word();
    words = words.subspan(1);
  }
  // Blocks do not depend on each other: round by round for many of them, a compiler keeps their numbers in vectors (for
  // few it unrolls the loops instead, which takes twice as long).
  constexpr std::size_t kBlockCount = 32;
  while (words.size() >= 4 * kBlockCount) {
    std::array<std::array<std::uint32_t, kBlockCount>, 4> counters;
    for (std::size_t block = 0; block < kBlockCount; ++block) {
      counters[0][block] = counter_[0] + static_cast<std::uint32_t>(block);
      for (std::size_t word = 1; word < 4; ++word) counters[word][block] = counter_[word];
    }
    std::array<std::uint32_t, 2> key = key_;
    for (int round = 0; round < kRoundCount; ++round) {
      for (std::size_t block = 0; block < kBlockCount; ++block) {
        const std::uint64_t product0 = kMultiplier0 * counters[0][block];
        const std::uint64_t product1 = kMultiplier1 * counters[2][block];
        counters[0][block] = high(product1) ^ counters[1][block] ^ key[0];
        counters[1][block] = low(product1);
        counters[2][block] = high(product0) ^ counters[3][block] ^ key[1];
        counters[3][block] = low(product0);
      }
      key = {key[0] + kWeyl0, key[1] + kWeyl1};
    }
    for (std::size_t block = 0; block < kBlockCount; ++block) {
      for (std::size_t word = 0; word < 4; ++word) words[4 * block + word] = counters[word][block];
    }
    counter_[0] += kBlockCount;
    words = words.subspan(4 * kBlockCount);
  }
  for (std::uint32_t& word : words) word = next_word();
}

double RandomStream::uniform() noexcept {
  const std::uint64_t upper = next_word() >> 5;
  const std::uint64_t lower = next_word() >> 6;
  return static_cast<double>((upper << 26) | lower) * 0x1.0p-53;
}

}  // namespace modattr
