#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modattr/core/error.h"
#include "tokenizers/file_readers.h"
#include "tokenizers/pipeline_tokenizer.h"
#include "tokenizers/step_readers.h"
#include "tokenizers/text/shown.h"

namespace modattr {
namespace {

TextEnd read_end(const JsonStep& step) {
  // In the order of TextEnd.
  constexpr std::array<std::string_view, 2> kEnds = {"Left", "Right"};
  return step.find("direction") ? static_cast<TextEnd>(step.word("direction", kEnds)) : TextEnd::kRight;
}

Truncation read_truncation(const JsonStep& step) {
  // What is cut off is left out: it makes no difference how much of it the next part would repeat.
  step.allow({"direction", "max_length", "strategy", "stride"});
  // In the order of Strategy.
  constexpr std::array<std::string_view, 3> kStrategies = {"LongestFirst", "OnlyFirst", "OnlySecond"};
  Truncation truncation{.length = static_cast<std::size_t>(step.number("max_length")), .end = read_end(step)};
  if (step.find("strategy"))
    truncation.strategy = static_cast<Truncation::Strategy>(step.word("strategy", kStrategies));
  return truncation;
}

/// Longer texts do not fit into memory; nothing needs them.
constexpr std::int64_t kMostPadding = 16'777'216;

Padding read_padding(const JsonStep& step) {
  step.allow({"strategy", "direction", "pad_to_multiple_of", "pad_id", "pad_type_id", "pad_token"});
  const auto length_of = [](const JsonStep& object, const char* key) -> std::size_t {
    const std::int64_t length = object.number(key);
    if (length > kMostPadding) object.fail_key(key, "at most " + std::to_string(kMostPadding), *object.find(key));
    return static_cast<std::size_t>(length);
  };
  Padding padding{.end = read_end(step), .id = step.number("pad_id", 0), .type_id = step.number("pad_type_id", 0)};
  if (step.find("pad_to_multiple_of")) padding.multiple = length_of(step, "pad_to_multiple_of");
  const nlohmann::json& strategy = step.require("strategy", "BatchLongest or Fixed");
  if (strategy.is_object()) {
    const JsonStep fixed = step.object("strategy");
    fixed.allow({"Fixed"});
    padding.length = length_of(fixed, "Fixed");
  } else if (strategy != "BatchLongest") {
    step.fail_key("strategy", "BatchLongest or Fixed", strategy);
  }
  return padding;
}

/// In the order of the file, with the ids that Hugging Face's library gives them: those of the model's tokens, and
/// behind them one after the other.
std::vector<AddedToken> read_added_tokens(const JsonStep& step, const Vocabulary& vocabulary) {
  std::vector<AddedToken> tokens;
  if (!step.find("added_tokens")) return tokens;
  std::optional<std::int64_t> largest;
  const auto count = static_cast<std::int64_t>(vocabulary.size());
  for (const JsonStep& one : step.steps("added_tokens")) {
    one.allow({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
    AddedToken token{.content = one.text("content")};
    if (token.content.empty()) continue;
    const auto same = std::ranges::find(tokens, token.content, &AddedToken::content);
    const std::optional<std::int64_t> known =
        same == tokens.end() ? vocabulary.find(token.content) : std::optional(same->id);
    token.id = known ? *known : largest && (*largest >= count || count == 0) ? *largest + 1 : count;
    largest = std::max(largest.value_or(0), token.id);
    const bool left = one.flag("lstrip", false);
    const bool right = one.flag("rstrip", false);
    using Strip = AddedToken::Strip;
    token.strip = left && right ? Strip::kBoth : left ? Strip::kLeft : right ? Strip::kRight : Strip::kNone;
    if (one.flag("single_word", false)) token.place = AddedToken::Place::kWhole;
    if (!one.flag("normalized", !one.flag("special", false))) token.stage = AddedToken::Stage::kRaw;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

/// Special tokens of a post-processor and padding may be of any model, which is told when they do not fit this one.
std::optional<std::int64_t> added_id(const std::vector<AddedToken>& tokens, std::string_view content) {
  const auto found = std::ranges::find(tokens, content, &AddedToken::content);
  return found == tokens.end() ? std::nullopt : std::optional(found->id);
}

}  // namespace

std::unique_ptr<Tokenizer> read_tokenizer_json(std::string_view content, const std::string& where,
                                               const TokenizerConfig& config) {
  const nlohmann::json json = parse_json(content, where);
  const JsonStep file(json, where);
  file.allow({"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor",
              "decoder", "model"});
  TokenizerParts parts;
  parts.model = read_model(file.object("model"));
  if (file.find("normalizer")) parts.normalizer = read_normalizer(file.object("normalizer"));
  if (file.find("pre_tokenizer")) parts.pre_tokenizer = read_pre_tokenizer(file.object("pre_tokenizer"));
  if (file.find("post_processor")) parts.post_processor = read_post_processor(file.object("post_processor"));
  const Vocabulary& vocabulary = parts.model->vocabulary();
  parts.added_tokens = read_added_tokens(file, vocabulary);
  if (file.find("truncation")) parts.truncation = read_truncation(file.object("truncation"));
  if (file.find("padding")) parts.padding = read_padding(file.object("padding"));
  const auto id_of = [&](std::string_view token) {
    const std::optional<std::int64_t> added = added_id(parts.added_tokens, token);
    return added ? added : vocabulary.find(token);
  };
  parts.special_ids = special_ids_of(id_of, config);
  if (parts.padding) parts.special_ids.pad = parts.padding->id;
  if (!parts.special_ids.unk && file.object("model").find("unk_id")) {
    parts.special_ids.unk = file.object("model").number("unk_id");
  }
  if (const auto* unknown = file.object("model").find("unk_token"); unknown && unknown->is_string()) {
    parts.special_ids.unk = id_of(unknown->get_ref<const std::string&>());
  }
  return make_pipeline_tokenizer(std::move(parts));
}

}  // namespace modattr
