#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokenizers/step_readers.h"
#include "tokenizers/text/shown.h"
#include "tokenizers/text/unicode.h"

namespace modattr {
namespace {

SplitBehavior read_behavior(const JsonStep& step) {
  // In the order of SplitBehavior.
  constexpr std::array<std::string_view, 5> kBehaviors = {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext",
                                                          "Contiguous"};
  return static_cast<SplitBehavior>(step.word("behavior", kBehaviors));
}

std::unique_ptr<PreTokenizer> read_split(const JsonStep& step) {
  step.allow({"pattern", "behavior", "invert"});
  return make_split(read_pattern(step, "pattern"),
                    {read_behavior(step), step.flag("invert", false) ? SplitSense::kGaps : SplitSense::kMatches});
}

std::unique_ptr<PreTokenizer> read_byte_level(const JsonStep& step) {
  step.allow({"add_prefix_space", "trim_offsets", "use_regex"});
  using Options = ByteLevelOptions;
  return make_byte_level({step.flag("add_prefix_space", true) ? Options::Front::kAddSpace : Options::Front::kKeep,
                          step.flag("use_regex", true) ? Options::Pieces::kWords : Options::Pieces::kWhole});
}

std::unique_ptr<PreTokenizer> read_metaspace(const JsonStep& step) {
  step.allow({"replacement", "add_prefix_space", "str_rep", "prepend_scheme", "split"});
  using Options = MetaspaceOptions;
  Options options;
  options.replacement = step.character("replacement", options.replacement);
  // "str_rep" of old files repeats the replacement.
  if (step.character("str_rep", options.replacement) != options.replacement) {
    step.fail_key("str_rep", "the replacement", *step.find("str_rep"));
  }
  if (step.find("prepend_scheme")) {
    // In the order of Front.
    constexpr std::array<std::string_view, 3> kSchemes = {"always", "first", "never"};
    options.front = static_cast<Options::Front>(step.word("prepend_scheme", kSchemes));
    if (step.find_flag("add_prefix_space") == false && options.front != Options::Front::kNever) {
      step.fail("add_prefix_space and prepend_scheme to agree", "false and " + step.text("prepend_scheme"));
    }
  } else {
    options.front = step.flag("add_prefix_space", true) ? Options::Front::kAlways : Options::Front::kNever;
  }
  options.pieces = step.flag("split", true) ? Options::Pieces::kWords : Options::Pieces::kWhole;
  return make_metaspace(options);
}

std::unique_ptr<PreTokenizer> read_pre_tokenizer_sequence(const JsonStep& step) {
  step.allow({"pretokenizers"});
  std::vector<std::unique_ptr<PreTokenizer>> steps;
  for (const JsonStep& one : step.steps("pretokenizers")) steps.push_back(read_pre_tokenizer(one));
  return make_pre_tokenizer_sequence(std::move(steps));
}

std::unique_ptr<PreTokenizer> read_fixed_length(const JsonStep& step) {
  step.allow({"length"});
  const std::int64_t length = step.number("length", 5);
  if (length == 0) step.fail_key("length", "at least 1", *step.find("length"));
  return make_fixed_length(static_cast<std::size_t>(length));
}

/// Those that only have a name; nullptr for others.
std::unique_ptr<PreTokenizer> plain_pre_tokenizer(std::string_view type) {
  if (type == "BertPreTokenizer") return make_bert_pre_tokenizer();
  if (type == "Whitespace") return make_whitespace();
  if (type == "WhitespaceSplit") return make_whitespace_split();
  if (type == "UnicodeScripts") return make_unicode_scripts();
  return nullptr;
}

}  // namespace

std::unique_ptr<Pattern> read_pattern(const JsonStep& step, const char* key) {
  const nlohmann::json& pattern = step.require(key, "a pattern");
  if (pattern.is_string()) return literal_pattern(decode_text(pattern.get_ref<const std::string&>()));
  const JsonStep object = step.object(key);
  object.allow({"String", "Regex"});
  if (const auto text = object.find_text("String")) return literal_pattern(decode_text(*text));
  return regex_pattern(object.text("Regex"), object.where());
}

std::unique_ptr<PreTokenizer> read_pre_tokenizer(const JsonStep& unnamed) {
  const JsonStep step = unnamed.named();
  const std::string type = step.type();
  if (std::unique_ptr<PreTokenizer> plain = plain_pre_tokenizer(type)) {
    step.allow({});
    return plain;
  }
  if (type == "Sequence") return read_pre_tokenizer_sequence(step);
  if (type == "Split") return read_split(step);
  if (type == "ByteLevel") return read_byte_level(step);
  if (type == "Metaspace") return read_metaspace(step);
  if (type == "FixedLength") return read_fixed_length(step);
  if (type == "Punctuation") {
    step.allow({"behavior"});
    return make_punctuation(step.find("behavior") ? read_behavior(step) : SplitBehavior::kIsolated);
  }
  if (type == "Digits") {
    step.allow({"individual_digits"});
    return make_digits(step.flag("individual_digits", false) ? DigitRuns::kOneByOne : DigitRuns::kTogether);
  }
  if (type == "CharDelimiterSplit") {
    step.allow({"delimiter"});
    static_cast<void>(step.text("delimiter"));
    return make_char_delimiter_split(step.character("delimiter", U' '));
  }
  unnamed.fail("a pre-tokenizer that is supported", shown(type));
}

}  // namespace modattr
