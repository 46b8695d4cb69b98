#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "modattr/core/error.h"
#include "modattr/tokenizers/tokenizer.h"
#include "support/temporary_folder.h"
#include "support/thrown_message.h"
#include "tokenizers/file_readers.h"

namespace modattr {
namespace {

using Json = nlohmann::json;

std::unique_ptr<Tokenizer> json_tokenizer(const Json& json) {
  return read_tokenizer_json(json.dump(), "tokenizer.json", {});
}

Json model_of_words(const std::vector<std::string>& words) {
  Json vocab = Json::object();
  for (std::size_t id = 0; id < words.size(); ++id) vocab[words[id]] = id;
  return {{"type", "WordLevel"}, {"vocab", vocab}, {"unk_token", words.front()}};
}

std::string error_of(const Json& json) {
  return thrown_message<DataError>([&] { return json_tokenizer(json); });
}

/// ids and bytes of a text, flat.
std::vector<std::int64_t> flat(const std::vector<TextSpan>& spans) {
  std::vector<std::int64_t> bytes;
  for (const TextSpan& span : spans) {
    bytes.push_back(static_cast<std::int64_t>(span.first));
    bytes.push_back(static_cast<std::int64_t>(span.end));
  }
  return bytes;
}

/// Ids, spans, type ids and attention of Hugging Face's tokenizers 0.22.2 on the same files and texts.
TEST(TokenizerJson, GivesWhatHuggingFaceGives) {
  const Json golden = Json::parse(std::ifstream(std::string(MODATTR_TEST_DIR) + "/fixtures/tokenizers/golden.json"));
  const std::size_t text_count = golden["texts"].size();
  std::size_t compared = 0;
  for (const Json& one : golden["cases"]) {
    Json file = one["tokenizer"];
    file["model"] = golden["models"][file["model"].get<std::string>()];
    const std::unique_ptr<Tokenizer> tokenizer = json_tokenizer(file);
    for (std::size_t place = 0; place < one["results"].size(); ++place) {
      const Json& result = one["results"][place];
      const bool is_pair = place >= text_count;
      const Json texts = is_pair ? golden["pairs"][place - text_count] : Json::array({golden["texts"][place]});
      const std::string first = texts[0].get<std::string>();
      const std::string second = is_pair ? texts[1].get<std::string>() : "";
      TextInput input{first};
      if (is_pair) input.pair = second;
      const std::string where = one["name"].get<std::string>() + ", text " + std::to_string(place);
      if (result.is_null()) {
        EXPECT_THROW(tokenizer->encode(input), DataError) << where;
        continue;
      }
      const Encoding encoding = tokenizer->encode(input);
      const std::vector<std::int64_t> zeros(encoding.size(), 0);
      const std::vector<std::int64_t> ones(encoding.size(), 1);
      ASSERT_EQ(encoding.ids, result["ids"].get<std::vector<std::int64_t>>()) << where;
      EXPECT_EQ(encoding.type_ids, result.value("types", zeros)) << where;
      EXPECT_EQ(encoding.attention_mask, result.value("mask", ones)) << where;
      if (result.contains("spans")) {
        EXPECT_EQ(flat(encoding.spans), result["spans"].get<std::vector<std::int64_t>>()) << where;
      }
      ++compared;
    }
  }
  EXPECT_GT(compared, 1000U);
}

/// The vocabulary and texts of transformers' tests of BERT.
TEST(TokenizerJson, CutsAsTheTestsOfBertSay) {
  Json vocab = Json::object();
  for (const char* token : {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]", "want", "##want", "##ed", "wa", "un", "runn",
                            "##ing", ",", "low", "lowest"}) {
    vocab[token] = vocab.size();
  }
  const auto bert = json_tokenizer({{"normalizer", {{"type", "BertNormalizer"}, {"lowercase", true}}},
                                    {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                                    {"model", {{"type", "WordPiece"}, {"unk_token", "[UNK]"}, {"vocab", vocab}}}});
  EXPECT_EQ(bert->encode({"UNwant\u00E9d,running"}).ids, (std::vector<std::int64_t>{9, 6, 7, 12, 10, 11}));
}

/// Those of GPT-2 and RoBERTa.
TEST(TokenizerJson, CutsAsTheTestsOfGpt2Say) {
  Json vocab = Json::object();
  for (const char* token : {"l",
                            "o",
                            "w",
                            "e",
                            "r",
                            "s",
                            "t",
                            "i",
                            "d",
                            "n",
                            "\u0120",
                            "\u0120l",
                            "\u0120n",
                            "\u0120lo",
                            "\u0120low",
                            "er",
                            "\u0120lowest",
                            "\u0120newer",
                            "\u0120wider",
                            "<unk>"}) {
    vocab[token] = vocab.size();
  }
  const auto gpt = json_tokenizer(
      {{"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", true}}},
       {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", {"\u0120 l", "\u0120l o", "\u0120lo w", "e r"}}}}});
  EXPECT_EQ(gpt->encode({"lower newer"}).ids, (std::vector<std::int64_t>{14, 15, 10, 9, 3, 2, 15}));
}

/// Those of CLIP.
TEST(TokenizerJson, CutsAsTheTestsOfClipSay) {
  Json vocab = Json::object();
  for (const char* token :
       {"l",     "o",     "w",     "e",     "r",       "s",      "t",          "i",         "d",     "n",    "lo",
        "l</w>", "w</w>", "r</w>", "t</w>", "low</w>", "er</w>", "lowest</w>", "newer</w>", "wider", "<unk>"}) {
    vocab[token] = vocab.size();
  }
  const auto clip = json_tokenizer({{"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
                                    {"model",
                                     {{"type", "BPE"},
                                      {"vocab", vocab},
                                      {"unk_token", "<unk>"},
                                      {"end_of_word_suffix", "</w>"},
                                      {"merges", {"l o", "lo w</w>", "e r</w>"}}}}});
  EXPECT_EQ(clip->encode({"lower newer"}).ids, (std::vector<std::int64_t>{10, 2, 16, 9, 3, 2, 16}));
}

TEST(TokenizerJson, NamesWhatIsNotSupported) {
  const Json model = model_of_words({"<unk>", "a"});
  EXPECT_TRUE(mentions(error_of({{"model", model}, {"normalizer", {{"type", "Piglatin"}}}}),
                       {"tokenizer.json: normalizer", "that is supported", "'Piglatin'"}));
  EXPECT_TRUE(mentions(error_of({{"model", model}, {"pre_tokenizer", {{"type", "Whitespace"}, {"speed", 3}}}}),
                       {"pre_tokenizer Whitespace", "'speed'"}));
  EXPECT_TRUE(
      mentions(error_of({{"model", {{"type", "BPE"}, {"dropout", 0.1}, {"vocab", {{"a", 0}}}, {"merges", {}}}}}),
               {"model BPE: dropout", "0.1"}));
  EXPECT_TRUE(mentions(error_of({{"model", {{"type", "Markov"}}}}), {"a model that is supported", "'Markov'"}));
  EXPECT_TRUE(mentions(error_of({{"model", model}, {"vocab_hash", 7}}), {"'vocab_hash'"}));
  EXPECT_TRUE(mentions(
      error_of({{"model", model},
                {"pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Regex", "(a"}}}, {"behavior", "Isolated"}}}}),
      {"pre_tokenizer Split: pattern", "a regular expression", "'(a'"}));
}

