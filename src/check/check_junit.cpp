#include <string>
#include <string_view>

#include "judgement_cells.h"
#include "modattr/check/judgement_report.h"
#include "modattr/report/number_format.h"
#include "modattr/report/text.h"
#include "modattr/report/utf8.h"

namespace modattr {
namespace {

/// Text of an element or an attribute; what XML 1.0 cannot hold is left out or becomes U+FFFD.
std::string xml_text(std::string_view text) {
  std::string escaped;
  const std::string clean = sanitize_for_terminal(text);
  for (std::string_view rest = clean; !rest.empty();) {
    const CodePoint point = decode_utf8(rest);
    if (point.value == U'&') {
      escaped += "&amp;";
    } else if (point.value == U'<') {
      escaped += "&lt;";
    } else if (point.value == U'>') {
      escaped += "&gt;";
    } else if (point.value == U'"') {
      escaped += "&quot;";
    } else if (point.value == 0xFFFE || point.value == 0xFFFF) {
      escaped += "\xEF\xBF\xBD";
    } else {
      escaped += rest.substr(0, point.length);
    }
    rest.remove_prefix(point.length);
  }
  return escaped;
}

std::string property(std::string_view name, std::string_view value) {
  return "      <property name=\"" + xml_text(name) + "\" value=\"" + xml_text(value) + "\"/>\n";
}

std::string test_case(const RuleJudgement& rule) {
  const std::vector<JudgementCells> cells = cells_of(rule, "not known");
  std::string broken;
  std::string lines;
  for (std::size_t place = 0; place < cells.size(); ++place) {
    const JudgedNumber& number = rule.numbers[place];
    const std::string line = number_line(number, cells[place]);
    if (number.is_broken) broken += (broken.empty() ? "" : "; ") + line;
    lines += xml_text(line + (number.basis.empty() ? "" : " (" + number.basis + ")")) + "\n";
  }
  std::string text = R"(    <testcase classname="modattr.check" name=")" + xml_text(rule.rule.text) + "\">\n";
  if (!broken.empty()) {
    text += R"(      <failure type="broken" message=")" + xml_text(rule.rule.text + ": " + broken) + "\">" + lines +
            "</failure>\n";
  } else {
    text += "      <system-out>" + lines + "</system-out>\n";
  }
  return text + "    </testcase>\n";
}

}  // namespace

std::string to_check_junit(const Judgement& judgement) {
  const std::string counts = R"( tests=")" + std::to_string(judgement.rules.size()) + R"(" failures=")" +
                             std::to_string(judgement.broken_count()) + R"(" errors="0")";
  const std::string name_and_counts = R"( name="modattr check")" + counts;
  std::string text = R"(<?xml version="1.0" encoding="UTF-8"?>)";
  text += "\n<testsuites" + name_and_counts + ">\n  <testsuite" + name_and_counts + ">\n    <properties>\n";
  text += property("baseline", judgement.baseline.name) + property("baseline.model", judgement.baseline.model.path) +
          property("new", judgement.next.name) + property("new.model", judgement.next.model.path) +
          property("comparisons", std::to_string(judgement.comparison_count)) +
          property("level", format_exact(judgement.level)) + property("strict", judgement.is_strict ? "true" : "false");
  text += "    </properties>\n";
  for (const RuleJudgement& rule : judgement.rules) text += test_case(rule);
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace modattr
