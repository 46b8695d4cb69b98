#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace modattr {

/// Bytes of a text, from `first` to the one before `end`.
struct TextSpan {
  std::size_t first = 0;
  std::size_t end = 0;

  bool empty() const noexcept { return first >= end; }
  friend bool operator==(const TextSpan&, const TextSpan&) = default;
};

/// One text or two, as a model takes them.
struct TextInput {
  std::string_view text = {};
  std::optional<std::string_view> pair = std::nullopt;
};

enum class SpecialTokenUse { kAdd, kLeaveOut };

struct EncodingOptions {
  /// Tokens of the result: longer texts are truncated, shorter ones padded. nullopt = what the tokenizer's file says of
  /// truncation and padding, else as many as there are.
  std::optional<std::size_t> length = std::nullopt;
  SpecialTokenUse special_tokens = SpecialTokenUse::kAdd;
};

/// A text as tokens; all lists are [tokens].
struct Encoding {
  std::vector<std::int64_t> ids = {};
  /// 1 for tokens, 0 for padding.
  std::vector<std::int64_t> attention_mask = {};
  /// token_type_ids of BERT: 0 for the first text, 1 for the second, as the tokenizer's file says.
  std::vector<std::int64_t> type_ids = {};
  /// The bytes of the text that a token stands for; empty for special tokens that were added, and for padding.
  std::vector<TextSpan> spans = {};
  /// 0 for a token of the text, 1 for one of the second text; 0 where the span is empty.
  std::vector<std::uint8_t> texts = {};
  /// Whether a token was added: [CLS], [SEP], <s>, padding.
  std::vector<bool> is_special = {};

  std::size_t size() const noexcept { return ids.size(); }
};

/// Ids of the tokens that have a part of their own; nullopt where a tokenizer has none.
struct SpecialTokenIds {
  std::optional<std::int64_t> pad = std::nullopt;
  std::optional<std::int64_t> unk = std::nullopt;
  /// The first token of a text: [CLS], else <s>.
  std::optional<std::int64_t> cls = std::nullopt;
  /// The last token of a text: [SEP], else </s>.
  std::optional<std::int64_t> sep = std::nullopt;
  std::optional<std::int64_t> mask = std::nullopt;
};

/// Turns text into the ids that a model was trained on. Safe to call from many threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  /// Texts are UTF-8; bytes that are none count as U+FFFD each, with a span of their own. Throws DataError where the
  /// special tokens alone do not fit into the length.
  virtual Encoding encode(const TextInput& input, const EncodingOptions& options = {}) const = 0;
  /// One more than the largest id.
  virtual std::size_t vocabulary_size() const noexcept = 0;
  /// A token as the vocabulary has it ("##ing", "Ġthe", "▁of"); empty for an id of no token.
  virtual std::string token(std::int64_t id) const = 0;
  virtual std::optional<std::int64_t> id_of(std::string_view token) const = 0;
  virtual const SpecialTokenIds& special_ids() const noexcept = 0;
  /// "WordPiece", "BPE", "Unigram", "WordLevel", "SentencePiece": for people to read.
  virtual std::string_view model_name() const noexcept = 0;
};

/// Opens a tokenizer.json of Hugging Face, a model of SentencePiece or a vocab.txt of BERT, told apart by content.
/// Throws DataError naming the file: where it cannot be read, is none of these, or asks for what is not supported.
std::unique_ptr<Tokenizer> open_tokenizer(const std::filesystem::path& file);

}  // namespace modattr
