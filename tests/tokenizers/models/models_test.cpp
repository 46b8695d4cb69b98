#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "support/thrown_message.h"
#include "tokenizers/models/bpe.h"
#include "tokenizers/models/unigram.h"
#include "tokenizers/models/word_piece.h"
#include "tokenizers/text/byte_trie.h"

namespace modattr {
namespace {

Vocabulary vocabulary_of(const std::vector<std::string>& tokens) {
  Vocabulary vocabulary;
  for (std::size_t id = 0; id < tokens.size(); ++id) vocabulary.add(tokens[id], static_cast<std::int64_t>(id));
  return vocabulary;
}

std::string cut(const TokenModel& model, std::string_view piece) {
  std::vector<PieceToken> tokens;
  model.tokenize(piece, tokens);
  std::string text;
  for (const PieceToken& token : tokens) {
    text +=
        model.vocabulary().token(token.id) + "[" + std::to_string(token.first) + "," + std::to_string(token.end) + ")";
  }
  return text;
}

TEST(WordPieceModel, TakesTheLongestTokenFirst) {
  const auto model = make_word_piece({.vocabulary = vocabulary_of({"[UNK]", "un", "##ffa", "##ble", "\u00E9"})});
  EXPECT_EQ(cut(*model, "unaffable"), "[UNK][0,9)");
  EXPECT_EQ(cut(*model, "unffable"), "un[0,2)##ffa[2,5)##ble[5,8)");
  EXPECT_EQ(cut(*model, "\u00E9"), "\u00E9[0,2)");
  EXPECT_EQ(cut(*model, "un\u4E2D"), "[UNK][0,5)");
}

TEST(WordPieceModel, KnowsNoWordsThatAreTooLong) {
  const auto model = make_word_piece({.vocabulary = vocabulary_of({"[UNK]", "a", "##a"}), .most_chars = 3});
  EXPECT_EQ(cut(*model, "aaa"), "a[0,1)##a[1,2)##a[2,3)");
  EXPECT_EQ(cut(*model, "aaaa"), "[UNK][0,4)");
}

TEST(BpeModel, MergesTheFirstRuleFirstFromTheLeft) {
  const auto model = make_bpe(
      {.vocabulary = vocabulary_of({"a", "b", "ab", "ba", "aba"}), .merges = {{"b", "a"}, {"a", "b"}, {"ab", "a"}}});
  EXPECT_EQ(cut(*model, "aba"), "a[0,1)ba[1,3)");
  EXPECT_EQ(cut(*model, "abb"), "ab[0,2)b[2,3)");
  const auto other = make_bpe({.vocabulary = vocabulary_of({"a", "aa"}), .merges = {{"a", "a"}}});
  EXPECT_EQ(cut(*other, "aaa"), "aa[0,2)a[2,3)");
}

TEST(BpeModel, PutsUnknownCharactersTogetherOrApart) {
  const std::vector<std::string> tokens = {"<unk>", "a", "<0xE4>", "<0xB8>", "<0xAD>"};
  BpeOptions options{.vocabulary = vocabulary_of(tokens), .unknown = "<unk>"};
  EXPECT_EQ(cut(*make_bpe({.vocabulary = vocabulary_of(tokens), .unknown = "<unk>"}), "xya"),
            "<unk>[0,1)<unk>[1,2)a[2,3)");
  options.unknown_use = BpeOptions::UnknownUse::kOnePerRun;
  options.fallback = BpeOptions::Fallback::kBytes;
  const auto model = make_bpe(std::move(options));
  EXPECT_EQ(cut(*model, "xya"), "<unk>[0,2)a[2,3)");
  EXPECT_EQ(cut(*model, "\u4E2D"), "<0xE4>[0,1)<0xB8>[1,2)<0xAD>[2,3)");
  EXPECT_EQ(cut(*make_bpe({.vocabulary = vocabulary_of(tokens)}), "xa"), "a[0,1)");
}

TEST(UnigramModel, FindsTheBestCutOfAll) {
  const std::vector<std::string> tokens = {"<unk>", "a", "b", "c", "ab", "bc", "abc"};
  const auto make = [&](std::vector<double> scores) {
    return make_unigram({.vocabulary = vocabulary_of(tokens), .scores = std::move(scores), .unknown = 0});
  };
  EXPECT_EQ(cut(*make({0, -1, -1, -1, -1.5, -3, -4}), "abc"), "ab[0,2)c[2,3)");
  EXPECT_EQ(cut(*make({0, -1, -1, -1, -1.5, -0.2, -4}), "abc"), "a[0,1)bc[1,3)");
  EXPECT_EQ(cut(*make({0, -1, -1, -1, -1.5, -3, -2}), "abc"), "abc[0,3)");
  EXPECT_EQ(cut(*make({0, -1, -1, -1, -1.5, -3, -2}), "a\u4E2Dxc"), "a[0,1)<unk>[1,5)c[5,6)");
  const auto without = make_unigram({.vocabulary = vocabulary_of({"a"}), .scores = {-1}});
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return cut(*without, "ax"); }), {"no unknown token"}));
}

TEST(ByteTrie, FindsEveryBeginning) {
  ByteTrie trie;
  trie.add("a", 1);
  trie.add("abc", 2);
  trie.add("b", 3);
  std::string found;
  trie.visit_prefixes("abcd", [&](std::size_t length, std::int64_t number) {
    found += std::to_string(length) + ":" + std::to_string(number) + " ";
  });
  EXPECT_EQ(found, "1:1 3:2 ");
}

TEST(Vocabulary, RefusesIdsThatAreTakenOrAbsurd) {
  Vocabulary vocabulary = vocabulary_of({"a"});
  EXPECT_THROW(vocabulary.add("b", 0), DataError);
  EXPECT_THROW(vocabulary.add("b", -1), DataError);
  EXPECT_THROW(vocabulary.add("b", Vocabulary::kLargestId + 1), DataError);
  vocabulary.add("a", 5);
  EXPECT_EQ(vocabulary.find("a"), 5);
  EXPECT_EQ(vocabulary.token(0), "a");
  EXPECT_FALSE(vocabulary.has(3));
  EXPECT_EQ(vocabulary.end(), 6U);
}

}  // namespace
}  // namespace modattr
