#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modattr/core/error.h"
#include "tokenizers/step_readers.h"
#include "tokenizers/text/shown.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

std::unique_ptr<Normalizer> read_bert(const JsonStep& step) {
  step.allow({"clean_text", "handle_chinese_chars", "strip_accents", "lowercase"});
  using Options = BertNormalizerOptions;
  const bool lowers = step.flag("lowercase", true);
  return make_bert_normalizer(
      {.text = step.flag("clean_text", true) ? Options::Text::kClean : Options::Text::kKeep,
       .ideographs =
           step.flag("handle_chinese_chars", true) ? Options::Ideographs::kSetApart : Options::Ideographs::kKeep,
       .accents = step.flag("strip_accents", lowers) ? Options::Accents::kStrip : Options::Accents::kKeep,
       .letters = lowers ? Options::Letters::kLower : Options::Letters::kKeep});
}

std::unique_ptr<Normalizer> read_strip(const JsonStep& step) {
  step.allow({"strip_left", "strip_right"});
  const bool left = step.flag("strip_left", true);
  const bool right = step.flag("strip_right", true);
  return make_strip(left && right ? StripEnds::kBoth
                    : left        ? StripEnds::kLeft
                    : right       ? StripEnds::kRight
                                  : StripEnds::kNone);
}

std::unique_ptr<Normalizer> read_replace(const JsonStep& step) {
  step.allow({"pattern", "content"});
  return make_replace(read_pattern(step, "pattern"), decode_text(step.text("content")));
}

/// Of base64 (RFC 4648).
std::string decode_base64(const std::string& text, const JsonStep& step) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (const char letter : text.substr(0, text.find('='))) {
    const std::size_t digit = kDigits.find(letter);
    if (digit == std::string_view::npos) step.fail("a charsmap in base64", "the character " + shown({&letter, 1}));
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes += static_cast<char>(static_cast<unsigned char>(bits >> static_cast<unsigned>(bit_count)));
  }
  return bytes;
}

std::unique_ptr<Normalizer> read_sequence(const JsonStep& step) {
  step.allow({"normalizers"});
  std::vector<std::unique_ptr<Normalizer>> steps;
  for (const JsonStep& one : step.steps("normalizers")) steps.push_back(read_normalizer(one));
  return make_normalizer_sequence(std::move(steps));
}

std::optional<NormalForm> normal_form(std::string_view type) {
  constexpr std::array<std::string_view, 4> kForms = {"NFC", "NFD", "NFKC", "NFKD"};
  for (std::size_t form = 0; form < kForms.size(); ++form) {
    if (type == kForms[form]) return static_cast<NormalForm>(form);
  }
  return std::nullopt;
}

}  // namespace

std::unique_ptr<Normalizer> read_normalizer(const JsonStep& unnamed) {
  const JsonStep step = unnamed.named();
  const std::string type = step.type();
  if (type == "Sequence") return read_sequence(step);
  if (type == "BertNormalizer") return read_bert(step);
  if (type == "Strip") return read_strip(step);
  if (type == "Replace") return read_replace(step);
  if (type == "Prepend") {
    step.allow({"prepend"});
    return make_prepend(decode_text(step.text("prepend")));
  }
  if (type == "Precompiled") {
    step.allow({"precompiled_charsmap"});
    return make_precompiled(decode_base64(step.text("precompiled_charsmap"), step), step.where());
  }
  const std::optional<NormalForm> form = normal_form(type);
  if (form || type == "Lowercase" || type == "StripAccents" || type == "Nmt") step.allow({});
  if (form) return make_normal_form(*form);
  if (type == "Lowercase") return make_lowercase();
  if (type == "StripAccents") return make_strip_accents();
  if (type == "Nmt") return make_nmt();
  if (type == "ByteLevel") {
    step.allow({"add_prefix_space", "trim_offsets", "use_regex"});
    return make_byte_level_normalizer();
  }
  unnamed.fail("a normalizer that is supported", shown(type));
}

}  // namespace modattr
