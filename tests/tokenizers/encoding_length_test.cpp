#include "tokenizers/encoding_length.h"

#include <numeric>

#include <gtest/gtest.h>

#include "modattr/core/error.h"

namespace modattr {
namespace {

std::vector<EncodedPart> texts_of(const std::vector<std::size_t>& sizes) {
  std::vector<EncodedPart> texts;
  for (const std::size_t size : sizes) {
    EncodedPart text;
    text.encoding.ids.resize(size);
    std::iota(text.encoding.ids.begin(), text.encoding.ids.end(), 0);
    text.encoding.spans.resize(size);
    text.values.resize(size);
    texts.push_back(std::move(text));
  }
  return texts;
}

std::vector<std::size_t> sizes_after(std::vector<EncodedPart> texts, const Truncation& truncation, std::size_t added) {
  truncate(texts, truncation, added);
  std::vector<std::size_t> sizes;
  for (const EncodedPart& text : texts) sizes.push_back(text.encoding.size());
  return sizes;
}

TEST(EncodingLength, TakesFromTheLongerTextFirst) {
  using Sizes = std::vector<std::size_t>;
  EXPECT_EQ(sizes_after(texts_of({10, 3}), {.length = 10}, 3), (Sizes{4, 3}));
  EXPECT_EQ(sizes_after(texts_of({3, 10}), {.length = 10}, 3), (Sizes{3, 4}));
  EXPECT_EQ(sizes_after(texts_of({10, 10}), {.length = 10}, 3), (Sizes{3, 4}));
  EXPECT_EQ(sizes_after(texts_of({2, 2}), {.length = 10}, 3), (Sizes{2, 2}));
  using Strategy = Truncation::Strategy;
  EXPECT_EQ(sizes_after(texts_of({6, 5}), {.length = 10, .strategy = Strategy::kOnlySecond}, 3), (Sizes{6, 1}));
  EXPECT_THROW(sizes_after(texts_of({8, 4}), {.length = 10, .strategy = Strategy::kOnlySecond}, 3), DataError);
  EXPECT_THROW(sizes_after(texts_of({8}), {.length = 2}, 3), DataError);
}

TEST(EncodingLength, CutsAndPadsAtTheNamedEnd) {
  std::vector<EncodedPart> texts = texts_of({5});
  truncate(texts, {.length = 2, .end = TextEnd::kLeft}, 0);
  Encoding& encoding = texts.front().encoding;
  EXPECT_EQ(encoding.ids, (std::vector<std::int64_t>{3, 4}));
  pad(encoding, {.length = 3, .multiple = 4, .end = TextEnd::kLeft, .id = 9});
  EXPECT_EQ(encoding.ids, (std::vector<std::int64_t>{9, 9, 3, 4}));
}

}  // namespace
}  // namespace modattr
