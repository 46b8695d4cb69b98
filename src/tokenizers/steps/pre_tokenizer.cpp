#include "tokenizers/steps/pre_tokenizer.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <unicode/uscript.h>

#include "tokenizers/steps/splitting.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

/// A pre-tokenizer that cuts each part by itself.
template <typename Cut>
class PartPreTokenizer final : public PreTokenizer {
 public:
  explicit PartPreTokenizer(Cut cut) : cut_(std::move(cut)) {}
  void apply(std::vector<TextPart>& parts) const override { cut_parts(parts, cut_); }

 private:
  Cut cut_;
};

template <typename Cut>
std::unique_ptr<PreTokenizer> pre_tokenizer_of(Cut cut) {
  return std::make_unique<PartPreTokenizer<Cut>>(std::move(cut));
}

std::unique_ptr<PreTokenizer> split_at_chars(std::function<bool(char32_t)> is_match, SplitBehavior behavior) {
  return pre_tokenizer_of(
      [is_match = std::move(is_match), behavior](const AlignedText& text, std::vector<AlignedText>& pieces) {
        split_at(text, matching_chars(text, is_match), {behavior}, pieces);
      });
}

class SequencePreTokenizer final : public PreTokenizer {
 public:
  explicit SequencePreTokenizer(std::vector<std::unique_ptr<PreTokenizer>> steps) : steps_(std::move(steps)) {}
  void apply(std::vector<TextPart>& parts) const override {
    for (const std::unique_ptr<PreTokenizer>& step : steps_) step->apply(parts);
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

/// Runs of characters of the same kind; white space is in none.
void cut_runs(const AlignedText& text, std::vector<AlignedText>& pieces) {
  enum class Kind { kSpace, kWord, kOther };
  const auto kind_of = [&](std::size_t place) {
    const char32_t code = text[place];
    return is_word_char(code) ? Kind::kWord : is_white_space(code) ? Kind::kSpace : Kind::kOther;
  };
  for (std::size_t first = 0; first < text.size();) {
    const Kind kind = kind_of(first);
    std::size_t end = first + 1;
    while (end < text.size() && kind_of(end) == kind) ++end;
    if (kind != Kind::kSpace) pieces.push_back(text.slice(first, end));
    first = end;
  }
}

/// The script in Unicode 9; USCRIPT_INVALID_CODE goes with any other one.
UScriptCode script_of(char32_t code) {
  constexpr char32_t kProlongedSoundMark = 0x30FC;
  if (code == ' ' || !is_in_unicode(code, 9)) return USCRIPT_INVALID_CODE;
  if (code == kProlongedSoundMark) return USCRIPT_HAN;
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(static_cast<UChar32>(code), &status);
  if (script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA) return USCRIPT_HAN;
  return script == USCRIPT_UNKNOWN ? USCRIPT_INVALID_CODE : script;
}

void cut_scripts(const AlignedText& text, std::vector<AlignedText>& pieces) {
  std::optional<UScriptCode> last;
  std::vector<std::size_t> bounds;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const UScriptCode script = script_of(text[place]);
    if (script == USCRIPT_INVALID_CODE) continue;
    if (!last || *last != script) bounds.push_back(place);
    last = script;
  }
  if (bounds.empty()) return;
  bounds.push_back(text.size());
  for (std::size_t piece = 0; piece + 1 < bounds.size(); ++piece) {
    pieces.push_back(text.slice(bounds[piece], bounds[piece + 1]));
  }
}

}  // namespace

std::unique_ptr<PreTokenizer> make_split(std::unique_ptr<Pattern> pattern, SplitOptions options) {
  return pre_tokenizer_of([pattern = std::shared_ptr<Pattern>(std::move(pattern)), options](
                              const AlignedText& text, std::vector<AlignedText>& pieces) {
    split_at(text, pattern->find(text), options, pieces);
  });
}

std::unique_ptr<PreTokenizer> make_bert_pre_tokenizer() {
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  steps.push_back(make_whitespace_split());
  steps.push_back(make_punctuation(SplitBehavior::kIsolated));
  return make_pre_tokenizer_sequence(std::move(steps));
}

std::unique_ptr<PreTokenizer> make_whitespace() {
  return pre_tokenizer_of(cut_runs);
}

std::unique_ptr<PreTokenizer> make_whitespace_split() {
  return split_at_chars(is_white_space, SplitBehavior::kRemoved);
}

std::unique_ptr<PreTokenizer> make_punctuation(SplitBehavior behavior) {
  return split_at_chars(is_punctuation, behavior);
}

std::unique_ptr<PreTokenizer> make_digits(DigitRuns runs) {
  return split_at_chars(is_numeric,
                        runs == DigitRuns::kOneByOne ? SplitBehavior::kIsolated : SplitBehavior::kContiguous);
}

std::unique_ptr<PreTokenizer> make_char_delimiter_split(char32_t delimiter) {
  return split_at_chars([delimiter](char32_t code) { return code == delimiter; }, SplitBehavior::kRemoved);
}

std::unique_ptr<PreTokenizer> make_fixed_length(std::size_t length) {
  return pre_tokenizer_of([length](const AlignedText& text, std::vector<AlignedText>& pieces) {
    for (std::size_t first = 0; first < text.size(); first += length) {
      pieces.push_back(text.slice(first, std::min(first + length, text.size())));
    }
  });
}

std::unique_ptr<PreTokenizer> make_unicode_scripts() {
  return pre_tokenizer_of(cut_scripts);
}

std::unique_ptr<PreTokenizer> make_metaspace(MetaspaceOptions options) {
  return pre_tokenizer_of([options](AlignedText text, std::vector<AlignedText>& pieces) {
    text.map([&](char32_t code) { return code == ' ' ? options.replacement : code; });
    const bool may_have_front = options.front == MetaspaceOptions::Front::kAlways ||
                                (options.front == MetaspaceOptions::Front::kFirst && text.origin() == 0);
    const std::u32string front(1, options.replacement);
    if (may_have_front && !text.starts_with(front)) text.prepend(front);
    if (options.pieces == MetaspaceOptions::Pieces::kWhole) {
      pieces.push_back(std::move(text));
      return;
    }
    const auto is_replacement = [&](char32_t code) { return code == options.replacement; };
    split_at(text, matching_chars(text, is_replacement), {SplitBehavior::kMergedWithNext}, pieces);
  });
}

std::unique_ptr<PreTokenizer> make_pre_tokenizer_sequence(std::vector<std::unique_ptr<PreTokenizer>> steps) {
  return std::make_unique<SequencePreTokenizer>(std::move(steps));
}

}  // namespace modattr
