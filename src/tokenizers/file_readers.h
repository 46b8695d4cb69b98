#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "modattr/tokenizers/tokenizer.h"

namespace modattr {

/// The settings that Hugging Face's tokenizers keep beside their vocabulary, in tokenizer_config.json.
struct TokenizerConfig {
  std::optional<std::string> pad, unk, cls, sep, mask;
  /// do_lower_case, add_bos_token, add_eos_token
  std::optional<bool> lowers, adds_cls, adds_sep;
};

/// The tokenizer_config.json in the folder of a file; empty where there is none. Throws DataError where it is no JSON.
TokenizerConfig read_tokenizer_config(const std::filesystem::path& beside);

/// tokenizer.json of Hugging Face. `where`: the file, for messages.
std::unique_ptr<Tokenizer> read_tokenizer_json(std::string_view content, const std::string& where,
                                               const TokenizerConfig& config);

/// vocab.txt: a token on every line, the first one with id 0. With [CLS] and [SEP] it is one of BERT: WordPiece, with
/// the letters in lower case where the configuration says so, else where no token has a capital letter. Without them
/// the tokens are whole words.
std::unique_ptr<Tokenizer> read_vocabulary_text(std::string_view content, const std::string& where,
                                                const TokenizerConfig& config);

/// A model of SentencePiece: Unigram, BPE or single characters.
std::unique_ptr<Tokenizer> read_sentence_piece(std::string_view content, const std::string& where,
                                               const TokenizerConfig& config);

/// Looks a token up.
using TokenLookup = std::function<std::optional<std::int64_t>(std::string_view token)>;

/// Ids of the tokens that the configuration names, else of those with the usual names: [PAD] or <pad>, ...
SpecialTokenIds special_ids_of(const TokenLookup& id_of, const TokenizerConfig& config);

}  // namespace modattr
