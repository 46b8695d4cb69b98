#include "modattr/check/rule.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "modattr/core/error.h"
#include "modattr/core/nearest.h"
#include "modattr/report/number_format.h"

namespace modattr {
namespace {

struct RuleHead {
  std::string_view word;
  RuleKind kind;
};

constexpr std::array kHeads = {RuleHead{"change", RuleKind::kChange}, RuleHead{"drop", RuleKind::kDrop},
                               RuleHead{"order", RuleKind::kOrder}, RuleHead{"ndcg", RuleKind::kNdcg}};
constexpr std::string_view kOf = " of ";

[[noreturn]] void fail_rule(std::string_view rule, const std::string& what) {
  throw ConfigError("rule '" + std::string(rule) + "': " + what);
}

std::string_view trimmed_text(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

/// A finite number and nothing behind it.
std::optional<double> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_number = error == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
  return is_number ? std::optional(value) : std::nullopt;
}

/// A comparison at the end of a rule.
struct RuleEnd {
  Relation relation = Relation::kAtMost;
  double limit = 0.0;
  bool is_percent = false;
};

/// Takes the comparison off the end of `text`; nullopt where there is none.
std::optional<RuleEnd> take_end(std::string_view& text) {
  const std::size_t sign = text.find_last_of("<>");
  if (sign == std::string_view::npos) return std::nullopt;
  std::string_view rest = text.substr(sign + 1);
  const bool with_equality = rest.starts_with('=');
  if (with_equality) rest.remove_prefix(1);
  rest = trimmed_text(rest);
  RuleEnd end;
  end.is_percent = rest.ends_with('%');
  if (end.is_percent) rest = trimmed_text(rest.substr(0, rest.size() - 1));
  const std::optional<double> limit = number_in(rest);
  if (!limit) return std::nullopt;
  end.limit = *limit;
  end.relation = text[sign] == '<' ? (with_equality ? Relation::kAtMost : Relation::kLess)
                                   : (with_equality ? Relation::kAtLeast : Relation::kMore);
  text = trimmed_text(text.substr(0, sign));
  return end;
}

/// Takes "change of " off the begin of `text`.
RuleKind take_head(std::string_view& text) {
  for (const RuleHead& head : kHeads) {
    if (!text.starts_with(head.word) || !text.substr(head.word.size()).starts_with(kOf)) continue;
    text = trimmed_text(text.substr(head.word.size() + kOf.size()));
    return head.kind;
  }
  return RuleKind::kBound;
}

void check_limit(const Rule& rule, const RuleEnd& end) {
  const bool is_upper = end.relation == Relation::kAtMost || end.relation == Relation::kLess;
  const std::string got = "got '" + std::string(relation_sign(end.relation)) + " " + format_exact(end.limit) +
                          (end.is_percent ? "%'" : "'");
  switch (rule.kind) {
    case RuleKind::kChange:
    case RuleKind::kDrop:
      if (!is_upper || end.limit < 0.0) {
        fail_rule(rule.text, "expected <= and a tolerance of at least 0 at its end, " + got);
      }
      return;
    case RuleKind::kNdcg:
      if (is_upper || end.limit > 1.0 || end.is_percent) {
        fail_rule(rule.text, "expected >= and a number up to 1 at its end, " + got);
      }
      return;
    case RuleKind::kBound:
      if (end.is_percent) fail_rule(rule.text, "expected a bound in units of the number, such as 0.7, " + got);
      return;
    case RuleKind::kOrder:
      if (end.relation != Relation::kAtMost || end.limit < 0.0 || end.is_percent) {
        fail_rule(rule.text,
                  "expected <= and the largest new difference that is allowed, or nothing, at its end, " + got);
      }
      return;
  }
}

}  // namespace

Rule parse_rule(std::string_view text) {
  text = trimmed_text(text);
  Rule rule{.text = std::string(text), .subject = {}};
  if (text.empty()) fail_rule(text, "expected a rule such as 'change of share.abs <= 0.05', got an empty text");
  std::string_view rest = text;
  rule.kind = take_head(rest);
  const std::optional<RuleEnd> end = take_end(rest);
  if (rule.kind == RuleKind::kOrder && !end) {
    rule.limit = 0.0;
  } else if (!end) {
    const std::size_t of = text.find(kOf);
    std::vector<std::string> words;
    words.reserve(kHeads.size());
    for (const RuleHead& head : kHeads) words.emplace_back(head.word);
    const bool has_other_head = rule.kind == RuleKind::kBound && of != std::string_view::npos;
    fail_rule(text, "expected a comparison such as '<= 0.05' at its end, got none" +
                        (has_other_head ? suggestion(text.substr(0, of), words) : ""));
  } else {
    check_limit(rule, *end);
    rule.relation = end->relation;
    rule.limit = end->limit;
    rule.is_relative = end->is_percent;
  }
  if (rest.empty()) fail_rule(text, "expected what it is about, such as share.abs, got nothing");
  rule.subject = std::string(rest);
  return rule;
}

std::vector<Rule> parse_rules(std::span<const std::string> texts) {
  std::vector<Rule> rules;
  for (const std::string& text : texts) rules.push_back(parse_rule(text));
  return rules;
}

std::string_view relation_sign(Relation relation) {
  switch (relation) {
    case Relation::kAtMost:
      return "<=";
    case Relation::kLess:
      return "<";
    case Relation::kAtLeast:
      return ">=";
    case Relation::kMore:
      return ">";
  }
  return "";
}

bool holds(Relation relation, double value, double limit) {
  switch (relation) {
    case Relation::kAtMost:
      return value <= limit;
    case Relation::kLess:
      return value < limit;
    case Relation::kAtLeast:
      return value >= limit;
    case Relation::kMore:
      return value > limit;
  }
  return false;
}

}  // namespace modattr
