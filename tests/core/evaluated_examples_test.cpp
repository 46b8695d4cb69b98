#include "modattr/core/evaluated_examples.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/byte_codec.h"
#include "modattr/core/error.h"
#include "modattr/core/rng.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

EvaluationHeader some_header() {
  EvaluationHeader header{.engine = "shap", .layout = 3};
  header.add_count("budget", 100);
  header.shared = std::string("\0shared", 7);
  return header;
}

EvaluatedExamples some_examples(std::initializer_list<std::uint32_t> keys) {
  EvaluatedExamples examples(some_header());
  for (const std::uint32_t key : keys) examples.add(key, "bytes of " + std::to_string(key));
  return examples;
}

/// Parses and looks at everything; false where that is refused.
bool is_accepted(std::string_view bytes) {
  try {
    const EvaluatedExamples parsed = EvaluatedExamples::parse(bytes);
    std::size_t size = parsed.header().engine.size();
    for (const auto& [key, of_example] : parsed.examples()) size += of_example.size();
    EXPECT_LE(size, bytes.size());
    return true;
  } catch (const DataError&) {
    return false;
  }
}

/// Puts the right checksum behind damaged bytes, as only malice does: FNV-1a.
std::string seal(std::string bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char byte : std::string_view(bytes).substr(0, bytes.size() - 8)) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3U;
  }
  ByteWriter writer;
  writer.put_count(hash);
  return bytes.replace(bytes.size() - 8, 8, writer.bytes());
}

EvaluationHeader header_of(std::optional<std::uint64_t> budget) {
  EvaluationHeader header{.engine = "shap"};
  header.add_text("index", "owen");
  header.add_count("budget", budget);
  return header;
}

TEST(EvaluationHeader, WritesValuesAsText) {
  EvaluationHeader header;
  header.add_number("tolerance", 0.1);
  header.add_number("alpha", std::nullopt);
  header.add_text("within", std::nullopt);
  header.add_counts("modalities", std::vector<std::size_t>{2, 0});
  EXPECT_EQ(header.fields,
            (std::vector<EvaluationHeader::Field>{
                {"tolerance", "0.10000000000000001"}, {"alpha", "none"}, {"within", "none"}, {"modalities", "2 0"}}));
}

TEST(EvaluationHeader, TellsWhatDiffers) {
  const EvaluationHeader header = header_of(100);
  EXPECT_EQ(header.difference(header_of(100)), std::nullopt);
  EXPECT_EQ(header.difference(header_of(200)), "expected budget '100', got budget '200'");
  EvaluationHeader other = header_of(100);
  other.add_count("seed", 3);
  EXPECT_EQ(header.difference(other), "expected nothing more, got seed '3'");
  EXPECT_EQ(other.difference(header), "expected seed '3', got nothing more");
  other = header_of(100);
  other.engine = "lime";
  EXPECT_EQ(header.difference(other), "expected engine 'shap', got 'lime'");
  other = header_of(100);
  other.layout = 2;
  EXPECT_EQ(header.difference(other), "expected layout 1, got 2 of another version");
  other = header_of(100);
  other.shared = "x";
  EXPECT_TRUE(header.difference(other).has_value());
}

TEST(EvaluatedExamples, ComeBackFromTheirBytes) {
  const EvaluatedExamples examples = some_examples({7, 0, 4294967295U});
  EXPECT_EQ(EvaluatedExamples::parse(examples.serialise()), examples);
  const EvaluatedExamples none = some_examples({});
  EXPECT_EQ(EvaluatedExamples::parse(none.serialise()), none);
}

TEST(EvaluatedExamples, MergeToTheSameBytesInAnyOrder) {
  const std::vector<EvaluatedExamples> parts = {some_examples({5, 1}), some_examples({9}), some_examples({}),
                                                some_examples({0, 7})};
  const std::string whole = some_examples({0, 1, 5, 7, 9}).serialise();
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    EvaluatedExamples merged = parts[order.front()];
    for (std::size_t place = 1; place < order.size(); ++place) merged.merge(parts[order[place]]);
    EXPECT_EQ(merged.serialise(), whole);
  } while (std::ranges::next_permutation(order).found);
}

