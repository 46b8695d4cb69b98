#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace modattr {

/// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four 32-bit
/// words as a pure function of a counter and a key.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) noexcept;

/// What a stream of random numbers is for; part of its key, so that no two purposes ever share numbers.
enum class RandomPurpose : std::uint32_t {
  kPermutation = 1,
  kBootstrap = 2,
  kExampleSubset = 3,
  kBackground = 4,
  kCoalition = 5,
  kBlock = 6,
  kNeighbourhood = 7,
  kHalfSample = 8,
  kExampleOrder = 9,
  kFault = 10,
  kPathPoint = 11,
  kPlayerHalf = 12,
  kDrawSubset = 13
};

/// One stream of random numbers. Streams are values: copying one and drawing from both gives the same numbers twice.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, RandomPurpose purpose, std::uint32_t example, std::uint32_t draw) noexcept;

  std::uint32_t next_word() noexcept {
    if (used_ == block_.size()) {
      block_ = philox4x32(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }
  /// Uniform on {0, ..., bound - 1} without bias (Lemire 2019); bound must be at least 1.
  std::uint32_t below(std::uint32_t bound) noexcept {
    std::uint64_t product = std::uint64_t{next_word()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = (0u - bound) % bound;
      while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{next_word()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }
  /// The next words of the stream; many at a time are faster than one by one.
  void next_words(std::span<std::uint32_t> words) noexcept;
  /// Uniform on [0, 1) with 53 bits.
  double uniform() noexcept;
  /// Whether both give the same numbers from here on.
  bool operator==(const RandomStream&) const noexcept = default;

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  std::size_t used_ = 4;
};

/// Source of streams keyed by (seed, purpose, example, draw): the numbers do not depend on batch size, thread count or
/// order of work.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) noexcept : seed_(seed) {}
  std::uint64_t seed() const noexcept { return seed_; }
  RandomStream stream(RandomPurpose purpose, std::uint32_t example, std::uint32_t draw) const noexcept {
    return {seed_, purpose, example, draw};
  }

 private:
  std::uint64_t seed_;
};

}  // namespace modattr
