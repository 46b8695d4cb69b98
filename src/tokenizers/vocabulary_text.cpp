#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unicode/uchar.h>

#include "modattr/core/error.h"
#include "tokenizers/file_readers.h"
#include "tokenizers/models/word_piece.h"
#include "tokenizers/pipeline_tokenizer.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

Vocabulary read_lines(std::string_view content, const std::string& where) {
  Vocabulary vocabulary;
  for (std::size_t first = 0; first < content.size();) {
    const std::size_t end = std::min(content.find('\n', first), content.size());
    std::string_view line = content.substr(first, end - first);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto id = static_cast<std::int64_t>(vocabulary.end());
    if (id > Vocabulary::kLargestId) {
      throw DataError(where + ": expected at most " + std::to_string(Vocabulary::kLargestId) + " tokens, got more");
    }
    vocabulary.add(std::string(line), id);
    first = end + 1;
  }
  return vocabulary;
}

bool has_brackets(std::string_view token) {
  return token.size() > 2 &&
         ((token.front() == '[' && token.back() == ']') || (token.front() == '<' && token.back() == '>'));
}

/// Whether a token that is no special one has a letter in upper case.
bool has_capitals(const Vocabulary& vocabulary) {
  return std::ranges::any_of(vocabulary.ids(), [](const auto& entry) {
    if (has_brackets(entry.first)) return false;
    return std::ranges::any_of(decode_text(entry.first),
                               [](char32_t code) { return u_isUUppercase(static_cast<UChar32>(code)) != 0; });
  });
}

std::string token_or(const Vocabulary& vocabulary, const std::optional<std::int64_t>& id, std::string_view otherwise) {
  return id ? vocabulary.token(*id) : std::string(otherwise);
}

}  // namespace

std::unique_ptr<Tokenizer> read_vocabulary_text(std::string_view content, const std::string& where,
                                                const TokenizerConfig& config) {
  Vocabulary vocabulary = read_lines(content, where);
  if (vocabulary.size() == 0) throw DataError(where + ": expected a vocabulary, one token per line, got none");
  TokenizerParts parts;
  parts.special_ids = special_ids_of([&](std::string_view token) { return vocabulary.find(token); }, config);
  const SpecialTokenIds& special = parts.special_ids;
  const bool lowers = config.lowers.value_or(!has_capitals(vocabulary));
  using Normal = BertNormalizerOptions;
  parts.normalizer = make_bert_normalizer({.accents = lowers ? Normal::Accents::kStrip : Normal::Accents::kKeep,
                                           .letters = lowers ? Normal::Letters::kLower : Normal::Letters::kKeep});
  parts.pre_tokenizer = make_bert_pre_tokenizer();
  for (const auto& id : {special.pad, special.unk, special.cls, special.sep, special.mask}) {
    if (!id) continue;
    parts.added_tokens.push_back({.content = vocabulary.token(*id), .id = *id, .stage = AddedToken::Stage::kRaw});
  }
  const bool is_bert = special.cls && special.sep;
  if (is_bert) parts.post_processor = make_around(special.cls, special.sep);
  const std::string unknown = token_or(vocabulary, special.unk, "[UNK]");
  parts.model = is_bert ? make_word_piece({.vocabulary = std::move(vocabulary), .unknown = unknown})
                        : make_word_level(std::move(vocabulary), unknown);
  return make_pipeline_tokenizer(std::move(parts));
}

}  // namespace modattr
