#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tokenizers/text/aligned_text.h"
#include "tokenizers/text/pattern.h"

namespace modattr {

/// A part of a text; an added token where it has an id, and then nothing cuts it further.
struct TextPart {
  AlignedText text;
  std::optional<std::int64_t> id = std::nullopt;
};

/// Cuts a text into pieces, of which no token crosses the border. Safe to use from many threads. All are those of
/// Hugging Face's tokenizers with the names that a tokenizer.json gives them.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// Replaces each part that is no added token by its pieces; empty ones are left out.
  virtual void apply(std::vector<TextPart>& parts) const = 0;
};

/// What becomes of the matches of a pattern that a text is split at.
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };
/// Whether a pattern matches what lies between the pieces, or the pieces.
enum class SplitSense { kMatches, kGaps };

struct SplitOptions {
  SplitBehavior behavior = SplitBehavior::kRemoved;
  SplitSense sense = SplitSense::kMatches;
};

/// Split.
std::unique_ptr<PreTokenizer> make_split(std::unique_ptr<Pattern> pattern, SplitOptions options);
/// BertPreTokenizer: at white space and around punctuation.
std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer();
/// Whitespace: runs of word characters, and runs of what is neither these nor white space.
std::unique_ptr<PreTokenizer> make_whitespace();
/// WhitespaceSplit.
std::unique_ptr<PreTokenizer> make_whitespace_split();
/// Punctuation.
std::unique_ptr<PreTokenizer> make_punctuation(SplitBehavior behavior);

enum class DigitRuns { kTogether, kOneByOne };
/// Digits.
std::unique_ptr<PreTokenizer> make_digits(DigitRuns runs);
/// CharDelimiterSplit.
std::unique_ptr<PreTokenizer> make_char_delimiter_split(char32_t delimiter);
/// FixedLength, in characters; `length` is at least 1.
std::unique_ptr<PreTokenizer> make_fixed_length(std::size_t length);
/// UnicodeScripts: where the script changes; kana count as Han, as in SentencePiece.
std::unique_ptr<PreTokenizer> make_unicode_scripts();

struct ByteLevelOptions {
  enum class Front { kKeep, kAddSpace } front = Front::kAddSpace;
  /// kWords: split by the regular expression of GPT-2.
  enum class Pieces { kWhole, kWords } pieces = Pieces::kWords;
};
/// ByteLevel.
std::unique_ptr<PreTokenizer> make_byte_level(ByteLevelOptions options);

struct MetaspaceOptions {
  char32_t replacement = 0x2581;
  /// Where the replacement is put before a piece: always, before the first one of a text, or never.
  enum class Front { kAlways, kFirst, kNever } front = Front::kAlways;
  enum class Pieces { kWhole, kWords } pieces = Pieces::kWords;
};
/// Metaspace.
std::unique_ptr<PreTokenizer> make_metaspace(MetaspaceOptions options);

/// Sequence.
std::unique_ptr<PreTokenizer> make_pre_tokenizer_sequence(std::vector<std::unique_ptr<PreTokenizer>> steps);

}  // namespace modattr
