#include "judgement_cells.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "modattr/report/number_format.h"

namespace modattr {
namespace {

/// Numbers of a rule share their decimals.
NumberFormat format_of(const RuleJudgement& rule) {
  std::vector<double> magnitudes;
  std::vector<double> errors;
  const auto add = [&](const std::optional<double>& value) {
    if (value) magnitudes.push_back(std::abs(*value));
  };
  for (const JudgedNumber& number : rule.numbers) {
    add(number.old_value);
    add(number.new_value);
    if (number.interval) errors.push_back(0.5 * (number.interval->high - number.interval->low));
  }
  // An error that is next to nothing asks for no decimals.
  constexpr double kNextToNothing = 1e-4;
  const double largest = magnitudes.empty() ? 0.0 : std::ranges::max(magnitudes);
  std::erase_if(errors, [&](double error) { return error < kNextToNothing * largest; });
  return NumberFormat::of_column(magnitudes, errors, Orientation::kHigherIsBetter);
}

std::string signed_number(double value, const NumberFormat& format, const std::string& unknown) {
  const std::string text = format(value, unknown);
  return (text.starts_with('-') ? "" : "+") + text;
}

/// A limit with at most six significant digits: one that is a part of the old number has many.
std::string limit_text(double limit) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.begin(), text.end(), limit, std::chars_format::general, 6).ptr;
  return {text.begin(), end};
}

}  // namespace

std::vector<JudgementCells> cells_of(const RuleJudgement& rule, const std::string& unknown) {
  const NumberFormat format = format_of(rule);
  const bool is_bound = rule.rule.kind == RuleKind::kBound;
  std::vector<JudgementCells> all;
  for (const JudgedNumber& number : rule.numbers) {
    const bool is_order = !number.new_order.empty();
    JudgementCells& cells = all.emplace_back();
    cells.subject = number.subject;
    cells.old_value = format(number.old_value, is_order ? "" : unknown);
    cells.new_value = format(number.new_value, is_order ? "" : unknown);
    cells.change = number.change ? signed_number(*number.change, format, unknown) : "";
    if (number.interval) {
      const auto end = [&](double value) {
        return is_bound || rule.rule.kind == RuleKind::kOrder ? format(value, unknown)
                                                              : signed_number(value, format, unknown);
      };
      cells.interval = "[" + end(number.interval->low) + ", " + end(number.interval->high) + "]";
    }
    if (number.limit) cells.allowed = std::string(relation_sign(rule.rule.relation)) + " " + limit_text(*number.limit);
    cells.verdict = number.is_broken ? "broken" : "ok";
    if (is_order) cells.verdict.clear();
  }
  return all;
}

std::vector<JudgementCells> cells_of(const GroupChanges& groups, const std::string& unknown) {
  RuleJudgement shown{.rule = {}, .numbers = groups.numbers};
  shown.numbers.resize(std::min(shown.numbers.size(), kMostShownGroupChanges));
  std::vector<JudgementCells> cells = cells_of(shown, unknown);
  for (JudgementCells& own : cells) own.verdict.clear();
  return cells;
}

std::string groups_title(const GroupChanges& groups) {
  const std::size_t count = groups.numbers.size();
  return "moved in groups, not judged: " + std::to_string(count) + " of " + counted(groups.comparison_count, "number") +
         " at " + level_text(groups.level) + " each" +
         (count > kMostShownGroupChanges ? "; the clearest " + std::to_string(kMostShownGroupChanges) : "");
}

std::string level_text(double level) {
  const double percent = 100.0 * level;
  int decimals = 0;
  while (decimals < 3 && std::abs(percent - std::round(percent * std::pow(10.0, decimals)) / std::pow(10.0, decimals)) >
                             0.02 * (100.0 - percent)) {
    ++decimals;
  }
  return format_fixed(percent, decimals) + " %";
}

std::string number_line(const JudgedNumber& number, const JudgementCells& cells) {
  if (!number.new_order.empty()) return cells.subject + ": " + number.old_order + ", now " + number.new_order;
  std::string line = cells.subject + ": ";
  const bool has_old = number.old_value.has_value() || number.change.has_value();
  line += (has_old ? cells.old_value + " -> " : "") + cells.new_value;
  if (!cells.change.empty()) line += ", change " + cells.change;
  if (!cells.interval.empty()) line += " " + cells.interval;
  if (!cells.allowed.empty()) line += ", allowed " + cells.allowed;
  return line + (number.reason.empty() ? "" : ": " + number.reason);
}

std::string outcome_text(const Judgement& judgement) {
  const std::size_t broken = judgement.broken_count();
  const std::size_t all = judgement.rules.size();
  if (broken == 0) return "passed: " + counted(all, "rule") + " kept";
  return "failed: " + std::to_string(broken) + " of " + counted(all, "rule") + " broken";
}

std::string interval_text(const Judgement& judgement) {
  if (judgement.comparison_count == 0) return "";
  if (judgement.comparison_count == 1) return level_text(judgement.level);
  return level_text(judgement.level) + " each, so that all " + counted(judgement.comparison_count, "comparison") +
         " hold at 95 % (Bonferroni)";
}

}  // namespace modattr
