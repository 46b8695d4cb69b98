#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "judgement_cells.h"
#include "modattr/check/judgement_report.h"
#include "modattr/report/number_format.h"
#include "modattr/report/tables/bar.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

constexpr std::size_t kNarrowestCheck = 60;
constexpr std::size_t kCheckGap = 2;
constexpr std::size_t kCheckIndent = 2;
constexpr std::size_t kShortestSubject = 10;
constexpr std::size_t kShortestCheckBar = 8;
constexpr std::size_t kLongestCheckBar = 24;
/// Numbers that are named where the intervals of many are made of the same.
constexpr std::size_t kMostListedSubjects = 2;
/// Ids of answers that are listed on a terminal.
constexpr std::size_t kMostListedIds = 20;

enum Column : std::size_t { kSubject, kOld, kNew, kChange, kInterval, kAllowed, kVerdict, kColumnCount };

using CheckLine = std::array<std::string, kColumnCount>;

/// A rule's line, or one of a number below it.
struct TableLine {
  CheckLine cells;
  /// Of a rule, or of an order, which fill the line.
  std::string text;
  Paint paint = Paint::kPlain;
  bool is_broken = false;
  /// In [-1, 1], of the longest of the rule.
  std::optional<double> bar = std::nullopt;
};

class CheckTable {
 public:
  CheckTable(const Judgement& judgement, const TextStyle& style) : judgement_(judgement), style_(style) {}

  std::string text() {
    TableLine titles;
    titles.cells = {"", "old", "new", "change", level_text(judgement_.level) + " interval", "allowed", ""};
    titles.paint = Paint::kStrong;
    lines_.push_back(titles);
    for (const RuleJudgement& rule : judgement_.rules) add_rule(rule);
    if (!judgement_.groups.numbers.empty()) add_groups();
    fit();
    std::string result;
    for (const TableLine& line : lines_) result += written(line);
    return result;
  }

 private:
  void add_rule(const RuleJudgement& rule) {
    lines_.push_back({.cells = {}, .text = terminal_text(rule.rule.text, style_), .paint = Paint::kStrong});
    const std::vector<JudgementCells> cells = cells_of(rule, style_.unicode ? "–" : "-");
    double longest = 0.0;
    for (const JudgedNumber& number : rule.numbers) {
      if (number.change) longest = std::max({longest, std::abs(*number.change), number.limit.value_or(0.0)});
    }
    for (std::size_t place = 0; place < cells.size(); ++place) {
      const JudgedNumber& number = rule.numbers[place];
      if (!number.new_order.empty()) {
        const std::string change = number.old_order == number.new_order
                                       ? number.new_order
                                       : number.old_order + (style_.unicode ? " → " : " -> ") + number.new_order;
        lines_.push_back({.cells = {}, .text = "  " + terminal_text(change, style_)});
        continue;
      }
      const JudgementCells& own = cells[place];
      TableLine line{.cells = {terminal_text(own.subject, style_), own.old_value, own.new_value, own.change,
                               own.interval, own.allowed, own.verdict},
                     .text = {},
                     .is_broken = number.is_broken};
      if (rule.rule.kind != RuleKind::kBound && number.change && longest > 0.0) line.bar = *number.change / longest;
      lines_.push_back(std::move(line));
    }
  }

  void add_groups() {
    lines_.push_back({.cells = {}, .text = groups_title(judgement_.groups), .paint = Paint::kStrong});
    for (const JudgementCells& own : cells_of(judgement_.groups, style_.unicode ? "–" : "-")) {
      lines_.push_back({.cells = {terminal_text(own.subject, style_), own.old_value, own.new_value, own.change,
                                  own.interval, "", ""},
                        .text = {}});
    }
  }

  std::size_t total() const {
    std::size_t sum = kCheckIndent;
    for (std::size_t column = 0; column < kColumnCount; ++column) {
      sum += widths_[column] + (column == 0 || widths_[column] == 0 ? 0 : kCheckGap);
    }
    return sum;
  }

