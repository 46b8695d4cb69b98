#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modattr/tokenizers/tokenizer.h"

namespace modattr {

/// A text as tokens, or tokens that were put between texts.
struct EncodedPart {
  Encoding encoding = {};
  /// Tokens as the vocabulary has them; of added tokens the text that they were found as. [tokens]
  std::vector<std::string_view> values = {};
  /// The text that the spans are of.
  std::string_view original = {};
};

/// Works on the tokens of one text or two. Safe to use from many threads. All are those of Hugging Face's tokenizers
/// with the names that a tokenizer.json gives them.
class PostProcessor {
 public:
  virtual ~PostProcessor() = default;
  /// `parts`: one text or two; afterwards they stand in the order of the result, with what was put between them.
  virtual void apply(std::vector<EncodedPart>& parts, SpecialTokenUse special_tokens) const = 0;
  /// How many tokens are put around one text (1) or two.
  virtual std::size_t added_count(std::size_t text_count) const noexcept = 0;
};

/// Where a text or special tokens go.
struct TemplatePiece {
  /// kFirst and kSecond: a text; kSpecial: `ids`.
  enum class Kind { kFirst, kSecond, kSpecial } kind = Kind::kFirst;
  std::vector<std::int64_t> ids = {};
  std::int64_t type_id = 0;
};

/// TemplateProcessing, and BertProcessing as one: the pieces of one text, and those of two.
std::unique_ptr<PostProcessor> make_template(std::vector<TemplatePiece> single, std::vector<TemplatePiece> pair);

/// `cls` before a text, `sep` behind it and behind a second one, whose tokens are of type 1; either may be missing.
std::unique_ptr<PostProcessor> make_around(std::optional<std::int64_t> cls, std::optional<std::int64_t> sep);

struct TrimOptions {
  enum class Front { kKeep, kAddedSpace } front = Front::kAddedSpace;
  enum class Spans { kKeep, kTrim } spans = Spans::kTrim;
};
/// ByteLevel: spans without the white space at the ends of their tokens; with kAddedSpace the space before a text is
/// none of it.
std::unique_ptr<PostProcessor> make_byte_level_trim(TrimOptions options);

/// RobertaProcessing: trims spans; `cls` and `sep` around a text, two `sep` between two, all of type 0.
std::unique_ptr<PostProcessor> make_roberta(TrimOptions options, std::int64_t cls, std::int64_t sep);

/// Sequence.
std::unique_ptr<PostProcessor> make_post_processor_sequence(std::vector<std::unique_ptr<PostProcessor>> steps);

}  // namespace modattr
