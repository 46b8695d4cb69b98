#include "tokenizers/steps/post_processor.h"

#include <algorithm>
#include <span>
#include <utility>

#include "tokenizers/text/byte_alphabet.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

EncodedPart special_part(const TemplatePiece& piece) {
  const std::size_t count = piece.ids.size();
  EncodedPart part;
  part.encoding = {.ids = piece.ids,
                   .attention_mask = std::vector<std::int64_t>(count, 1),
                   .type_ids = std::vector<std::int64_t>(count, piece.type_id),
                   .spans = std::vector<TextSpan>(count),
                   .texts = std::vector<std::uint8_t>(count, 0),
                   .is_special = std::vector<bool>(count, true)};
  part.values.resize(count);
  return part;
}

class Template final : public PostProcessor {
 public:
  Template(std::vector<TemplatePiece> single, std::vector<TemplatePiece> pair)
      : single_(std::move(single)), pair_(std::move(pair)) {}

  void apply(std::vector<EncodedPart>& parts, SpecialTokenUse special_tokens) const override {
    std::vector<EncodedPart> result;
    for (const TemplatePiece& piece : pieces(parts.size())) {
      if (piece.kind == TemplatePiece::Kind::kSpecial) {
        if (special_tokens == SpecialTokenUse::kAdd) result.push_back(special_part(piece));
        continue;
      }
      const std::size_t text = piece.kind == TemplatePiece::Kind::kFirst ? 0 : 1;
      if (text >= parts.size()) continue;
      result.push_back(parts[text]);
      std::ranges::fill(result.back().encoding.type_ids, piece.type_id);
    }
    parts = std::move(result);
  }

  std::size_t added_count(std::size_t text_count) const noexcept override {
    std::size_t count = 0;
    for (const TemplatePiece& piece : pieces(text_count)) count += piece.ids.size();
    return count;
  }

 private:
  const std::vector<TemplatePiece>& pieces(std::size_t text_count) const noexcept {
    return text_count == 1 ? single_ : pair_;
  }

  std::vector<TemplatePiece> single_;
  std::vector<TemplatePiece> pair_;
};

bool is_trimmed(char32_t code) {
  return code == kByteSpace || is_white_space(code);
}

/// Moves a span's bounds over `first` characters at its front and `last` at its end, as far as it reaches.
TextSpan without_ends(TextSpan span, std::string_view original, std::size_t first, std::size_t last) {
  for (; first > 0 && span.first < span.end; --first) {
    span.first = std::min(span.end, span.first + decode_char(original, span.first).bytes);
  }
  for (; last > 0 && span.end > span.first; --last) {
    do --span.end;
    while (span.end > span.first && (static_cast<unsigned char>(original[span.end]) & 0xC0U) == 0x80U);
  }
  return span;
}

void trim_spans(EncodedPart& part, TrimOptions::Front front) {
  for (std::size_t token = 0; token < part.values.size(); ++token) {
    if (part.encoding.is_special[token]) continue;
    const std::u32string value = decode_text(part.values[token]);
    TextSpan& span = part.encoding.spans[token];
    auto first = static_cast<std::size_t>(std::ranges::find_if_not(value, is_trimmed) - value.begin());
    const auto last =
        static_cast<std::size_t>(std::find_if_not(value.rbegin(), value.rend(), is_trimmed) - value.rbegin());
    const bool begins_text = token == 0 || span.first == 0;
    if (first > 0 && begins_text && front == TrimOptions::Front::kAddedSpace) --first;
    span = without_ends(span, part.original, first, last);
  }
}

class ByteLevelTrim final : public PostProcessor {
 public:
  explicit ByteLevelTrim(TrimOptions options) : options_(options) {}
  void apply(std::vector<EncodedPart>& parts, SpecialTokenUse) const override {
    if (options_.spans == TrimOptions::Spans::kKeep) return;
    for (EncodedPart& part : parts) trim_spans(part, options_.front);
  }
  std::size_t added_count(std::size_t) const noexcept override { return 0; }

 private:
  TrimOptions options_;
};

class PostProcessorSequence final : public PostProcessor {
 public:
  explicit PostProcessorSequence(std::vector<std::unique_ptr<PostProcessor>> steps) : steps_(std::move(steps)) {}
  void apply(std::vector<EncodedPart>& parts, SpecialTokenUse special_tokens) const override {
    for (const std::unique_ptr<PostProcessor>& step : steps_) step->apply(parts, special_tokens);
  }
  std::size_t added_count(std::size_t text_count) const noexcept override {
    std::size_t count = 0;
    for (const std::unique_ptr<PostProcessor>& step : steps_) count += step->added_count(text_count);
    return count;
  }

 private:
  std::vector<std::unique_ptr<PostProcessor>> steps_;
};

}  // namespace

std::unique_ptr<PostProcessor> make_template(std::vector<TemplatePiece> single, std::vector<TemplatePiece> pair) {
  return std::make_unique<Template>(std::move(single), std::move(pair));
}

std::unique_ptr<PostProcessor> make_around(std::optional<std::int64_t> cls, std::optional<std::int64_t> sep) {
  using Kind = TemplatePiece::Kind;
  std::vector<TemplatePiece> single;
  if (cls) single.push_back({Kind::kSpecial, {*cls}});
  single.push_back({Kind::kFirst});
  if (sep) single.push_back({Kind::kSpecial, {*sep}});
  std::vector<TemplatePiece> pair = single;
  pair.push_back({Kind::kSecond, {}, 1});
  if (sep) pair.push_back({Kind::kSpecial, {*sep}, 1});
  return make_template(std::move(single), std::move(pair));
}

std::unique_ptr<PostProcessor> make_byte_level_trim(TrimOptions options) {
  return std::make_unique<ByteLevelTrim>(options);
}

std::unique_ptr<PostProcessor> make_roberta(TrimOptions options, std::int64_t cls, std::int64_t sep) {
  using Kind = TemplatePiece::Kind;
  const TemplatePiece begin{Kind::kSpecial, {cls}};
  const TemplatePiece end{Kind::kSpecial, {sep}};
  const TemplatePiece between{Kind::kSpecial, {sep, sep}};
  std::vector<std::unique_ptr<PostProcessor>> steps;
  steps.push_back(make_byte_level_trim(options));
  steps.push_back(make_template({begin, {Kind::kFirst}, end}, {begin, {Kind::kFirst}, between, {Kind::kSecond}, end}));
  return make_post_processor_sequence(std::move(steps));
}

std::unique_ptr<PostProcessor> make_post_processor_sequence(std::vector<std::unique_ptr<PostProcessor>> steps) {
  return std::make_unique<PostProcessorSequence>(std::move(steps));
}

}  // namespace modattr
