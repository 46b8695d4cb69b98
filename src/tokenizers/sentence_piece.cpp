// Models of SentencePiece, applied as its own library does. That library is not linked: Debian's brings a version of
// Protocol Buffers of its own along, which takes the place of libtorch's in a process.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "modattr/core/error.h"
#include "tokenizers/file_readers.h"
#include "tokenizers/models/bpe.h"
#include "tokenizers/models/unigram.h"
#include "tokenizers/pipeline_tokenizer.h"
#include "tokenizers/sentence_piece_file.h"
#include "tokenizers/steps/sentence_spaces.h"
#include "tokenizers/text/shown.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

using File = SentencePieceFile;
using Type = File::PieceType;

Vocabulary vocabulary_of(const File& file, const std::string& where) {
  Vocabulary vocabulary;
  for (std::size_t id = 0; id < file.pieces.size(); ++id) {
    const std::string& text = file.pieces[id].text;
    if (text.empty() || vocabulary.find(text)) {
      throw DataError(where + ": expected different pieces, got " + shown(text) + " as piece " + std::to_string(id));
    }
    vocabulary.add(text, static_cast<std::int64_t>(id));
  }
  return vocabulary;
}

/// The id of a control token; nullopt where a piece of that name is something else.
std::optional<std::int64_t> control_id(const File& file, const Vocabulary& vocabulary, const std::string& name) {
  const std::optional<std::int64_t> id = vocabulary.find(name);
  if (!id) return std::nullopt;
  const Type type = file.pieces[static_cast<std::size_t>(*id)].type;
  return type == Type::kControl || type == Type::kUnknown ? id : std::nullopt;
}

std::optional<std::int64_t> unknown_id(const File& file) {
  const auto found = std::ranges::find(file.pieces, Type::kUnknown, &File::Piece::type);
  return found == file.pieces.end() ? std::nullopt : std::optional<std::int64_t>(found - file.pieces.begin());
}

std::unique_ptr<TokenModel> unigram_of(const File& file, Vocabulary vocabulary) {
  double largest = -std::numeric_limits<double>::infinity();
  for (const File::Piece& piece : file.pieces) {
    if (piece.type == Type::kNormal) largest = std::max(largest, static_cast<double>(piece.score));
  }
  UnigramOptions options{.vocabulary = std::move(vocabulary), .unknown = unknown_id(file)};
  for (const File::Piece& piece : file.pieces) {
    double score = -std::numeric_limits<double>::infinity();
    if (piece.type == Type::kNormal) score = piece.score;
    // So that nothing else is taken where one fits.
    if (piece.type == Type::kUserDefined) score = static_cast<double>(piece.text.size()) * largest - 0.1;
    options.scores.push_back(score);
  }
  if (file.falls_back_to_bytes) options.fallback = UnigramOptions::Fallback::kBytes;
  options.sums = UnigramOptions::Sums::kSingle;
  return make_unigram(std::move(options));
}

/// All ways to put a piece together from two, those of the best pieces first.
std::vector<std::pair<std::string, std::string>> merges_of(const File& file, const Vocabulary& vocabulary) {
  const auto is_part = [&](std::string_view text) {
    const std::optional<std::int64_t> id = vocabulary.find(text);
    return id && file.pieces[static_cast<std::size_t>(*id)].type == Type::kNormal;
  };
  std::vector<std::tuple<float, std::size_t, std::size_t>> order;
  for (std::size_t id = 0; id < file.pieces.size(); ++id) {
    const File::Piece& piece = file.pieces[id];
    if (piece.type != Type::kNormal) continue;
    const std::string_view text = piece.text;
    for (std::size_t place = decode_char(text, 0).bytes; place < text.size(); place += decode_char(text, place).bytes) {
      if (is_part(text.substr(0, place)) && is_part(text.substr(place))) order.emplace_back(-piece.score, id, place);
    }
  }
  std::ranges::sort(order);
  std::vector<std::pair<std::string, std::string>> merges;
  for (const auto& [score, id, place] : order) {
    const std::string& text = file.pieces[id].text;
    merges.emplace_back(text.substr(0, place), text.substr(place));
  }
  return merges;
}