  void fit() {
    for (const TableLine& line : lines_) {
      for (std::size_t column = 0; column < kColumnCount; ++column) {
        widths_[column] = std::max(widths_[column], display_width(line.cells[column]));
      }
    }
    // The rule above says what is allowed; files hold the old number.
    for (const Column column : {kAllowed, kOld}) {
      if (total() > style_.width && widths_[kSubject] + style_.width < total() + kShortestSubject) widths_[column] = 0;
    }
    if (total() > style_.width) {
      const std::size_t excess = total() - style_.width;
      const std::size_t least = std::min(widths_[kSubject], kShortestSubject);
      widths_[kSubject] = std::max(least, widths_[kSubject] > excess ? widths_[kSubject] - excess : least);
    }
    const std::size_t used = total() + kCheckGap;
    if (used + kShortestCheckBar > style_.width) return;
    std::vector<double> lengths;
    for (const TableLine& line : lines_) {
      if (line.bar) lengths.push_back(*line.bar);
    }
    if (lengths.empty()) return;
    bar_width_ = std::min(style_.width - used, kLongestCheckBar);
    axis_ = fit_bar_axis(lengths, bar_width_);
  }

  std::string written(const TableLine& line) const {
    if (!line.text.empty()) {
      std::string result;
      for (const std::string& part : wrap_words(line.text, style_.width)) {
        result += (line.text.starts_with("  ") && !part.starts_with(' ') ? "  " : "") +
                  painted(part, line.paint, style_) + "\n";
      }
      return result;
    }
    std::string result(kCheckIndent, ' ');
    std::size_t filled = 0;
    for (std::size_t column = 0; column < kColumnCount; ++column) {
      if (widths_[column] == 0) continue;
      const bool is_text = column == kSubject || column == kVerdict;
      const std::string cell = is_text
                                   ? cut_to_width(line.cells[column], std::max<std::size_t>(widths_[column], 3), style_)
                                   : line.cells[column];
      if (column > 0) result.append(kCheckGap, ' ');
      const std::string padded = pad(cell, widths_[column], is_text ? Alignment::kLeft : Alignment::kRight);
      const bool is_verdict = column == kVerdict;
      result +=
          painted(padded, is_verdict ? (line.is_broken ? Paint::kNegative : Paint::kPositive) : line.paint, style_);
      filled = result.size();
    }
    if (line.bar && bar_width_ > 0) {
      result.append(kCheckGap, ' ');
      result += draw_bar(*line.bar, axis_, line.is_broken ? BarEmphasis::kCertain : BarEmphasis::kUncertain, style_);
    } else {
      result.resize(filled);
    }
    if (!style_.color) result.erase(result.find_last_not_of(' ') + 1);
    return result + "\n";
  }

  const Judgement& judgement_;
  const TextStyle& style_;
  std::vector<TableLine> lines_;
  std::array<std::size_t, kColumnCount> widths_{};
  std::size_t bar_width_ = 0;
  BarAxis axis_;
};

std::string file_name_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

/// A label and, beside it, wrapped text.
std::string labelled(const std::string& label, const std::string& text, Paint paint, const TextStyle& style) {
  constexpr std::size_t kLabelWidth = 10;
  std::string left = painted(pad(label, kLabelWidth, Alignment::kLeft), paint, style);
  std::string result;
  for (const std::string& line : wrap_words(terminal_text(text, style), style.width - kLabelWidth)) {
    result += left + painted(line, paint == Paint::kWarning ? Paint::kPlain : Paint::kFaint, style) + "\n";
    left.assign(kLabelWidth, ' ');
  }
  return result;
}

std::string result_line(const JudgedResult& result, const std::string& separator) {
  std::string line = result.name;
  if (!result.model.path.empty()) line += separator + "model " + file_name_of(result.model.path);
  return line + separator + counted(result.example_count, "example");
}

/// What an interval is made of; paired groups differ in how many examples they have.
std::string short_basis(const JudgedNumber& number) {
  const bool is_paired_group = number.group && number.basis.starts_with("paired, ");
  return is_paired_group ? "paired, the group's examples" : number.basis;
}