TEST(EvaluatedExamples, MayOverlapWhereTheyAgree) {
  EvaluatedExamples examples = some_examples({1, 2});
  examples.merge(some_examples({2, 3}));
  examples.add(3, "bytes of 3");
  EXPECT_EQ(examples, some_examples({1, 2, 3}));
}

TEST(EvaluatedExamples, RefuseOtherResultsOfAnExampleAndStayAsTheyWere) {
  EvaluatedExamples examples = some_examples({2});
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] {
                         examples.add(2, "other");
                         return 0;
                       }),
                       {"row 2"}));
  EvaluatedExamples other(some_header());
  other.add(1, "fine");
  other.add(2, "other");
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] {
                         examples.merge(other);
                         return 0;
                       }),
                       {"the same results", "row 2"}));
  EXPECT_EQ(examples, some_examples({2}));
}

TEST(EvaluatedExamples, RefuseAnotherHeader) {
  EvaluationHeader header = some_header();
  header.fields.front().value = "200";
  EvaluatedExamples examples = some_examples({2});
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] {
                         examples.merge(EvaluatedExamples(header));
                         return 0;
                       }),
                       {"expected budget '100'", "got budget '200'", "parts of one run"}));
}

TEST(EvaluatedExamples, AreRefusedWhereTheyAreCut) {
  const std::string bytes = some_examples({1, 2, 3}).serialise();
  ASSERT_TRUE(is_accepted(bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(is_accepted(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(is_accepted(bytes + '\0'));
}

TEST(EvaluatedExamples, AreRefusedWhereABitIsFlipped) {
  const std::string bytes = some_examples({1, 2, 3}).serialise();
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(is_accepted(damaged)) << bit;
  }
}

TEST(EvaluatedExamples, NeverCrashOnDamageBehindARightChecksum) {
  const std::string bytes = some_examples({1, 2, 3}).serialise();
  RandomStream stream = Rng(4).stream(RandomPurpose::kBackground, 0, 0);
  std::size_t refused_count = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = bytes;
    for (std::uint32_t flip = stream.below(4) + 1; flip > 0; --flip) {
      damaged[stream.below(static_cast<std::uint32_t>(damaged.size()))] = static_cast<char>(stream.below(256));
    }
    if (stream.below(4) == 0) damaged.resize(24 + stream.below(static_cast<std::uint32_t>(damaged.size() - 24)));
    if (!is_accepted(seal(damaged))) ++refused_count;
  }
  EXPECT_GT(refused_count, 10'000U);
  EXPECT_LT(refused_count, 20'000U) << "the checksum is right, or nothing behind it would be read";
}

TEST(EvaluatedExamples, SayWhatIsWrongWithTheBytes) {
  const auto message = [](std::string bytes) {
    return thrown_message<DataError>([&] { return EvaluatedExamples::parse(bytes); });
  };
  const std::string bytes = some_examples({1, 2}).serialise();
  EXPECT_TRUE(mentions(message("PK\3\4"), {"modattr wrote"}));
  EXPECT_TRUE(mentions(message(bytes.substr(0, 12)), {"truncated"}));
  std::string damaged = bytes;
  damaged[30] ^= 1;
  EXPECT_TRUE(mentions(message(damaged), {"checksum"}));
  damaged = bytes;
  damaged[8] = 2;
  EXPECT_TRUE(mentions(message(damaged), {"expected version 1, got 2"}));
  damaged = bytes;
  damaged.replace(damaged.find("bytes of 1") - 16, 1, "\3");
  EXPECT_TRUE(mentions(message(seal(damaged)), {"ascending order"}));
}

}  // namespace
}  // namespace modattr
