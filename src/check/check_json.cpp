#include <string>

#include <nlohmann/json.hpp>

#include "modattr/check/judgement_report.h"
#include "report/formats/json_text.h"

namespace modattr {
namespace {

using Json = nlohmann::ordered_json;

Json interval_document(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  return Json::array({number_or_null(interval->low), number_or_null(interval->high)});
}

Json result_document(const JudgedResult& result) {
  return {{"name", result.name},
          {"version", result.version},
          {"model", {{"path", result.model.path}, {"sha256", result.model.sha256}}},
          {"data", {{"path", result.data.path}, {"sha256", result.data.sha256}, {"examples", result.example_count}}},
          {"score", number_or_null(result.score)}};
}

Json number_document(const JudgedNumber& number) {
  const auto text_or_null = [](const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); };
  Json document = {{"subject", number.subject},
                   {"modality", text_or_null(number.modality)},
                   {"definition", number.definition},
                   {"group", number.group ? Json(*number.group) : Json(nullptr)},
                   {"run", text_or_null(number.run)},
                   {"old", number_or_null(number.old_value)},
                   {"new", number_or_null(number.new_value)},
                   {"change", number_or_null(number.change)},
                   {"interval", interval_document(number.interval)},
                   {"limit", number_or_null(number.limit)},
                   {"basis", number.basis},
                   {"broken", number.is_broken},
                   {"reason", text_or_null(number.reason)}};
  if (!number.new_order.empty()) {
    document["old_order"] = number.old_order;
    document["new_order"] = number.new_order;
  }
  return document;
}

Json rule_document(const RuleJudgement& rule) {
  Json numbers = Json::array();
  for (const JudgedNumber& number : rule.numbers) numbers.push_back(number_document(number));
  return {{"rule", rule.rule.text}, {"broken", rule.is_broken()}, {"numbers", std::move(numbers)}};
}

}  // namespace

std::string to_check_json(const Judgement& judgement) {
  Json document;
  document["schema"] = "modattr.check/1";
  document["passed"] = judgement.passed();
  document["strict"] = judgement.is_strict;
  document["default_rules"] = judgement.has_default_rules;
  document["baseline"] = result_document(judgement.baseline);
  document["new"] = result_document(judgement.next);
  document["command"] = judgement.command;
  document["metric"] = judgement.metric;
  document["comparisons"] = judgement.comparison_count;
  document["level"] = judgement.level;
  document["rules"] = Json::array();
  for (const RuleJudgement& rule : judgement.rules) document["rules"].push_back(rule_document(rule));
  document["groups"] = {
      {"comparisons", judgement.groups.comparison_count}, {"level", judgement.groups.level}, {"moved", Json::array()}};
  for (const JudgedNumber& number : judgement.groups.numbers) {
    document["groups"]["moved"].push_back(number_document(number));
  }
  document["right_to_wrong"] = judgement.answers ? Json(judgement.answers->right_to_wrong) : Json(nullptr);
  document["wrong_to_right"] = judgement.answers ? Json(judgement.answers->wrong_to_right) : Json(nullptr);
  document["warnings"] = judgement.warnings;
  return escape_invisible(document.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace modattr