TEST(TokenizerJson, RefusesModelsThatDoNotHoldTogether) {
  EXPECT_TRUE(mentions(error_of({{"model", {{"type", "BPE"}, {"vocab", {{"a", 0}}}, {"merges", {"a b"}}}}}),
                       {"merges", "tokens of the vocabulary"}));
  EXPECT_TRUE(mentions(error_of({{"model", {{"type", "WordLevel"}, {"vocab", {{"a", 0}, {"b", 0}}}}}}),
                       {"id of 'b'", "one of its own"}));
  EXPECT_TRUE(mentions(error_of({{"model", {{"type", "WordLevel"}, {"vocab", {{"a", 99999999}}}}}}), {"id of 'a'"}));
  EXPECT_TRUE(mentions(error_of({{"model", {{"type", "Unigram"}, {"vocab", {{"a", 1}}}}}}), {"a list of tokens"}));
  EXPECT_TRUE(mentions(thrown_message<DataError>([] { return read_tokenizer_json("{\"model\"", "t.json", {}); }),
                       {"t.json: expected JSON"}));
  EXPECT_TRUE(mentions(
      thrown_message<DataError>([] { return read_tokenizer_json(std::string(100, '['), "t.json", {}); }), {"deep"}));
}

TEST(TokenizerJson, KnowsTheTokensOfAPartOfTheirOwn) {
  Json file = {{"model", model_of_words({"<unk>", "a", "[PAD]", "[CLS]"})},
               {"added_tokens", {{{"id", 4}, {"content", "<mask>"}, {"special", true}}}}};
  const auto tokenizer = json_tokenizer(file);
  EXPECT_EQ(tokenizer->special_ids().unk, 0);
  EXPECT_EQ(tokenizer->special_ids().pad, 2);
  EXPECT_EQ(tokenizer->special_ids().cls, 3);
  EXPECT_EQ(tokenizer->special_ids().mask, 4);
  EXPECT_EQ(tokenizer->special_ids().sep, std::nullopt);
  EXPECT_EQ(tokenizer->vocabulary_size(), 5U);
  EXPECT_EQ(tokenizer->token(4), "<mask>");
  EXPECT_EQ(tokenizer->token(77), "");
  EXPECT_EQ(tokenizer->id_of("<mask>"), 4);
  EXPECT_EQ(tokenizer->id_of("zebra"), std::nullopt);
  EXPECT_EQ(tokenizer->model_name(), "WordLevel");
}

