#include "modattr/core/rng.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace modattr {
namespace {

using Words = std::array<std::uint32_t, 4>;

/// The first `count` words of a stream.
std::vector<std::uint32_t> words_of(RandomStream stream, std::size_t count = 8) {
  std::vector<std::uint32_t> words;
  for (std::size_t index = 0; index < count; ++index) words.push_back(stream.next_word());
  return words;
}

// Known answers of Random123, tests/kat_vectors, philox4x32 with 10 rounds.
TEST(Philox, GivesTheKnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, CountsBlocksUnderItsKey) {
  constexpr std::uint64_t kSeed = 0x0123456789abcdef;
  const Words first = philox4x32({0, 2, 7, 5}, {0x89abcdef, 0x01234567});
  const Words second = philox4x32({1, 2, 7, 5}, {0x89abcdef, 0x01234567});
  const std::vector<std::uint32_t> words = words_of(Rng(kSeed).stream(RandomPurpose::kBootstrap, 7, 5));
  EXPECT_EQ(words, (std::vector{first[0], first[1], first[2], first[3], second[0], second[1], second[2], second[3]}));
}

TEST(RandomStream, GivesManyWordsAsItGivesThemOneByOne) {
  for (const std::size_t used_before : {0U, 1U, 3U, 4U}) {
    RandomStream stream = Rng(9).stream(RandomPurpose::kBootstrap, 1, 2);
    for (std::size_t word = 0; word < used_before; ++word) stream.next_word();
    RandomStream one_by_one = stream;
    for (const std::size_t count : {0U, 1U, 31U, 32U, 33U, 100U}) {
      std::vector<std::uint32_t> words(count);
      stream.next_words(words);
      for (const std::uint32_t word : words) ASSERT_EQ(word, one_by_one.next_word()) << used_before << " " << count;
    }
    EXPECT_EQ(stream.next_word(), one_by_one.next_word());
  }
}

TEST(RandomStream, DiffersForEveryPartOfItsKey) {
  std::set<std::vector<std::uint32_t>> streams;
  std::size_t count = 0;
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32}) {
    for (const RandomPurpose purpose : {RandomPurpose::kPermutation, RandomPurpose::kBootstrap,
                                        RandomPurpose::kExampleSubset, RandomPurpose::kBackground}) {
      for (const std::uint32_t example : {0U, 1U, 0xffffffffU}) {
        for (const std::uint32_t draw : {0U, 1U, 0xffffffffU}) {
          streams.insert(words_of(Rng(seed).stream(purpose, example, draw)));
          ++count;
        }
      }
    }
  }
  EXPECT_EQ(streams.size(), count);
}

TEST(RandomStream, IsTheSameForTheSameKey) {
  const Rng rng(17);
  EXPECT_EQ(rng.seed(), 17U);
  EXPECT_EQ(words_of(rng.stream(RandomPurpose::kPermutation, 3, 4)),
            words_of(Rng(17).stream(RandomPurpose::kPermutation, 3, 4)));
}

TEST(RandomStream, IsAValue) {
  RandomStream stream = Rng(1).stream(RandomPurpose::kPermutation, 0, 0);
  stream.next_word();
  const RandomStream copy = stream;
  EXPECT_EQ(words_of(stream), words_of(copy));
}

TEST(RandomStream, DrawsBelowABoundWithoutBias) {
  RandomStream stream = Rng(42).stream(RandomPurpose::kPermutation, 0, 0);
  constexpr std::uint32_t kBound = 6;
  constexpr std::uint32_t kDrawCount = 12000;
  std::array<double, kBound> counts{};
  for (std::uint32_t draw = 0; draw < kDrawCount; ++draw) {
    const std::uint32_t value = stream.below(kBound);
    ASSERT_LT(value, kBound);
    counts[value] += 1.0;
  }
  double chi_square = 0.0;
  for (const double count : counts) chi_square += (count - 2000.0) * (count - 2000.0) / 2000.0;
  // The 99.9 % point of five degrees of freedom.
  EXPECT_LT(chi_square, 20.5);
}

// 3 * 2^30 does not divide 2^32: a plain multiplication would give multiples of three in half of the draws.
TEST(RandomStream, RejectsTheWordsThatWouldMakeLargeBoundsUneven) {
  RandomStream stream = Rng(7).stream(RandomPurpose::kPermutation, 0, 0);
  constexpr std::uint32_t kBound = 3U << 30;
  constexpr int kDrawCount = 6000;
  int multiples_of_three = 0;
  for (int draw = 0; draw < kDrawCount; ++draw) multiples_of_three += stream.below(kBound) % 3 == 0 ? 1 : 0;
  EXPECT_NEAR(multiples_of_three, kDrawCount / 3, 150);
}

TEST(RandomStream, HasOneNumberBelowOne) {
  RandomStream stream = Rng(3).stream(RandomPurpose::kBackground, 0, 0);
  for (int draw = 0; draw < 100; ++draw) EXPECT_EQ(stream.below(1), 0U);
}

TEST(RandomStream, IsUniformOnTheUnitInterval) {
  RandomStream stream = Rng(5).stream(RandomPurpose::kBackground, 0, 0);
  constexpr int kDrawCount = 4000;
  double sum = 0.0;
  double sum_of_squares = 0.0;
  for (int draw = 0; draw < kDrawCount; ++draw) {
    const double value = stream.uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    sum += value;
    sum_of_squares += value * value;
  }
  // Five standard errors of the mean of a uniform number and of its square.
  EXPECT_NEAR(sum / kDrawCount, 0.5, 0.023);
  EXPECT_NEAR(sum_of_squares / kDrawCount, 1.0 / 3.0, 0.024);
}

TEST(RandomStream, FillsFiftyThreeBitsFromTwoWords) {
  const std::vector<std::uint32_t> words = words_of(Rng(9).stream(RandomPurpose::kBackground, 0, 0), 2);
  RandomStream stream = Rng(9).stream(RandomPurpose::kBackground, 0, 0);
  const double expected =
      (static_cast<double>(words[0] >> 5) * 67108864.0 + static_cast<double>(words[1] >> 6)) / 9007199254740992.0;
  EXPECT_EQ(stream.uniform(), expected);
}

}  // namespace
}  // namespace modattr
