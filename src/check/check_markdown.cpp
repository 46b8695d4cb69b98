#include <string>
#include <vector>

#include "judgement_cells.h"
#include "modattr/check/judgement_report.h"
#include "modattr/report/formats/markdown_writer.h"
#include "modattr/report/number_format.h"

namespace modattr {
namespace {

std::string side_line(const char* title, const JudgedResult& result) {
  return std::string("- ") + title + ": " + escape_markdown(result.name) + ", model " +
         escape_markdown(result.model.path) + ", " + counted(result.example_count, "example") + "\n";
}

std::string rule_rows(const RuleJudgement& rule) {
  const std::vector<JudgementCells> cells = cells_of(rule, "–");
  std::string text;
  for (std::size_t place = 0; place < cells.size(); ++place) {
    const JudgedNumber& number = rule.numbers[place];
    const JudgementCells& own = cells[place];
    text +=
        "| " + (place == 0 ? escape_markdown(rule.rule.text) : std::string()) + " | " + escape_markdown(own.subject);
    if (!number.new_order.empty()) {
      text += " | " + escape_markdown(number.old_order) + " | " + escape_markdown(number.new_order) + " | | | | |\n";
      continue;
    }
    text += " | " + own.old_value + " | " + own.new_value + " | " + own.change + " | " + escape_markdown(own.interval) +
            " | " + escape_markdown(own.allowed) + " | " +
            (number.is_broken ? "**broken**: " + escape_markdown(number.reason) : own.verdict) + " |\n";
  }
  return text;
}

}  // namespace

std::string to_check_markdown(const Judgement& judgement) {
  std::string text = "**modattr check** " + outcome_text(judgement) + "\n\n";
  text += side_line("baseline", judgement.baseline) + side_line("new", judgement.next);
  text += "\n| rule | number | old | new | change | interval | allowed | verdict |\n";
  text += "|:--|:--|--:|--:|--:|--:|--:|:--|\n";
  for (const RuleJudgement& rule : judgement.rules) text += rule_rows(rule);
  if (!judgement.groups.numbers.empty()) {
    text += "\n" + escape_markdown(groups_title(judgement.groups)) +
            "\n\n| number | old | new | change | interval |\n|:--|--:|--:|--:|--:|\n";
    for (const JudgementCells& own : cells_of(judgement.groups, "–")) {
      text += "| " + escape_markdown(own.subject) + " | " + own.old_value + " | " + own.new_value + " | " + own.change +
              " | " + escape_markdown(own.interval) + " |\n";
    }
  }
  const std::string intervals = interval_text(judgement);
  if (!intervals.empty()) text += "\nIntervals: " + escape_markdown(intervals) + "\n";
  if (judgement.answers) {
    text += "\nAnswers: " + std::to_string(judgement.answers->right_to_wrong.size()) + " right became wrong, " +
            std::to_string(judgement.answers->wrong_to_right.size()) + " wrong became right\n";
  }
  if (!judgement.warnings.empty()) text += "\n";
  for (const std::string& warning : judgement.warnings) text += "- warning: " + escape_markdown(warning) + "\n";
  return text;
}

}  // namespace modattr
