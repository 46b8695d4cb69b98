#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "modattr/core/error.h"
#include "modattr/tokenizers/tokenizer.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"

namespace modattr {
namespace {

using Ids = std::vector<std::int64_t>;

std::filesystem::path written(const TemporaryFolder& folder, const std::string& name, const std::string& content) {
  std::ofstream(folder / name, std::ios::binary) << content;
  return folder / name;
}

std::filesystem::path fixture(const std::string& name) {
  return std::string(MODATTR_TEST_DIR) + "/fixtures/tokenizers/" + name;
}

TEST(OpenTokenizer, TellsFilesApartByContent) {
  const TemporaryFolder folder;
  const std::string json = R"({"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}})";
  EXPECT_EQ(open_tokenizer(written(folder, "any.name", json))->model_name(), "WordLevel");
  EXPECT_EQ(open_tokenizer(written(folder, "brackets", "{\na\n}\n"))->vocabulary_size(), 3U);
  EXPECT_EQ(open_tokenizer(fixture("tiny.model"))->model_name(), "Unigram");
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return open_tokenizer(folder / "none"); }),
                       {"none: expected a tokenizer, got no readable file"}));
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return open_tokenizer(written(folder, "empty", "")); }),
                       {"empty: expected a vocabulary", "got none"}));
}

TEST(OpenTokenizer, ReadsAVocabularyOfBert) {
  const TemporaryFolder folder;
  const auto file = written(folder, "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhow\n##ever\n,\nis\n");
  const auto tokenizer = open_tokenizer(file);
  EXPECT_EQ(tokenizer->model_name(), "WordPiece");
  const Encoding encoding = tokenizer->encode({"However, [MASK] Zebra", "is"}, {.length = 11});
  EXPECT_EQ(encoding.ids, (Ids{2, 5, 6, 7, 4, 1, 3, 8, 3, 0, 0}));
  EXPECT_EQ(encoding.type_ids, (Ids{0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(encoding.spans[2], (TextSpan{3, 7}));
  EXPECT_EQ(encoding.texts[7], 1);
  written(folder, "tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_EQ(open_tokenizer(file)->encode({"However"}).ids, (Ids{2, 1, 3}));
}

TEST(OpenTokenizer, ReadsAVocabularyOfWholeWords) {
  const TemporaryFolder folder;
  const auto words = open_tokenizer(written(folder, "words.txt", "<pad>\r\nwhat\r\ncolor\r\n?\r\n"));
  EXPECT_EQ(words->encode({"What color?"}, {.length = 5}).ids, (Ids{1, 2, 3, 0, 0}));
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return words->encode({"what zebra"}); }),
                       {"text: expected words of the vocabulary", "'zebra'"}));
  // A capital letter in the vocabulary keeps those of texts.
  EXPECT_EQ(open_tokenizer(written(folder, "cased.txt", "[UNK]\nPaul\n"))->encode({"Paul paul"}).ids, (Ids{1, 0}));
}

/// Ids of SentencePiece's own library; the rules of this model turn capital A, U+00A0 and others.
TEST(OpenTokenizer, ReadsModelsOfSentencePiece) {
  const auto unigram = open_tokenizer(fixture("tiny.model"));
  const Encoding encoding = unigram->encode({"what color is the circle"});
  EXPECT_EQ(encoding.ids, (Ids{9, 21, 13, 11, 20}));
  EXPECT_EQ(encoding.spans[1], (TextSpan{4, 10}));
  EXPECT_EQ(unigram->token(9), "\u2581what");
  EXPECT_EQ(unigram->special_ids().pad, 3);
  EXPECT_EQ(unigram->special_ids().unk, 0);
  EXPECT_EQ(unigram->encode({"what color is"}, {.length = 2}).ids, (Ids{9, 21}));
  EXPECT_TRUE(unigram->encode({""}).ids.empty());
  // A character in bytes: each of them stands for all of it.
  const Encoding bytes = open_tokenizer(fixture("tinybf.model"))->encode({"blue \u4e2d"});
  EXPECT_EQ(bytes.ids, (Ids{275, 307, 231, 187, 176}));
  for (std::size_t token = 2; token < 5; ++token) EXPECT_EQ(bytes.spans[token], (TextSpan{5, 8}));
}

TEST(OpenTokenizer, TreatsSpacesAndUnknownCharactersAsSentencePieceDoes) {
  EXPECT_EQ(open_tokenizer(fixture("tiny.model"))->encode({"  two \u4e2d\u4e2d  circles!"}).ids,
            (Ids{48, 44, 39, 43, 48, 0, 20, 33, 0}));
  const auto pairs = open_tokenizer(fixture("tinybpe.model"));
  EXPECT_EQ(pairs->model_name(), "BPE");
  EXPECT_EQ(pairs->encode({"what color is the circle"}).ids,
            (Ids{60, 15, 121, 17, 111, 83, 25, 111, 122, 119, 117, 122, 39}));
  EXPECT_EQ(pairs->encode({"  two  spaces   here "}).ids, (Ids{8, 132, 115, 19, 127, 113, 122, 6, 111, 123, 112, 4}));
  EXPECT_EQ(
      pairs->encode({"permutation importance of modalities \u4e2d and \U0001F600\U0001F600!"}).ids,
      (Ids{24, 13, 129, 62, 108, 111, 119, 129, 74, 113, 118, 68, 22, 51, 125, 18, 30, 119, 6, 111, 0, 32, 111, 0}));
}

TEST(OpenTokenizer, AddsTheTokensThatAConfigurationOfSentencePieceNames) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(fixture("tiny.model"), folder / "spiece.model");
  written(folder, "tokenizer_config.json", R"({"add_bos_token": true, "add_eos_token": true})");
  EXPECT_EQ(open_tokenizer(folder / "spiece.model")->encode({"what color"}).ids, (Ids{1, 9, 21, 2}));
}

TEST(OpenTokenizer, NamesDamagedModelsOfSentencePiece) {
  const TemporaryFolder folder;
  std::ifstream stream(fixture("tiny.model"), std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(stream), {}};
  const auto cut = written(folder, "cut.model", content.substr(0, content.size() / 2));
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return open_tokenizer(cut); }),
                       {"cut.model: expected a model of SentencePiece"}));
  // Whatever is changed, it is read or refused.
  std::uint32_t state = 1;
  for (int round = 0; round < 300; ++round) {
    std::string damaged = content;
    for (int change = 0; change < 3; ++change) {
      state = state * 1664525U + 1013904223U;
      damaged[state % damaged.size()] = static_cast<char>(state >> 24U);
    }
    const auto file = written(folder, "damaged.model", damaged);
    try {
      open_tokenizer(file)->encode({"what color"});
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace modattr
