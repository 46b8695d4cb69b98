// An input is a tokenizer.json or a model of SentencePiece, and behind a last zero byte a text. What was read encodes
// the text: spans lie in it.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "modattr/core/error.h"
#include "modattr/tokenizers/text_units.h"
#include "modattr/tokenizers/tokenizer.h"
#include "tokenizers/file_readers.h"

namespace {

std::unique_ptr<modattr::Tokenizer> read(std::string_view content) {
  const modattr::TokenizerConfig config;
  if (content.starts_with('{')) return modattr::read_tokenizer_json(content, "tokenizer.json", config);
  if (content.starts_with('\n')) return modattr::read_sentence_piece(content, "spiece.model", config);
  return modattr::read_vocabulary_text(content, "vocab.txt", config);
}

void encode(const modattr::Tokenizer& tokenizer, std::string_view text) {
  const modattr::Encoding encoding = tokenizer.encode({.text = text, .pair = "a b"});
  for (std::size_t token = 0; token < encoding.size(); ++token) {
    const modattr::TextSpan span = encoding.spans[token];
    if (encoding.texts[token] == 0 && span.end > text.size() && !span.empty()) std::abort();
  }
  if (encoding.spans.size() != encoding.size() || encoding.is_special.size() != encoding.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t zero = all.rfind('\0');
  const bool has_text = zero != std::string_view::npos && !all.starts_with('\n');
  const std::string_view text = has_text ? all.substr(zero + 1) : "What's na\u00EFve \U0001F600\u4E2D \xFF?";
  try {
    encode(*read(has_text ? all.substr(0, zero) : all), text);
    modattr::words_of(text);
  } catch (const modattr::DataError&) {
  }
  return 0;
}