/// What intervals are made of, numbers of one kind together.
std::string bases(const Judgement& judgement) {
  std::vector<std::pair<std::string, std::vector<std::string>>> kinds;
  for (const RuleJudgement& rule : judgement.rules) {
    for (const JudgedNumber& number : rule.numbers) {
      if (!number.new_order.empty() || number.basis.empty()) continue;
      const std::string basis = short_basis(number);
      const auto found = std::ranges::find(kinds, basis, [](const auto& kind) { return kind.first; });
      std::vector<std::string>& subjects =
          found == kinds.end() ? kinds.emplace_back(basis, std::vector<std::string>{}).second : found->second;
      if (std::ranges::find(subjects, number.subject) == subjects.end()) subjects.push_back(number.subject);
    }
  }
  std::string text;
  for (const auto& [basis, subjects] : kinds) {
    std::string names;
    const std::size_t shown = subjects.size() > kMostListedSubjects + 1 ? kMostListedSubjects : subjects.size();
    for (const std::string& subject : std::span(subjects).first(shown)) names += (names.empty() ? "" : ", ") + subject;
    if (shown < subjects.size()) names += " and " + std::to_string(subjects.size() - shown) + " more";
    text.append(text.empty() ? "" : "; ");
    if (kinds.size() > 1) text.append(names).append(": ");
    text += basis;
  }
  return text;
}

std::string broken_lines(const Judgement& judgement, const TextStyle& style) {
  std::string text;
  for (const RuleJudgement& rule : judgement.rules) {
    for (const JudgedNumber& number : rule.numbers) {
      if (number.is_broken) text += labelled("broken", number.subject + ": " + number.reason, Paint::kNegative, style);
    }
  }
  return text;
}

std::string id_list(const std::vector<std::string>& ids) {
  std::string text;
  for (std::size_t place = 0; place < std::min(ids.size(), kMostListedIds); ++place) {
    text += (place == 0 ? "" : ", ") + ids[place];
  }
  return text + (ids.size() > kMostListedIds ? ", ..." : "");
}

std::string answer_lines(const ChangedAnswers& answers, ChangedIds ids, const TextStyle& style) {
  std::string text = labelled("answers",
                              std::to_string(answers.right_to_wrong.size()) + " right became wrong, " +
                                  std::to_string(answers.wrong_to_right.size()) + " wrong became right",
                              Paint::kPlain, style);
  if (ids == ChangedIds::kCounted) return text;
  if (!answers.right_to_wrong.empty()) {
    text += labelled("", "now wrong: " + id_list(answers.right_to_wrong), Paint::kPlain, style);
  }
  if (!answers.wrong_to_right.empty()) {
    text += labelled("", "now right: " + id_list(answers.wrong_to_right), Paint::kPlain, style);
  }
  return text;
}

}  // namespace

std::string to_check_table(const Judgement& judgement, const TextStyle& requested, ChangedIds ids) {
  TextStyle style = requested;
  style.width = std::max(style.width, kNarrowestCheck);
  const std::string separator = style.unicode ? " · " : " | ";
  std::string text =
      painted("check " + outcome_text(judgement), judgement.passed() ? Paint::kStrong : Paint::kNegative, style) + "\n";
  text += labelled("baseline", result_line(judgement.baseline, separator), Paint::kFaint, style);
  text += labelled("new", result_line(judgement.next, separator), Paint::kFaint, style);
  text += "\n" + CheckTable(judgement, style).text() + "\n";
  text += broken_lines(judgement, style);
  const std::string intervals = interval_text(judgement);
  const std::string made_of = bases(judgement);
  if (!intervals.empty())
    text += labelled("interval", intervals + (made_of.empty() ? "" : "; " + made_of), Paint::kPlain, style);
  if (intervals.empty() && !made_of.empty()) text += labelled("interval", made_of, Paint::kPlain, style);
  if (judgement.has_default_rules)
    text += labelled("rules", "the usual ones, as none were given", Paint::kPlain, style);
  if (judgement.is_strict)
    text += labelled("strict", "any significant change breaks a rule, and bounds hold for whole intervals",
                     Paint::kPlain, style);
  if (judgement.answers) text += answer_lines(*judgement.answers, ids, style);
  for (const std::string& warning : judgement.warnings) text += labelled("warning:", warning, Paint::kWarning, style);
  return text;
}

}  // namespace modattr