TEST(TokenizerJson, BringsTextsToALength) {
  const auto tokenizer = json_tokenizer(
      {{"model", model_of_words({"<unk>", "a", "b", "<pad>"})}, {"pre_tokenizer", {{"type", "WhitespaceSplit"}}}});
  const Encoding shorter = tokenizer->encode({"a b"}, {.length = 3});
  EXPECT_EQ(shorter.ids, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(shorter.attention_mask, (std::vector<std::int64_t>{1, 1, 0}));
  EXPECT_EQ(shorter.is_special, (std::vector<bool>{false, false, true}));
  EXPECT_EQ(tokenizer->encode({"a b a b"}, {.length = 3}).ids, (std::vector<std::int64_t>{1, 2, 1}));
  const auto unpadded = json_tokenizer({{"model", model_of_words({"<unk>", "a"})}});
  EXPECT_TRUE(mentions(thrown_message<DataError>([&] { return unpadded->encode({"a"}, {.length = 2}); }),
                       {"expected 2 tokens, got 1", "no padding token"}));
}

TEST(TokenizerJson, ReadsBytesThatAreNoUtf8AsReplacementCharacters) {
  const auto tokenizer =
      json_tokenizer({{"model", model_of_words({"<unk>", "a", "\uFFFD"})},
                      {"pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Regex", "."}}}, {"behavior", "Isolated"}}}});
  const Encoding encoding =
      tokenizer->encode({"a\xFF\xE2\x82"
                         "a"});
  EXPECT_EQ(encoding.ids, (std::vector<std::int64_t>{1, 2, 2, 1}));
  EXPECT_EQ(flat(encoding.spans), (std::vector<std::int64_t>{0, 1, 1, 2, 2, 4, 4, 5}));
}

TEST(TokenizerJson, TakesAVeryLongWordInTimeThatGrowsWithItsLength) {
  Json vocab = {{"a", 0}, {"b", 1}, {"ab", 2}, {"abab", 3}};
  const auto tokenizer = json_tokenizer({{"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", {"a b", "ab ab"}}}}});
  std::string word;
  for (int pair = 0; pair < 50'000; ++pair) word += "ab";
  EXPECT_EQ(tokenizer->encode({word}).size(), 25'000U);
}

}  // namespace
}  // namespace modattr
