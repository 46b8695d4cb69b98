#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/text/aligned_text.h"
#include "tokenizers/text/normal_forms.h"
#include "tokenizers/text/pattern.h"

namespace modattr {

/// Changes a text before it is cut. Safe to use from many threads. All are those of Hugging Face's tokenizers with the
/// names that a tokenizer.json gives them.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(AlignedText& text) const = 0;
};

/// NFC, NFD, NFKC, NFKD.
std::unique_ptr<Normalizer> make_normal_form(NormalForm form);
/// Lowercase: character by character, without regard to their neighbours.
std::unique_ptr<Normalizer> make_lowercase();
/// StripAccents: removes marks.
std::unique_ptr<Normalizer> make_strip_accents();

enum class StripEnds { kNone, kLeft, kRight, kBoth };
/// Strip: removes white space at the ends.
std::unique_ptr<Normalizer> make_strip(StripEnds ends);
/// Replace.
std::unique_ptr<Normalizer> make_replace(std::unique_ptr<Pattern> pattern, const std::u32string& content);
/// Prepend: before a text that is not empty.
std::unique_ptr<Normalizer> make_prepend(const std::u32string& front);
/// Nmt: removes control characters, and makes unusual white space a space.
std::unique_ptr<Normalizer> make_nmt();
/// ByteLevel: UTF-8 bytes as characters.
std::unique_ptr<Normalizer> make_byte_level_normalizer();

/// What BERT does to a text.
struct BertNormalizerOptions {
  enum class Text { kKeep, kClean } text = Text::kClean;
  enum class Ideographs { kKeep, kSetApart } ideographs = Ideographs::kSetApart;
  enum class Accents { kKeep, kStrip } accents = Accents::kStrip;
  enum class Letters { kKeep, kLower } letters = Letters::kLower;
};
std::unique_ptr<Normalizer> make_bert_normalizer(const BertNormalizerOptions& options);

/// Precompiled: the map of characters that a model of SentencePiece carries: the size of a trie in bytes, the trie (a
/// double array of 32-bit units, little-endian), and the texts that it points at. Throws DataError beginning with
/// `where` where it is not whole.
std::unique_ptr<Normalizer> make_precompiled(std::string_view charsmap, const std::string& where);

/// Sequence.
std::unique_ptr<Normalizer> make_normalizer_sequence(std::vector<std::unique_ptr<Normalizer>> steps);

/// Turns every character into those of its UTF-8 bytes.
void to_byte_characters(AlignedText& text);

}  // namespace modattr
