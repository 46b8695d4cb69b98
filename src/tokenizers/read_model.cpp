#include <string>
#include <utility>
#include <vector>

#include "modattr/core/error.h"
#include "tokenizers/models/bpe.h"
#include "tokenizers/models/unigram.h"
#include "tokenizers/models/word_piece.h"
#include "tokenizers/step_readers.h"
#include "tokenizers/text/shown.h"

namespace modattr {
namespace {

using Json = nlohmann::json;

/// Makes a model, and says where it stands when it cannot be made.
template <typename Make>
auto made_at(const JsonStep& step, Make make) {
  try {
    return make();
  } catch (const DataError& error) {
    throw DataError(step.where() + ": " + error.what());
  }
}

/// {"token": id, ...}
Vocabulary read_vocab(const JsonStep& step) {
  const Json& json = step.require("vocab", "tokens and their ids");
  if (!json.is_object()) step.fail_key("vocab", "tokens and their ids", json);
  Vocabulary vocabulary;
  for (const auto& [token, id] : json.items()) {
    if (!id.is_number_unsigned()) step.fail("an id for the token " + shown(token), shown_json(id));
    made_at(step, [&, &name = token, &number = id] {
      const auto value = number.template get<std::uint64_t>();
      vocabulary.add(name,
                     value > Vocabulary::kLargestId ? Vocabulary::kLargestId + 1 : static_cast<std::int64_t>(value));
      return 0;
    });
  }
  return vocabulary;
}

/// "a b", or ["a", "b"].
std::pair<std::string, std::string> read_merge(const JsonStep& step, const Json& merge) {
  if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
  }
  if (!merge.is_string()) step.fail_key("merges", "pairs of tokens", merge);
  const auto& text = merge.get_ref<const std::string&>();
  const std::size_t space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) {
    step.fail_key("merges", "two tokens with a space between them", merge);
  }
  return {text.substr(0, space), text.substr(space + 1)};
}

std::unique_ptr<TokenModel> read_bpe(const JsonStep& step) {
  step.allow({"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
              "ignore_merges", "vocab", "merges"});
  if (const Json* dropout = step.find("dropout"); dropout && *dropout != 0.0) {
    step.fail_key("dropout", "none, as it makes tokens random", *dropout);
  }
  using Options = BpeOptions;
  Options options;
  options.vocabulary = read_vocab(step);
  const Json& merges = step.require("merges", "a list of pairs of tokens");
  if (!merges.is_array()) step.fail_key("merges", "a list of pairs of tokens", merges);
  options.merges.reserve(merges.size());
  for (const Json& merge : merges) options.merges.push_back(read_merge(step, merge));
  options.unknown = step.find_text("unk_token");
  options.continuing_prefix = step.text("continuing_subword_prefix", "");
  options.word_suffix = step.text("end_of_word_suffix", "");
  if (step.flag("fuse_unk", false)) options.unknown_use = Options::UnknownUse::kOnePerRun;
  if (step.flag("byte_fallback", false)) options.fallback = Options::Fallback::kBytes;
  if (step.flag("ignore_merges", false)) options.whole_piece = Options::WholePiece::kSkip;
  return made_at(step, [&] { return make_bpe(std::move(options)); });
}

std::unique_ptr<TokenModel> read_word_piece(const JsonStep& step) {
  step.allow({"unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"});
  return make_word_piece({.vocabulary = read_vocab(step),
                          .unknown = step.text("unk_token", "[UNK]"),
                          .continuing_prefix = step.text("continuing_subword_prefix", "##"),
                          .most_chars = static_cast<std::size_t>(step.number("max_input_chars_per_word", 100))});
}

std::unique_ptr<TokenModel> read_unigram(const JsonStep& step) {
  step.allow({"unk_id", "vocab", "byte_fallback"});
  const Json& pieces = step.require("vocab", "a list of tokens and scores");
  if (!pieces.is_array() || pieces.empty()) step.fail_key("vocab", "a list of tokens and scores", pieces);
  UnigramOptions options;
  for (const Json& piece : pieces) {
    if (!piece.is_array() || piece.size() != 2 || !piece[0].is_string() || !piece[1].is_number()) {
      step.fail_key("vocab", "a list of tokens and scores", piece);
    }
    const auto id = static_cast<std::int64_t>(options.scores.size());
    made_at(step, [&] {
      options.vocabulary.add(piece[0].get<std::string>(), id);
      return 0;
    });
    options.scores.push_back(piece[1].get<double>());
  }
  if (step.find("unk_id")) {
    options.unknown = step.number("unk_id");
    if (!options.vocabulary.has(*options.unknown)) step.fail_key("unk_id", "the id of a token", *step.find("unk_id"));
  }
  if (step.flag("byte_fallback", false)) options.fallback = UnigramOptions::Fallback::kBytes;
  return make_unigram(std::move(options));
}

std::string guessed_type(const JsonStep& step) {
  if (step.find("merges")) return "BPE";
  const Json* vocab = step.find("vocab");
  if (vocab && vocab->is_array()) return "Unigram";
  return step.find("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

}  // namespace

std::unique_ptr<TokenModel> read_model(const JsonStep& unnamed) {
  const std::string named = unnamed.type();
  const std::string type = named.empty() ? guessed_type(unnamed) : named;
  const JsonStep step = unnamed.named();
  if (type == "BPE") return read_bpe(step);
  if (type == "WordPiece") return read_word_piece(step);
  if (type == "Unigram") return read_unigram(step);
  if (type != "WordLevel") unnamed.fail("a model that is supported", shown(type));
  step.allow({"unk_token", "vocab"});
  return make_word_level(read_vocab(step), step.text("unk_token", "<unk>"));
}

}  // namespace modattr