std::unique_ptr<TokenModel> bpe_of(const File& file, Vocabulary vocabulary, const std::string& where) {
  for (const File::Piece& piece : file.pieces) {
    if (piece.type != Type::kUserDefined && piece.type != Type::kUnused) continue;
    throw DataError(where +
                    ": expected a BPE model of SentencePiece without pieces that are defined by users or unused, got " +
                    shown(piece.text) + "; a tokenizer.json of Hugging Face can say it");
  }
  BpeOptions options;
  if (file.model == File::Model::kBpe) options.merges = merges_of(file, vocabulary);
  if (const auto unknown = unknown_id(file)) options.unknown = vocabulary.token(*unknown);
  options.unknown_use = BpeOptions::UnknownUse::kOnePerRun;
  if (file.falls_back_to_bytes) options.fallback = BpeOptions::Fallback::kBytes;
  options.vocabulary = std::move(vocabulary);
  return make_bpe(std::move(options));
}

std::unique_ptr<TokenModel> model_of(const File& file, Vocabulary vocabulary, const std::string& where) {
  switch (file.model) {
    case File::Model::kUnigram:
      return unigram_of(file, std::move(vocabulary));
    case File::Model::kBpe:
    case File::Model::kChar:
      return bpe_of(file, std::move(vocabulary), where);
    case File::Model::kWord:
      break;
  }
  throw DataError(where + ": expected a Unigram, BPE or character model of SentencePiece, got one of whole words");
}

std::unique_ptr<Normalizer> normalizer_of(const File& file, const std::string& where) {
  if (file.marks_word_ends) {
    throw DataError(where +
                    ": expected a model that marks spaces before words, got one that marks them behind "
                    "(treat_whitespace_as_suffix)");
  }
  std::vector<std::unique_ptr<Normalizer>> steps;
  if (!file.charsmap.empty()) steps.push_back(make_precompiled(file.charsmap, where));
  steps.push_back(make_sentence_spaces(
      {.extra = file.removes_extra_spaces ? SentenceSpaces::Extra::kRemove : SentenceSpaces::Extra::kKeep,
       .prefix = file.adds_dummy_prefix ? SentenceSpaces::Prefix::kAdd : SentenceSpaces::Prefix::kNone,
       .mark = file.marks_spaces ? SentenceSpaces::Mark::kMark : SentenceSpaces::Mark::kSpace}));
  return make_normalizer_sequence(std::move(steps));
}

}  // namespace

std::unique_ptr<Tokenizer> read_sentence_piece(std::string_view content, const std::string& where,
                                               const TokenizerConfig& config) {
  const File file = parse_sentence_piece(content, where);
  Vocabulary vocabulary = vocabulary_of(file, where);
  TokenizerParts parts;
  parts.normalizer = normalizer_of(file, where);
  parts.special_ids = special_ids_of([&](std::string_view token) { return vocabulary.find(token); }, config);
  const std::optional<std::int64_t> begin = control_id(file, vocabulary, file.begin);
  const std::optional<std::int64_t> end = control_id(file, vocabulary, file.end);
  if (const auto pad = control_id(file, vocabulary, file.padding)) parts.special_ids.pad = pad;
  if (const auto unknown = unknown_id(file)) parts.special_ids.unk = unknown;
  if (begin) parts.special_ids.cls = begin;
  if (end) parts.special_ids.sep = end;
  const auto used = [](const std::optional<bool>& adds, const std::optional<std::int64_t>& id) {
    return adds.value_or(false) ? id : std::nullopt;
  };
  parts.post_processor = make_around(used(config.adds_cls, begin), used(config.adds_sep, end));
  parts.model = model_of(file, std::move(vocabulary), where);
  return make_pipeline_tokenizer(std::move(parts));
}

}  // namespace modattr
