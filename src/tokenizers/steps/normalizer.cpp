#include "tokenizers/steps/normalizer.h"

#include <cstddef>
#include <utility>

#include <unicode/uchar.h>

#include "tokenizers/text/byte_alphabet.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

/// A normalizer that is a function.
template <typename Change>
class FunctionNormalizer final : public Normalizer {
 public:
  explicit FunctionNormalizer(Change change) : change_(std::move(change)) {}
  void apply(AlignedText& text) const override { change_(text); }

 private:
  Change change_;
};

template <typename Change>
std::unique_ptr<Normalizer> normalizer_of(Change change) {
  return std::make_unique<FunctionNormalizer<Change>>(std::move(change));
}

void lower(AlignedText& text) {
  // The only character whose lower case is two whatever stands beside it.
  constexpr char32_t kDottedCapitalI = 0x130;
  constexpr char32_t kDotAbove = 0x307;
  bool grows = false;
  text.map([&](char32_t code) -> char32_t {
    grows = grows || code == kDottedCapitalI;
    if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 32 : code;
    return code == kDottedCapitalI ? code : static_cast<char32_t>(u_tolower(static_cast<UChar32>(code)));
  });
  if (!grows) return;
  std::vector<CharChange> changes;
  for (std::size_t place = 0; place < text.size(); ++place) {
    const bool is_dotted = text[place] == kDottedCapitalI;
    changes.push_back({is_dotted ? U'i' : text[place], 0});
    if (is_dotted) changes.push_back({kDotAbove, 1});
  }
  text.transform(changes);
}

void clean(AlignedText& text) {
  const auto is_space = [](char32_t code) { return code == '\t' || code == '\n' || code == '\r'; };
  text.filter([&](char32_t code) {
    constexpr char32_t kReplacement = 0xFFFD;
    return is_space(code) || (code != 0 && code != kReplacement && !is_control_or_private(code));
  });
  text.map([&](char32_t code) { return is_space(code) || is_white_space(code) ? U' ' : code; });
}

void set_ideographs_apart(AlignedText& text) {
  std::vector<CharChange> changes;
  bool has_any = false;
  for (std::size_t place = 0; place < text.size(); ++place) {
    if (!is_bert_ideograph(text[place])) {
      changes.push_back({text[place], 0});
      continue;
    }
    has_any = true;
    changes.insert(changes.end(), {{U' ', 0}, {text[place], 1}, {U' ', 1}});
  }
  if (has_any) text.transform(changes);
}

bool is_nmt_control(char32_t code) {
  return (code >= 0x01 && code <= 0x08) || code == 0x0B || (code >= 0x0E && code <= 0x1F) || code == 0x7F ||
         code == 0x8F || code == 0x9F;
}

bool is_nmt_space(char32_t code) {
  return code == 0x09 || code == 0x0A || code == 0x0C || code == 0x0D || code == 0x1680 ||
         (code >= 0x200B && code <= 0x200F) || code == 0x2028 || code == 0x2029 || code == 0x2581 || code == 0xFEFF ||
         code == 0xFFFD;
}

}  // namespace

void to_byte_characters(AlignedText& text) {
  constexpr auto kAlphabet = byte_alphabet();
  std::vector<CharChange> changes;
  changes.reserve(text.size());
  std::string bytes;
  for (std::size_t place = 0; place < text.size(); ++place) {
    bytes.clear();
    append_utf8(bytes, text[place]);
    for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
      changes.push_back({kAlphabet[static_cast<unsigned char>(bytes[byte])], byte > 0 ? 1 : 0});
    }
  }
  text.transform(changes);
}

std::unique_ptr<Normalizer> make_normal_form(NormalForm form) {
  return normalizer_of([form](AlignedText& text) { normalize(text, form); });
}

std::unique_ptr<Normalizer> make_lowercase() {
  return normalizer_of(lower);
}

std::unique_ptr<Normalizer> make_strip_accents() {
  return normalizer_of([](AlignedText& text) { text.filter([](char32_t code) { return !is_mark(code); }); });
}

std::unique_ptr<Normalizer> make_strip(StripEnds ends) {
  return normalizer_of([ends](AlignedText& text) {
    if (ends == StripEnds::kLeft || ends == StripEnds::kBoth) text.strip_left();
    if (ends == StripEnds::kRight || ends == StripEnds::kBoth) text.strip_right();
  });
}

std::unique_ptr<Normalizer> make_replace(std::unique_ptr<Pattern> pattern, const std::u32string& content) {
  return normalizer_of([pattern = std::shared_ptr<Pattern>(std::move(pattern)), content](AlignedText& text) {
    text.replace(pattern->find(text), content);
  });
}

std::unique_ptr<Normalizer> make_prepend(const std::u32string& front) {
  return normalizer_of([front](AlignedText& text) { text.prepend(front); });
}

std::unique_ptr<Normalizer> make_nmt() {
  return normalizer_of([](AlignedText& text) {
    text.filter([](char32_t code) { return !is_nmt_control(code); });
    text.map([](char32_t code) { return is_nmt_space(code) ? U' ' : code; });
  });
}

std::unique_ptr<Normalizer> make_byte_level_normalizer() {
  return normalizer_of(to_byte_characters);
}

std::unique_ptr<Normalizer> make_bert_normalizer(const BertNormalizerOptions& options) {
  return normalizer_of([options](AlignedText& text) {
    if (options.text == BertNormalizerOptions::Text::kClean) clean(text);
    if (options.ideographs == BertNormalizerOptions::Ideographs::kSetApart) set_ideographs_apart(text);
    if (options.accents == BertNormalizerOptions::Accents::kStrip) {
      normalize(text, NormalForm::kNfd);
      text.filter([](char32_t code) { return !is_nonspacing_mark(code); });
    }
    if (options.letters == BertNormalizerOptions::Letters::kLower) lower(text);
  });
}

std::unique_ptr<Normalizer> make_normalizer_sequence(std::vector<std::unique_ptr<Normalizer>> steps) {
  return normalizer_of(
      [steps = std::make_shared<std::vector<std::unique_ptr<Normalizer>>>(std::move(steps))](AlignedText& text) {
        for (const std::unique_ptr<Normalizer>& step : *steps) step->apply(text);
      });
}

}  // namespace modattr
