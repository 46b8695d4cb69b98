#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tokenizers/step_readers.h"
#include "tokenizers/text/shown.h"

namespace modattr {
namespace {

using Kind = TemplatePiece::Kind;

/// The id of ["[SEP]", 102].
std::int64_t read_token_id(const JsonStep& step, const char* key) {
  const nlohmann::json& pair = step.require(key, "a token and its id");
  if (!pair.is_array() || pair.size() != 2 || !pair[1].is_number_unsigned()) {
    step.fail_key(key, "a token and its id", pair);
  }
  return static_cast<std::int64_t>(pair[1].get<std::uint32_t>());
}

TrimOptions read_trim(const JsonStep& step) {
  return {step.flag("add_prefix_space", true) ? TrimOptions::Front::kAddedSpace : TrimOptions::Front::kKeep,
          step.flag("trim_offsets", true) ? TrimOptions::Spans::kTrim : TrimOptions::Spans::kKeep};
}

std::unique_ptr<PostProcessor> read_bert_processing(const JsonStep& step) {
  step.allow({"sep", "cls"});
  const std::vector<std::int64_t> sep{read_token_id(step, "sep")};
  const std::vector<std::int64_t> cls{read_token_id(step, "cls")};
  const std::vector<TemplatePiece> single{{Kind::kSpecial, cls}, {Kind::kFirst}, {Kind::kSpecial, sep}};
  std::vector<TemplatePiece> pair = single;
  pair.push_back({Kind::kSecond, {}, 1});
  pair.push_back({Kind::kSpecial, sep, 1});
  return make_template(single, pair);
}

using SpecialIds = std::map<std::string, std::vector<std::int64_t>>;

SpecialIds read_special_ids(const JsonStep& step) {
  SpecialIds special;
  const nlohmann::json* tokens = step.find("special_tokens");
  if (!tokens) return special;
  const JsonStep object = step.object("special_tokens");
  for (const auto& [name, value] : tokens->items()) {
    const JsonStep token(value, object.where() + ": " + shown(name));
    token.allow({"id", "ids", "tokens"});
    const nlohmann::json& ids = token.require("ids", "a list of ids");
    if (!ids.is_array()) token.fail_key("ids", "a list of ids", ids);
    for (const nlohmann::json& id : ids) {
      if (!id.is_number_unsigned()) token.fail_key("ids", "a list of ids", id);
      special[name].push_back(static_cast<std::int64_t>(id.get<std::uint32_t>()));
    }
  }
  return special;
}

std::vector<TemplatePiece> read_template(const JsonStep& step, const char* key, const SpecialIds& special) {
  std::vector<TemplatePiece> pieces;
  if (!step.find(key)) return {{Kind::kFirst}, {Kind::kSecond, {}, 1}};
  for (const JsonStep& piece : step.steps(key)) {
    piece.allow({"SpecialToken", "Sequence"});
    const bool is_text = piece.find("Sequence") != nullptr;
    const JsonStep content = piece.object(is_text ? "Sequence" : "SpecialToken");
    content.allow({"id", "type_id"});
    const std::string id = content.text("id");
    TemplatePiece read{Kind::kSpecial, {}, content.number("type_id", 0)};
    if (is_text) {
      if (id != "A" && id != "B") content.fail("the text A or B", shown(id));
      read.kind = id == "A" ? Kind::kFirst : Kind::kSecond;
    } else {
      const auto found = special.find(id);
      if (found == special.end()) content.fail("a token of special_tokens", shown(id));
      read.ids = found->second;
    }
    pieces.push_back(std::move(read));
  }
  return pieces;
}

std::unique_ptr<PostProcessor> read_post_processor_sequence(const JsonStep& step) {
  step.allow({"processors"});
  std::vector<std::unique_ptr<PostProcessor>> steps;
  bool has_added = false;
  for (const JsonStep& one : step.steps("processors")) {
    // Behind the first step that adds tokens there are more than two texts.
    const bool adds = one.type() != "ByteLevel";
    if (has_added && adds) one.fail("at most one step that adds tokens", "a further " + shown(one.type()));
    has_added = has_added || adds;
    steps.push_back(read_post_processor(one));
  }
  return make_post_processor_sequence(std::move(steps));
}

}  // namespace

std::unique_ptr<PostProcessor> read_post_processor(const JsonStep& unnamed) {
  const JsonStep step = unnamed.named();
  const std::string type = step.type();
  if (type == "Sequence") return read_post_processor_sequence(step);
  if (type == "BertProcessing") return read_bert_processing(step);
  if (type == "ByteLevel") {
    step.allow({"add_prefix_space", "trim_offsets", "use_regex"});
    return make_byte_level_trim(read_trim(step));
  }
  if (type == "RobertaProcessing") {
    step.allow({"sep", "cls", "trim_offsets", "add_prefix_space"});
    return make_roberta(read_trim(step), read_token_id(step, "cls"), read_token_id(step, "sep"));
  }
  if (type == "TemplateProcessing") {
    step.allow({"single", "pair", "special_tokens"});
    const SpecialIds special = read_special_ids(step);
    return make_template(read_template(step, "single", special), read_template(step, "pair", special));
  }
  unnamed.fail("a post-processor that is supported", shown(type));
}

}  // namespace modattr
